"""Wiring of the subjects engine."""

from __future__ import annotations

from django.apps import AppConfig


class SubjectsConfig(AppConfig):
    """Registers the kind `subject-kind`."""

    name = "yiwang.subjects"
    label = "subjects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from yiwang.kernel.kinds import register_kind
        from yiwang.subjects.declarations import SubjectKind

        register_kind(SubjectKind())
