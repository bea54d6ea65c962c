"""The catalogue: elements, code lists, resources, purposes, and the one validator of values."""

from __future__ import annotations

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "yiwang.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.catalog.declarations import AgreementKind, CodeListKind, ElementKind, PurposeKind, ResourceKind
        from yiwang.catalog.queries import remarks_on_agreements
        from yiwang.identity.registry import register_remarks
        from yiwang.kernel.kinds import register_kind

        for kind in (CodeListKind(), ElementKind(), PurposeKind(), ResourceKind(), AgreementKind()):
            register_kind(kind)
        register_remarks(remarks_on_agreements)
