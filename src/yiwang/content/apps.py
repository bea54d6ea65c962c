"""Wiring of content."""

from __future__ import annotations

from django.apps import AppConfig


class ContentConfig(AppConfig):
    """Articles that the city publishes, and their moderation."""

    name = "yiwang.content"
    label = "content"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.content import events
        from yiwang.outbox.registry import declare_event

        for type, fields in events.FIELDS.items():
            declare_event(type, fields)
