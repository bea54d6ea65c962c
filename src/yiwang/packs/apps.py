"""The floor `packs`: declarations from folders into releases."""

from __future__ import annotations

from django.apps import AppConfig


class PacksConfig(AppConfig):
    name = "yiwang.packs"
    label = "packs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.identity.registry import describe_actions, register_administrative_action
        from yiwang.identity.values import Administrator
        from yiwang.kernel.errors import msgid
        from yiwang.kernel.kinds import register_kind
        from yiwang.packs import samples
        from yiwang.packs.queries.fillings import SEE_OPERATIONS
        from yiwang.packs.rehearsals.declarations import RehearsalKind

        register_kind(RehearsalKind())
        samples.register()
        register_administrative_action(SEE_OPERATIONS, Administrator.SYSTEM)
        describe_actions({SEE_OPERATIONS: msgid("See how the platform itself is")})
