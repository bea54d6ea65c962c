"""What is known of stored files. The content lies in a folder, named by its digest."""

from __future__ import annotations

from django.db import models

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
