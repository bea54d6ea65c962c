"""In-system messages, and the letters that carry them to addresses outside."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.kernel.ids import uuid7
from yiwang.messaging.values import DELIVERY_STATES


class Message(models.Model):
    """One message to one reader: a subject, an account, or whoever sits in a post.

    Personal data: `texts` may name the reader's case and quote what an officer wrote to him.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.TextField(unique=True, db_comment="what makes it be sent once, however often its sending is tried")
    to_subject = models.ForeignKey("subjects.Subject", null=True, on_delete=models.PROTECT, related_name="+")
    to_account = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    to_post = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")
    texts = models.JSONField(db_comment="language → {title, body}, as it was sent")
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")
    about_kind = models.TextField(default="", db_comment="what else it is about, for faces to lead to: kind and id")
    about_id = models.UUIDField(null=True)
    sent_at = models.DateTimeField(db_comment="business time")
    read_at = models.DateTimeField(null=True, db_comment="business time")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(to_subject__isnull=False, to_account__isnull=True, to_post__isnull=True)
                | Q(to_subject__isnull=True, to_account__isnull=False, to_post__isnull=True)
                | Q(to_subject__isnull=True, to_account__isnull=True, to_post__isnull=False),
                name="message_to_one_reader",
            ),
            models.CheckConstraint(
                condition=Q(origin__in=("live", "rehearsal", "invented")), name="message_origin_known"
            ),
        ]
        indexes = [
            models.Index(fields=["to_subject", "-id"], name="message_of_subject"),
            models.Index(fields=["to_account", "-id"], name="message_of_account"),
            models.Index(fields=["to_post", "-id"], name="message_of_post"),
        ]


class Contact(models.Model):
    """Where an account wants its messages besides the inbox, in one capacity: as the person, or in whatever post it holds.

    Personal data: the e-mail addresses.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey("identity.Account", on_delete=models.PROTECT, related_name="+")
    capacity = models.TextField(db_comment="self or post")
    address = models.TextField(blank=True, default="", db_comment="confirmed; empty without one")
    confirmed_at = models.DateTimeField(null=True, db_comment="business time")
    language = models.TextField(default="zh-Hans")
    asked = models.TextField(blank=True, default="", db_comment="an address that waits for its code")
    nonce = models.UUIDField(null=True, db_comment="what the code that was sent is computed from")
    asked_at = models.DateTimeField(null=True, db_comment="machine time")
    tries = models.IntegerField(default=0, db_comment="wrong codes since it was sent")
    asked_on = models.DateField(null=True, db_comment="civil date of the last code")
    asked_times = models.IntegerField(default=0, db_comment="codes sent on that date")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "capacity"], name="contact_one_for_each_capacity"),
            models.CheckConstraint(
                condition=Q(address="", confirmed_at__isnull=True) | (~Q(address="") & Q(confirmed_at__isnull=False)),
                name="contact_is_confirmed",
            ),
        ]


class Delivery(models.Model):
    """One letter on its way: a message, or the code that confirms an address. It is tried by whoever has claimed it.

    Personal data: none; the address stands in the contact, the words in the message.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="deliveries")
    message = models.ForeignKey(Message, null=True, on_delete=models.PROTECT, related_name="deliveries")
    nonce = models.UUIDField(null=True, db_comment="of the contact, for a code")
    state = models.TextField()
    attempts = models.IntegerField(default=0)
    due_at = models.DateTimeField(db_comment="machine time from which it may be tried")
    claimed_at = models.DateTimeField(null=True, db_comment="machine time")
    ended_at = models.DateTimeField(null=True, db_comment="machine time")
    error = models.TextField(blank=True, default="", db_comment="the kind of the last failure, never its text")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["message", "contact"], name="delivery_once_for_each_message"),
            models.UniqueConstraint(fields=["contact", "nonce"], name="delivery_once_for_each_code"),
            models.CheckConstraint(
                condition=Q(message__isnull=False, nonce__isnull=True) | Q(message__isnull=True, nonce__isnull=False),
                name="delivery_of_a_message_or_a_code",
            ),
            models.CheckConstraint(condition=Q(state__in=DELIVERY_STATES), name="delivery_state_known"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state__in=["waiting", "sending"]), name="delivery_under_way"),
            models.Index(fields=["ended_at"], condition=Q(state="failed"), name="delivery_given_up"),
        ]
