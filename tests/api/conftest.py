"""The demonstration city for tests of the faces."""

from support.demo import demo, demo_template, own_demo

__all__ = ["demo", "demo_template", "own_demo"]
