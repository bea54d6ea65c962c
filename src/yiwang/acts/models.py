"""Releases and definitions: what has been declared, from which release to which, where every engine can read it."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from yiwang.kernel.ids import uuid7


class Release(models.Model):
    """One numbered, immutable apply of all declarations (发布版). Numbers count from 1 without gaps.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.IntegerField(unique=True)
    applied_at = models.DateTimeField(db_comment="business time")
    digest = models.BinaryField(db_comment="SHA-256 over (kind, name, digest) of every definition in it")
    summary = models.JSONField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(number__gte=1), name="acts_release_from_one")]


class Source(models.Model):
    """The content of a file that belongs to definitions, stored once.

    Personal data: none; declarations hold none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.BinaryField(unique=True, db_comment="SHA-256 of the content")
    content = models.BinaryField()


class Definition(models.Model):
    """One declared thing as it stands from one release until before another.

    Personal data: none; declarations hold none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.TextField()
    name = models.TextField()
    pack = models.TextField()
    body = models.JSONField()
    sources = models.JSONField(db_comment="file name → hexadecimal SHA-256 of its content")
    digest = models.BinaryField(db_comment="SHA-256 over kind, name, pack, body and sources")
    from_release = models.IntegerField()
    to_release = models.IntegerField(null=True, db_comment="first release without it; null: stands")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "name"], condition=Q(to_release__isnull=True), name="acts_definition_stands_once"
            ),
            models.UniqueConstraint(fields=["kind", "name", "from_release"], name="acts_definition_once_a_release"),
            models.CheckConstraint(
                condition=Q(to_release__isnull=True) | Q(to_release__gt=models.F("from_release")),
                name="acts_definition_stood_a_while",
            ),
        ]
