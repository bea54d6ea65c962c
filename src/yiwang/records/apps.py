"""Records: tables generated from resources, facts with their source, the read log."""

from __future__ import annotations

from datetime import timedelta

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    name = "yiwang.records"
    label = "records"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.catalog.registry import set_resource_tables
        from yiwang.kernel.periodic import register_periodic
        from yiwang.records import checks, samples
        from yiwang.records.declarations import GeneratedTables
        from yiwang.records.queries import make_months_ahead

        set_resource_tables(GeneratedTables())
        checks.register_with_doctor()
        samples.register()
        register_periodic("records.read-log-ahead", timedelta(hours=1), make_months_ahead)
