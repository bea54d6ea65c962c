"""What the engine keeps: its generated tables, the read log, discrepancies. The records themselves stand in the schema `records`."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from yiwang.kernel.ids import uuid7
from yiwang.records.values import DiscrepancyState

OPEN = ("reported", "accepted")


class GeneratedTable(models.Model):
    """The table of one resource: its columns by element, and what it looked like when `apply` left it.

    Personal data: none; the table that it describes holds facts about subjects.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resource = models.TextField(unique=True)
    name = models.TextField(unique=True, db_comment="table in the schema records")
    shape = models.TextField(default="state", db_comment="state | event")
    lookups = ArrayField(models.TextField(), default=list, db_comment="columns by which records are looked for")
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
    ground = models.TextField(default="", db_comment="own | represented | grant | agreement | item | platform")
    ground_id = models.TextField(default="", db_comment="of the agreement, the item or the granted action")
    unit_id = models.UUIDField(null=True, db_comment="of the reader")
    release = models.IntegerField()
    correlation_id = models.TextField(default="")
    origin = models.TextField(default="live")

    class Meta:
        db_table = "records_read_log"
        managed = False  # partitioned by month, which Django cannot declare; made by the first migration
        ordering: ClassVar = ["-read_at", "-id"]

    def __str__(self) -> str:
        return f"{self.resource} {self.read_at}"


class Discrepancy(models.Model):
    """Somebody saw another value than the source's 疑义: one open row for each subject, element and proposed value.

    A doubted relation stands with the subject of its `from` end; it is its own element and its own resource, and its values are links.

    Personal data: both values, and about whom; `reason` is what the source answered.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(
        "subjects.Subject",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="at the other end, where a relation is doubted",
    )
    element = models.TextField()
    resource = models.TextField(db_comment="the source of the fact")
    unit = models.ForeignKey(
        "identity.Unit", null=True, on_delete=models.PROTECT, related_name="+", db_comment="of the source"
    )
    record_id = models.UUIDField(db_comment="the record doubted")
    doubted = models.JSONField(
        null=True, db_comment="what the source says, as canonical JSON holds it; null: nothing any more"
    )
    proposed = models.JSONField(db_comment="what it should be")
    proposed_key = models.TextField(db_comment="SHA-256, hex, of what makes two values mean the same")
    release = models.IntegerField(db_comment="whose definition of the element the values follow")
    state = models.TextField(default=DiscrepancyState.REPORTED)
    history_length = models.IntegerField(default=0)
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    case_id = models.UUIDField(null=True, db_comment="of the source's unit, that looks into it")
    case_number = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="", db_comment="what the source answered")
    result_id = models.UUIDField(null=True, db_comment="the record that corrected the fact")
    origin = models.TextField(default="live")

    class Meta:
        db_table = "records_discrepancy"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state__in=[str(one) for one in DiscrepancyState]), name="discrepancy_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OPEN, ended_at__isnull=True) | (~Q(state__in=OPEN) & Q(ended_at__isnull=False)),
                name="discrepancy_ended_with_an_end",
            ),
            models.UniqueConstraint(
                fields=["subject", "element", "proposed_key"], condition=Q(state__in=OPEN), name="discrepancy_open_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["unit", "-id"], name="discrepancy_by_unit"),
            models.Index(fields=["subject", "-id"], name="discrepancy_by_subject"),
            models.Index(fields=["resource", "element"], condition=Q(state__in=OPEN), name="discrepancy_open"),
            models.Index(fields=["case_id"], condition=Q(case_id__isnull=False), name="discrepancy_by_case"),
        ]

    def __str__(self) -> str:
        return f"{self.element} {self.state}"


class DiscrepancyReport(models.Model):
    """One who doubts: a verifying resource that holds another value, an officer, or the subject himself.

    Personal data: who reported, by id; `evidence` holds what he wrote.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.CASCADE, related_name="reports")
    reporter = models.TextField(db_comment="resource:id | post:id | subject:id")
    resource = models.TextField(blank=True, default="", db_comment="the verifying resource")
    record_id = models.UUIDField(null=True, db_comment="its observation")
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")
    account_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    evidence = models.JSONField(default=dict)
    reported_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "records_discrepancy_report"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["discrepancy", "reporter"],
                condition=Q(withdrawn_at__isnull=True),
                name="discrepancyreport_stands_once",
            )
        ]

    def __str__(self) -> str:
        return self.reporter


