"""State of the audit: entries, the Merkle log over them, signed heads.

The application's database role may insert and read here, nothing else; triggers refuse changes by the owner too.
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models

from yiwang.outbox.queries import CurrentTransactionId, TransactionIdField


class Entry(models.Model):
    """One act of one actor. Inserted in the transaction of the act, never updated or deleted.

    `xid` stands before `id` so that a transaction has its number before it takes an id (see `outbox.queries.Horizon`).

    Personal data: whose account acted, on which object, when; `details` holds ids, digests and codes only.
    """

    xid = TransactionIdField(db_default=CurrentTransactionId(), editable=False)
    id = models.BigAutoField(primary_key=True)
    time = models.DateTimeField(db_comment="business time")
    machine_time = models.DateTimeField()
    account_id = models.UUIDField(null=True)
    capacity = models.TextField()
    capacity_id = models.UUIDField(null=True, db_comment="post or subject acted for")
    action = models.TextField()
    outcome = models.TextField()
    object_kind = models.TextField()
    object_id = models.TextField()
    details = models.JSONField()
    release = models.IntegerField()
    correlation_id = models.TextField()
    origin = models.TextField()
    digest = models.BinaryField(db_comment="SHA-256 over the canonical JSON of the columns time to origin")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=["done", "refused", "failed"]), name="audit_outcome_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["object_kind", "object_id", "id"], name="audit_entry_by_object"),
            models.Index(fields=["account_id", "id"], name="audit_entry_by_account"),
            models.Index(
                fields=["correlation_id"], condition=~models.Q(correlation_id=""), name="audit_entry_by_correlation"
            ),
        ]


class Leaf(models.Model):
    """The place of an entry in the Merkle log.

    Personal data: none.
    """

    index = models.BigIntegerField(primary_key=True, db_comment="from 0, without gaps")
    entry_id = models.BigIntegerField(
        unique=True, db_comment="no foreign key: a deleted entry must leave its leaf behind"
    )
    hash = models.BinaryField(db_comment="RFC 6962 leaf hash over the entry's number (8 bytes) and digest")


class Node(models.Model):
    """The hash of a full subtree of 256^level leaves, so that proofs and appending read hundreds of rows and not all.

    Personal data: none.
    """

    id = models.BigAutoField(primary_key=True)
    level = models.SmallIntegerField(db_comment="1: over 256 leaves; 2: over 65,536; …")
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["level", "index"], name="audit_node_once")]


class Head(models.Model):
    """The root over the first `size` leaves, signed with the city's key.

    Personal data: none.
    """

    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    last_entry_id = models.BigIntegerField(db_comment="number of the entry of the last leaf")
    signed_at = models.DateTimeField(db_comment="machine time; part of what is signed")
    key_id = models.TextField(db_comment="RFC 7638 thumbprint of the public key; which stays in the folder of keys")
    signature = models.BinaryField()
