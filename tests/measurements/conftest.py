from supervision.conftest import demo_template, own_demo

__all__ = ["demo_template", "own_demo"]
