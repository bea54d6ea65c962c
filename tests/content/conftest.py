"""The demonstration city, in which one officer writes articles and another publishes them."""

from support.demo import demo, demo_template, own_demo

__all__ = ["demo", "demo_template", "own_demo"]
