"""What is stored for signing in here through others: those providers, who is known to them, and who is on his way to one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now, now

KINDS = ["oidc", "saml"]
WHOM = ["residents", "officers", "both"]
VOUCHES = ["citizen-id", "login"]
PURPOSES = ["sign-in", "prove"]


class Provider(models.Model):
    """An outside identity provider 外部身份源, in which people sign in who then are signed in here.

    Personal data: none. The secret by which it knows us is sealed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.TextField(unique=True)
    kind = models.TextField(db_comment="oidc | saml")
    people = models.TextField(db_comment="for whom it is open: residents | officers | both")
    issuer = models.TextField(db_comment="OpenID Connect: issuer; SAML: entity id")
    client_id = models.TextField(blank=True, default="")
    secret = models.BinaryField(null=True, db_comment="sealed")
    scopes = models.JSONField(default=list)
    vouches = models.TextField(db_comment="which identifier of ours it says: citizen-id | login")
    claim = models.TextField(db_comment="under which name it says it")
    levels = models.JSONField(default=dict, db_comment="what it calls a level → low, substantial, high")
    two_factors = models.BooleanField(default=False, db_comment="its level high stands for two factors")
    described = models.JSONField(db_comment="its addresses, as its own description said when it was connected")
    keys = models.JSONField(default=list, db_comment="OpenID Connect: its public keys, as last fetched (JWK)")
    keys_at = models.DateTimeField(null=True, db_comment="machine time")
    is_open = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="provider_kind_known"),
            models.CheckConstraint(condition=Q(people__in=WHOM), name="provider_people_known"),
            models.CheckConstraint(condition=Q(vouches__in=VOUCHES), name="provider_vouches_known"),
            models.CheckConstraint(
                condition=~Q(vouches="login") | Q(people="officers"), name="provider_logins_are_of_officers"
            ),
            models.CheckConstraint(condition=~Q(title="") & ~Q(claim=""), name="provider_is_named"),
        ]


class OutsideLink(models.Model):
    """A provider knows the person of an account under a name of its own. Who comes under that name is this person or nobody.

    Personal data: which provider somebody uses, and when; of the name there a digest alone.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="links")
    account = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")
    subject_digest = models.BinaryField(
        db_comment="keyed, of the provider and the name under which it knows the person"
    )
    made_at = models.DateTimeField(default=machine_now, db_comment="machine time")
    used_at = models.DateTimeField(default=machine_now, db_comment="machine time")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "subject_digest"], name="outsidelink_one_account_a_name"),
            models.UniqueConstraint(fields=["provider", "account"], name="outsidelink_one_name_an_account"),
        ]
        indexes = [models.Index(fields=["account"], name="outsidelink_by_account")]


class OutsideRequest(models.Model):
    """Somebody is on his way to a provider and back. It is gone as soon as an answer came, whatever came of it.

    Personal data: none; for some seconds, where a form of another site brings the answer, what the provider said, sealed.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="+")
    session_id = models.UUIDField(db_index=True, db_comment="the session that was sent there: no other may come back")
    account = models.ForeignKey(
        "identity.Account", null=True, on_delete=models.CASCADE, related_name="+", db_comment="who is to prove himself"
    )
    purpose = models.TextField(db_comment="sign-in | prove")
    digest = models.BinaryField(unique=True, db_comment="SHA-256 of `state`, or of the id of the SAML request")
    sealed = models.BinaryField(db_comment="what the answer has to fit: nonce and PKCE verifier; sealed")
    answer = models.BinaryField(null=True, db_comment="what a SAML provider said, believed; sealed")
    begun_at = models.DateTimeField(default=machine_now, db_comment="machine time")
    lasts_until = models.DateTimeField(db_index=True, db_comment="machine time")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=PURPOSES), name="outsiderequest_purpose_known"),
            models.CheckConstraint(
                condition=Q(purpose="sign-in") ^ Q(account__isnull=False), name="outsiderequest_proves_somebody"
            ),
        ]


class AssertionSeen(models.Model):
    """An assertion of a SAML provider that has come, so that it serves no second time. Dropped when it could count no more.

    Personal data: none; a digest.
    """

    digest = models.BinaryField(primary_key=True, db_comment="SHA-256 of provider and assertion id")
    until = models.DateTimeField(db_index=True, db_comment="machine time")
