"""What is stored for signing people in to other systems: those systems, who is signed in there, what they were handed, our keys."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now, now

PEOPLE = ["officers", "everybody"]
NOTICES = ["none", "waiting", "sending", "heard", "failed"]
HANDED = ["access", "refresh"]


class Client(models.Model):
    """Another system of the city 接入系统 that signs officers or residents in here. Its id is the `client_id` of OpenID Connect.

    Personal data: none. Of the secret a digest alone is kept.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.TextField(unique=True)
    unit = models.ForeignKey(
        "identity.Unit", on_delete=models.PROTECT, related_name="+", db_comment="whose system it is"
    )
    people = models.TextField(db_comment="officers: who holds a post; everybody: residents too")
    asks_consent = models.BooleanField(db_comment="whether people are asked before it hears of them")
    secret_digest = models.BinaryField(null=True, db_comment="SHA-256; null for a program that can keep no secret")
    salt = models.BinaryField(db_comment="32 random bytes: one person has another `sub` at each client")
    redirect_addresses = models.JSONField(db_comment="to which people return, compared letter by letter")
    leaving_addresses = models.JSONField(default=list, db_comment="to which they may go after signing out")
    notice_address = models.TextField(blank=True, default="", db_comment="where it hears that a session has ended")
    scopes = models.JSONField(db_comment="the most that it may ask for")
    made_at = models.DateTimeField(default=now)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(people__in=PEOPLE), name="client_people_known"),
            models.CheckConstraint(condition=~Q(title=""), name="client_has_a_title"),
            models.CheckConstraint(
                condition=Q(asks_consent=True) | Q(people="officers"), name="client_asks_residents_for_consent"
            ),
        ]


class SignOnConsent(models.Model):
    """Somebody agreed that a client may hear these things of him. Withdrawing it takes the row away; both stand in the audit log.

    Personal data: which systems a person uses.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    scopes = models.JSONField()
    given_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "client"], name="signonconsent_once")]


class SignOn(models.Model):
    """One account is signed in at one client, out of one session here. Codes and tokens hang on it and end with it.

    Personal data: which systems a person used, and when.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="signon_set")
    account = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")
    session_id = models.UUIDField(
        db_index=True, db_comment="no foreign key: that the session is gone is what the client is to hear"
    )
    post = models.ForeignKey(
        "identity.Post", null=True, on_delete=models.CASCADE, related_name="+", db_comment="in which it began"
    )
    scopes = models.JSONField()
    factors = models.JSONField(db_comment="by what the person had proved who he is")
    proved_at = models.DateTimeField(db_comment="machine time")
    begun_at = models.DateTimeField(default=machine_now, db_comment="machine time")
    ended_at = models.DateTimeField(null=True, db_comment="machine time")
    ended_by = models.TextField(
        blank=True, default="", db_comment="session | withdrawn | closed | revoked | replayed …"
    )
    notice = models.TextField(default="none", db_comment="whether the client has heard that it ended")
    notice_due_at = models.DateTimeField(null=True, db_comment="machine time of the next attempt")
    notice_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(notice__in=NOTICES), name="signon_notice_known"),
            models.CheckConstraint(
                condition=Q(notice="none") | Q(ended_at__isnull=False), name="signon_notice_after_its_end"
            ),
        ]
        indexes = [
            models.Index(fields=["account", "client"], name="signon_by_account"),
            models.Index(fields=["session_id"], condition=Q(ended_at__isnull=True), name="signon_open"),
            models.Index(
                fields=["notice_due_at"], condition=Q(notice__in=["waiting", "sending"]), name="signon_to_be_told"
            ),
        ]


class SignOnCode(models.Model):
    """What the browser carries to the client, once and within a minute.

    Personal data: none; a digest.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sign_on = models.OneToOneField(SignOn, on_delete=models.CASCADE, related_name="code")
    digest = models.BinaryField(unique=True, db_comment="SHA-256")
    redirect_address = models.TextField()
    nonce = models.TextField(blank=True, default="")
    challenge = models.TextField(blank=True, default="", db_comment="of the method S256 (RFC 7636)")
    lasts_until = models.DateTimeField(db_comment="machine time")
    used_at = models.DateTimeField(null=True, db_comment="machine time; whatever came of it")


class SignOnToken(models.Model):
    """What a client holds of a sign-on: to ask who it is (access), or to go on without the person (refresh).

    Personal data: none; a digest.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sign_on = models.ForeignKey(SignOn, on_delete=models.CASCADE, related_name="tokens")
    kind = models.TextField(db_comment="access | refresh")
    digest = models.BinaryField(unique=True, db_comment="SHA-256")
    scopes = models.JSONField()
    lasts_until = models.DateTimeField(db_index=True, db_comment="machine time")
    used_at = models.DateTimeField(
        null=True, db_comment="machine time; a refresh token serves once, and who brings it again has copied it"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=HANDED), name="signontoken_kind_known")]


class TokenKey(models.Model):
    """A key pair with which tokens for clients are signed (RS256). Its id is the `kid`.

    Personal data: none. The private half is sealed, and gone as soon as the key no longer signs.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    public = models.JSONField(db_comment="JWK (RFC 7517)")
    private = models.BinaryField(null=True, db_comment="PKCS #8, sealed")
    signs_from = models.DateTimeField(
        db_index=True, db_comment="machine time; published before, so that clients know it"
    )
    signs_until = models.DateTimeField(db_comment="machine time")
    published_until = models.DateTimeField(db_comment="machine time; nothing that it signed counts any more")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(signs_until__lte=models.F("published_until")), name="tokenkey_published_while_it_signs"
            )
        ]
