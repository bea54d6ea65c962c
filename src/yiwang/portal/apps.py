"""The public's pages."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """A face: no tables, no rules."""

    name = "yiwang.portal"
    label = "portal"
    verbose_name = "Portal"
