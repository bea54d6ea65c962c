"""What the floor `packs` remembers: which sample files have been loaded, and how far the filling of an invented city has got."""

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


class Filling(models.Model):
    """How far one sample file has been loaded into a city of some size. A change of the file, or another size, is another filling.

    Personal data: none; the rows themselves are invented and stand with their engines.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    pack = models.TextField()
    file = models.TextField()
    digest = models.BinaryField(db_comment="SHA-256 of the content, and of the files beside it")
    residents = models.IntegerField(db_comment="how large the city is to be")
    done = models.BigIntegerField(default=0)
    of = models.BigIntegerField(null=True, db_comment="null: not yet known")
    rows = models.BigIntegerField(default=0, db_comment="that loading made")
    begun_at = models.DateTimeField(
        db_comment="business time; what is drawn from the day of loading is drawn from this day"
    )
    moved_at = models.DateTimeField(db_comment="machine time")
    ended_at = models.DateTimeField(null=True, db_comment="machine time")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["pack", "file", "digest", "residents"], name="packs_filling_once")
        ]

    def __str__(self) -> str:
        return f"{self.pack}/{self.file}: {self.done} of {self.of}"
