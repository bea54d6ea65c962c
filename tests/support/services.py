"""Every service there is."""

from __future__ import annotations

import importlib
import pkgutil

from django.apps import apps


def import_all_services() -> None:
    """Import every module of the rooms `services`, so that every service is registered."""
    for app in apps.get_app_configs():
        if app.name.startswith("yiwang."):
            for module in pkgutil.walk_packages(importlib.import_module(app.name).__path__, f"{app.name}."):
                if module.name.split(".")[2] == "services":
                    importlib.import_module(module.name)
