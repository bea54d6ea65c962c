"""The face for programs, and what all faces share: who asks, in which language, how a fault is shown, template tags."""

from __future__ import annotations

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Registered so that the shared template tags are found by name."""

    name = "yiwang.api"
    label = "api"
    verbose_name = "API"
