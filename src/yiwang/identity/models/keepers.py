"""What is stored of other systems that keep officers here: those systems, their reach, their tokens, and whom they keep."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.identity.values import Establishment
from yiwang.identity.values.keepers import LeadingPosts, Side
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now, now

SIDES = [str(one) for one in Side]
POSTS = [str(one) for one in LeadingPosts]
ESTABLISHMENTS = ["", *(str(one) for one in Establishment)]


class Keeper(models.Model):
    """Another system 来源系统 that is the source of officers' accounts, or of who holds posts, in some units. It writes here by SCIM.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.TextField(unique=True)
    unit = models.ForeignKey(
        "identity.Unit", on_delete=models.PROTECT, related_name="+", db_comment="whose system it is"
    )
    side = models.TextField(db_comment="accounts | holders: never both, for they belong to two administrators")
    posts = models.TextField(default="all", db_comment="all | leading | others: of which posts it keeps the holders")
    establishment = models.TextField(
        blank=True, default="", db_comment="the kind of place that those whom it seats fill; empty: none is said"
    )
    connected_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(side__in=SIDES), name="keeper_side_known"),
            models.CheckConstraint(condition=Q(posts__in=POSTS), name="keeper_posts_known"),
            models.CheckConstraint(condition=Q(establishment__in=ESTABLISHMENTS), name="keeper_establishment_known"),
            models.CheckConstraint(
                condition=Q(side="holders") | Q(posts="all", establishment=""), name="keeper_of_accounts_has_no_posts"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="keeper_has_a_title"),
        ]


class KeeperUnit(models.Model):
    """A unit, with everything below it, of which a keeper is the source.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    keeper = models.ForeignKey(Keeper, on_delete=models.CASCADE, related_name="units")
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["keeper", "unit"], name="keeperunit_once")]


class KeeperToken(models.Model):
    """What a keeper shows with each request. It was told once, to the administrator who gave it; kept is a digest.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    keeper = models.ForeignKey(Keeper, on_delete=models.CASCADE, related_name="tokens")
    digest = models.BinaryField(unique=True, db_comment="SHA-256")
    given_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    given_at = models.DateTimeField(default=machine_now, db_comment="machine time")
    lasts_until = models.DateTimeField(db_comment="machine time")
    revoked_at = models.DateTimeField(null=True, db_comment="machine time")
    used_at = models.DateTimeField(null=True, db_comment="machine time, to the minute")


class KeptAccount(models.Model):
    """A keeper is the source of this account: it says whether it stands, and under which unit the officer is kept.

    Personal data: the number of the officer in his own agency's system.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    keeper = models.ForeignKey(Keeper, on_delete=models.PROTECT, related_name="accounts")
    account = models.OneToOneField("identity.Account", on_delete=models.CASCADE, related_name="kept")
    unit = models.ForeignKey(
        "identity.Unit", on_delete=models.PROTECT, related_name="+", db_comment="under which he is kept"
    )
    external_id = models.TextField(blank=True, default="", db_comment="what the keeper calls it")
    employee_number = models.TextField(blank=True, default="", db_comment="工号, as the keeper says")
    in_service = models.BooleanField(default=True, db_comment="在职, as the keeper says")
    was_there = models.BooleanField(
        default=False, db_comment="its person had it before: it stays his when he is an officer no more"
    )
    changed_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["keeper", "external_id"], condition=~Q(external_id=""), name="keptaccount_one_external_id"
            )
        ]


class KeptPost(models.Model):
    """What a keeper calls a post whose holders it keeps.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    keeper = models.ForeignKey(Keeper, on_delete=models.CASCADE, related_name="posts_named")
    post = models.ForeignKey("identity.Post", on_delete=models.CASCADE, related_name="named_by")
    external_id = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["keeper", "post"], name="keptpost_once"),
            models.UniqueConstraint(fields=["keeper", "external_id"], name="keptpost_one_external_id"),
        ]
