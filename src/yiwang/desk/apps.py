"""The staff's workbench."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """A face: no tables, no rules."""

    name = "yiwang.desk"
    label = "desk"
    verbose_name = "Desk"
