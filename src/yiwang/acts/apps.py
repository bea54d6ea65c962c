"""Wiring of acts."""

from __future__ import annotations

from django.apps import AppConfig


class ActsConfig(AppConfig):
    """Actors, the one door of change, releases and definitions."""

    name = "yiwang.acts"
    label = "acts"
    default_auto_field = "django.db.models.BigAutoField"
