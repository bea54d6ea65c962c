"""Wiring of the outbox."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """Events out, inbox, idempotency keys. Subscribes to nothing itself."""

    name = "yiwang.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"
