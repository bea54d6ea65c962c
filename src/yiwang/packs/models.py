"""What the floor `packs` remembers: which sample files have been loaded."""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yiwang.kernel.ids import uuid7


class LoadedSample(models.Model):
    """One sample file that was loaded, so that a second start loads nothing.

    Personal data: none; the rows themselves are invented and stand with their engines.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pack = models.TextField()
    file = models.TextField()
    digest = models.BinaryField(db_comment="SHA-256 of the content")
    rows = models.IntegerField(db_comment="rows that loading made")
    loaded_at = models.DateTimeField(db_comment="business time")

    class Meta:
        db_table = "packs_loaded_sample"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pack", "file", "digest"], name="packs_sample_loaded_once")
        ]

    def __str__(self) -> str:
        return f"{self.pack}/{self.file}"
