"""Wiring of the places engine."""

from __future__ import annotations

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    """Registers the kinds `places`, `service-hours` and `window`, and the sample of areas."""

    name = "yiwang.places"
    label = "places"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.identity.registry import (
            describe_actions,
            register_administrative_action,
            register_kept,
            register_need,
            register_remarks,
        )
        from yiwang.identity.values import Administrator
        from yiwang.kernel.errors import msgid
        from yiwang.kernel.kinds import register_kind
        from yiwang.places import samples
        from yiwang.places.declarations import PlacesKind, ServiceHoursKind, WindowKind
        from yiwang.places.queries import areas_of_unit
        from yiwang.places.services import Areas, remarks_on_areas

        register_kind(PlacesKind())
        register_kind(ServiceHoursKind())
        register_kind(WindowKind())
        register_administrative_action("area.hand-over", Administrator.SYSTEM)
        register_need("unit", areas_of_unit)
        register_kept(Areas())
        register_remarks(remarks_on_areas)
        samples.register()
        describe_actions(
            {
                "area.hand-over": msgid("Hand areas over to other units"),
            }
        )
