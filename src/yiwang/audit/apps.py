"""Wiring of the audit."""

from __future__ import annotations

from django.apps import AppConfig


class AuditConfig(AppConfig):
    """Entries, the Merkle log over them, signed heads."""

    name = "yiwang.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the scheduler seal about once a second."""
        from datetime import timedelta

        from yiwang.audit.services import seal
        from yiwang.kernel.periodic import register_periodic

        register_periodic("audit.seal", timedelta(seconds=1), seal)
