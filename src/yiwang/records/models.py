"""What the engine keeps about its generated tables, and the read log. The records themselves stand in tables of the schema `records`."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yiwang.kernel.ids import uuid7


class GeneratedTable(models.Model):
    """The table of one resource: its columns by element, and what it looked like when `apply` left it.

    Personal data: none; the table that it describes holds facts about subjects.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resource = models.TextField(unique=True)
    name = models.TextField(unique=True, db_comment="table in the schema records")
    columns = models.JSONField(db_comment="for each element: its type and its columns; also of elements that went")
    fingerprint = models.TextField(db_comment="SHA-256 over the catalogue's columns and indexes")
    release = models.IntegerField(db_comment="that changed it last")
    retired = models.BooleanField(default=False, db_comment="no pack declares the resource any more; its records stay")

    class Meta:
        db_table = "records_generated_table"

    def __str__(self) -> str:
        return self.resource


class Read(models.Model):
    """One reading of a subject's facts of one resource, written in the transaction of the read. In monthly partitions, append-only.

    Personal data: who read what about whom; the subject may see it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    read_at = models.DateTimeField(db_comment="business time")
    machine_time = models.DateTimeField()
    subject_id = models.UUIDField(db_comment="whose facts")
    account_id = models.UUIDField(null=True)
    capacity = models.TextField()
    capacity_id = models.UUIDField(null=True)
    reader_subject_id = models.UUIDField(null=True)
    resource = models.TextField()
    elements = ArrayField(models.TextField())
    purpose = models.TextField()
    release = models.IntegerField()
    correlation_id = models.TextField(default="")
    origin = models.TextField(default="live")

    class Meta:
        db_table = "records_read_log"
        managed = False  # partitioned by month, which Django cannot declare; made by the first migration
        ordering: ClassVar = ["-read_at", "-id"]

    def __str__(self) -> str:
        return f"{self.resource} {self.read_at}"