class DiscrepancyEntry(models.Model):
    """One line of a discrepancy's history. Only ever added: the application may neither change nor delete one.

    Personal data: who did it, by id; `reason` as it was written.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    discrepancy = models.ForeignKey(Discrepancy, on_delete=models.CASCADE, related_name="history")
    position = models.IntegerField(db_comment="from 1")
    at = models.DateTimeField()
    code = models.TextField()
    state = models.TextField(db_comment="after it")
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")
    account_id = models.UUIDField(null=True)
    resource = models.TextField(blank=True, default="", db_comment="the verifying resource")
    record_id = models.UUIDField(null=True, db_comment="the record that it tells of")
    reason = models.TextField(blank=True, default="")

    class Meta:
        db_table = "records_discrepancy_entry"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["discrepancy", "position"], name="discrepancyentry_in_order")
        ]

    def __str__(self) -> str:
        return self.code


class Comparison(models.Model):
    """What the last whole comparison of a verifying resource with an element's source found.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    resource = models.TextField(db_comment="the verifying one")
    source = models.TextField()
    element = models.TextField()
    compared_at = models.DateTimeField()
    compared = models.BigIntegerField()
    confirmed = models.BigIntegerField()
    differing = models.BigIntegerField()

    class Meta:
        db_table = "records_comparison"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["resource", "source", "element"], name="comparison_the_last")
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.element}"


class RelationLimit(models.Model):
    """How many of a relation one subject may have at one time, as the release in force declares it: what the table's triggers keep.

    Personal data: none.
    """

    relation = models.TextField(primary_key=True)
    one_from = models.BooleanField(db_comment="whoever is `to` has one `from` at a time")
    one_to = models.BooleanField(db_comment="whoever is `from` has one `to` at a time")
    is_symmetric = models.BooleanField(db_comment="both ends have one role, and `from` is the lesser id")
    hierarchy = models.TextField(
        blank=True, default="", db_default="", db_comment="in which nobody stands above himself; `from` below `to`"
    )

    class Meta:
        db_table = "records_relation_limit"

    def __str__(self) -> str:
        return self.relation


class Relation(models.Model):
    """One word about a link between two subjects. Only ever added: the last word about the same two and the same beginning counts.

    Personal data: who is related to whom; `evidence` holds the case's number or the reason of a correction.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    relation = models.TextField(db_comment="id of a declared relation")
    from_subject = models.ForeignKey(
        "subjects.Subject", on_delete=models.PROTECT, related_name="+", db_column="from_id", db_index=False
    )
    to_subject = models.ForeignKey(
        "subjects.Subject", on_delete=models.PROTECT, related_name="+", db_column="to_id", db_index=False
    )
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, db_comment="first civil date on which it is no longer so")
    registered_at = models.DateTimeField(db_comment="at the source")
    arrived_at = models.DateTimeField()
    retracted = models.BooleanField(default=False, db_comment="that it was never so")
    door = models.TextField()
    case_id = models.UUIDField(null=True)
    account_id = models.UUIDField(null=True)
    post_id = models.UUIDField(null=True)
    unit_id = models.UUIDField(null=True, db_comment="the source")
    evidence = models.JSONField(default=dict)
    release = models.IntegerField()
    origin = models.TextField(default="live")

    class Meta:
        db_table = "records_relation"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(from_subject=models.F("to_subject")), name="relation_between_two"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gt=models.F("valid_from")),
                name="relation_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["from_subject", "to_subject", "relation", "valid_from", "arrived_at"],
                name="relation_words_in_order",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["to_subject", "relation"], name="relation_by_to")]

    def __str__(self) -> str:
        return self.relation
