"""What is stored of files and certificates. Contents lie in a folder, named by their digests."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.kernel.ids import uuid7


class File(models.Model):
    """One content that is kept. Written after the content is on the disk.

    Personal data: none here; the content may be anything, so who may read it is asked of whoever refers to it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    digest = models.BinaryField(unique=True, db_comment="SHA-256 of the content")
    size = models.BigIntegerField(db_comment="bytes")
    media_type = models.TextField()
    stored_at = models.DateTimeField(db_comment="business time")
    is_ours = models.BooleanField(
        default=False, db_comment="the platform itself stored it: it stays, whether or not somebody hands in the same"
    )


class Upload(models.Model):
    """That somebody handed in a content under a name. The same again is the same row.

    Personal data: `name` as the person's computer had it; `account` says who.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    file = models.ForeignKey(File, on_delete=models.PROTECT, related_name="uploads")
    name = models.TextField()
    account = models.ForeignKey("identity.Account", on_delete=models.PROTECT, related_name="+")
    capacity = models.TextField()
    capacity_id = models.UUIDField(db_comment="the person, or the post in which an officer handed it in")
    received_at = models.DateTimeField(db_comment="business time of the last time")
    received_on = models.DateField(db_comment="civil date of the first time, on which it counts")
    scanned_by = models.TextField(blank=True, default="", db_comment="names of the scanners that found nothing")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "capacity", "capacity_id", "file", "name"], name="upload_once_for_each_name"
            ),
            models.CheckConstraint(
                condition=Q(origin__in=("live", "rehearsal", "invented")), name="upload_origin_known"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "received_on"], name="upload_of_the_day"),
            models.Index(fields=["received_at"], name="upload_by_age"),
        ]


class FileUse(models.Model):
    """That a thing, such as a case, has a file. Who may see the thing may open the file.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="uses")
    owner = models.TextField(db_comment="kind of the thing, as it is registered")
    owner_id = models.UUIDField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "owner", "owner_id"], name="fileuse_once")]
        indexes = [models.Index(fields=["owner", "owner_id"], name="fileuse_by_owner")]


# ── Certificates ────────────────────────────────────────────────────────────────────────────────────────────────────────

STORED = ("valid", "suspended", "revoked", "replaced")


class Certificate(models.Model):
    """One version of one certificate 证照, as it was signed. Nothing of it ever changes but its status.

    Personal data: `holder` and `applicant` by id; `token` opens what it says; its files, named by digests, say everything of it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.TextField(unique=True, db_comment="what makes it be issued once, however often issuing is tried")
    identifier = models.TextField(unique=True, db_comment="证照标识, GB/T 36904-2018")
    type = models.TextField(db_comment="id of the declared certificate")
    release = models.IntegerField(db_comment="the release whose declaration it follows")
    duty = models.TextField(db_comment="the declared duty that keeps it")
    number = models.TextField()
    version = models.IntegerField()
    previous = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="next")
    holder = models.ForeignKey("subjects.Subject", on_delete=models.PROTECT, related_name="+")
    applicant = models.ForeignKey(
        "subjects.Subject", null=True, on_delete=models.PROTECT, related_name="+", db_comment="who was given it"
    )
    mandate = models.ForeignKey(
        "identity.Mandate",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        db_comment="under which it was applied for: it opens to the agent as long as that stands",
    )
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, related_name="+", db_comment="issued it")
    case_id = models.UUIDField(null=True, db_comment="the case that it is the result of; cases stand above documents")
    case_number = models.TextField(blank=True, default="")
    sole = models.BooleanField(db_comment="a holder has at most one of this kind that stands")
    status = models.TextField(default="valid", db_comment="the last of its history; `expired` follows from the dates")
    issued_at = models.DateTimeField(db_comment="business time")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, db_comment="first civil date on which it no longer holds")
    content = models.ForeignKey(File, on_delete=models.PROTECT, related_name="+", db_comment="what is signed, JSON")
    pdf = models.ForeignKey(File, on_delete=models.PROTECT, related_name="+")
    signature = models.BinaryField(db_comment="over the bytes of content, DER")
    pdf_signature = models.BinaryField(db_comment="over the bytes of pdf, DER")
    key_id = models.TextField(db_comment="RFC 7638 thumbprint of the public key")
    token = models.TextField(unique=True, db_comment="in the address of the QR code; who has it has the certificate")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["type", "number", "version"], name="certificate_version_once"),
            models.UniqueConstraint(
                fields=["type", "holder"],
                condition=Q(sole=True, status__in=["valid", "suspended"]),
                name="certificate_one_stands",
            ),
            models.CheckConstraint(condition=Q(status__in=STORED), name="certificate_status_known"),
            models.CheckConstraint(
                condition=Q(origin__in=("live", "rehearsal", "invented")), name="certificate_origin_known"
            ),
            models.CheckConstraint(
                condition=Q(version=1, previous__isnull=True) | Q(version__gt=1, previous__isnull=False),
                name="certificate_version_follows",
            ),
        ]
        indexes = [
            models.Index(fields=["holder", "-id"], name="certificate_by_holder"),
            models.Index(fields=["applicant", "-id"], name="certificate_by_applicant"),
            models.Index(fields=["unit", "-id"], name="certificate_by_unit"),
            models.Index(fields=["case_id"], name="certificate_by_case"),
        ]


class StatusEntry(models.Model):
    """One line of a certificate's history. Rows are added and never changed or deleted.

    Personal data: `account` by id; `reason` as an officer wrote it.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="history")
    position = models.IntegerField(db_comment="from 1")
    status = models.TextField()
    at = models.DateTimeField(db_comment="business time")
    reason = models.TextField(blank=True, default="")
    account = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["certificate", "position"], name="statusentry_in_order"),
            models.CheckConstraint(condition=Q(status__in=STORED), name="statusentry_status_known"),
        ]


class NumberSeries(models.Model):
    """The last number of a series whose declaration allows no gap; its row is locked while one is taken.

    Personal data: none.
    """

    series = models.TextField(primary_key=True)
    last = models.BigIntegerField()


class TakenNumber(models.Model):
    """The number that one issuing has, from its first try on, so that every try of it makes the same certificate.

    Personal data: none.
    """

    key = models.TextField(primary_key=True, db_comment="as `Certificate.key`")
    type = models.TextField()
    number = models.TextField()
    taken_at = models.DateTimeField(db_comment="business time")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["type", "number"], name="takennumber_once")]


class Guesses(models.Model):
    """How many certificate identifiers that do not exist somebody asked for of late. Dropped after a day.

    Personal data: none that can be read: `key` is a keyed digest of a network address or an account.
    """

    key = models.BinaryField(primary_key=True)
    misses = models.IntegerField()
    since = models.DateTimeField(db_comment="machine time")
