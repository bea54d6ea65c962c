"""The public's pages."""

from __future__ import annotations

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """A face without rules. Its only tables are the pages that editors write."""

    name = "yiwang.portal"
    label = "portal"
    verbose_name = "Portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.identity.registry import name_for_library
        from yiwang.portal import samples
        from yiwang.portal.editing.rights import READ

        name_for_library("wagtailadmin.access_admin", READ)
        samples.register()
