from supervision.conftest import clock, demo_template, own_demo

__all__ = ["clock", "demo_template", "own_demo"]
