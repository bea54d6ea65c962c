"""What the places engine stores: administrative divisions over time, areas, and who answers for what in them."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q

from yiwang.kernel.ids import uuid7


class Division(models.Model):
    """One administrative division as it stood from `valid_from` until the day before `valid_to`.

    A new name, parent or level is a new row; the old one ends on the same day. Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.TextField(
        db_comment="6 digits to the county, 9 to the township, 12 to the community (GB/T 2260, GB/T 10114)"
    )
    title = models.TextField()
    full_title = models.TextField(db_comment="titles from the province down, for display and search")
    level = models.TextField(
        db_comment="province | city | county | township | village (kernel.identifiers.DivisionLevel)"
    )
    parent_code = models.TextField(default="", db_index=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    edition = models.TextField(db_comment="edition of the source that says so")
    declared_by = models.TextField(db_comment="id of the declaration `places` that says so")
    pairs = ArrayField(
        models.TextField(), default=list, db_comment="pairs of neighbouring characters of full_title, for short names"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to__isnull=True), name="division_one_live_row"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="division_ends_after_it_begins",
            ),
        ]
        indexes = [
            models.Index(fields=["code", "valid_from"], name="division_by_code"),
            GinIndex(fields=["full_title"], opclasses=["gin_trgm_ops"], name="division_trigrams"),
            GinIndex(fields=["pairs"], name="division_pairs"),
        ]


class Area(models.Model):
    """An area of responsibility 责任区: a list of places with history. Personal data: none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.TextField(unique=True)
    title = models.TextField()
    origin = models.TextField(default="live")


class AreaPlace(models.Model):
    """A division, with everything within it, belongs to an area for a time. Personal data: none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="places")
    place_code = models.TextField(db_index=True)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area", "place_code"], condition=Q(valid_to__isnull=True), name="areaplace_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="areaplace_ends_after_it_begins",
            ),
        ]


class AreaDuty(models.Model):
    """A unit answers for a duty in an area, for a time. One unit at a time. Personal data: none."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area = models.ForeignKey(Area, on_delete=models.CASCADE, related_name="duties")
    duty = models.TextField(db_comment="id of a declared duty")
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area", "duty"], condition=Q(valid_to__isnull=True), name="areaduty_one_unit_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="areaduty_ends_after_it_begins",
            ),
        ]
