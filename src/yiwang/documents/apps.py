"""Wiring of documents."""

from __future__ import annotations

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """Content-addressed files."""

    name = "yiwang.documents"
    label = "documents"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.documents.checks import lost_files
        from yiwang.documents.registry import keep_files_in
        from yiwang.kernel.health import register_check
        from yiwang.settings import configuration

        keep_files_in(lambda: configuration().files)
        register_check("lost-file", lost_files)
