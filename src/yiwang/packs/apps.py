"""The floor `packs`: declarations from folders into releases."""

from __future__ import annotations

from django.apps import AppConfig


class PacksConfig(AppConfig):
    name = "yiwang.packs"
    label = "packs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.kinds import register_kind
        from yiwang.packs import samples
        from yiwang.packs.rehearsals.declarations import RehearsalKind

        register_kind(RehearsalKind())
        samples.register()
