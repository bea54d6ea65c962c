"""What is stored for signing in by a certificate: authorities, what they revoked, who registered which certificate, and what was asked."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from yiwang.identity.values.login_certificates import SignedFor
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now, now

WHOM = ["residents", "officers", "both"]
SIGNED_FOR = [str(one) for one in SignedFor]


class Authority(models.Model):
    """A certificate authority 认证机构 whose certificates may sign people in here.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    title = models.TextField(unique=True)
    people = models.TextField(db_comment="for whom it is: residents | officers | both")
    chain = models.JSONField(
        db_comment="Base64 of DER: who issues people's certificates, and who stands above, up to the root"
    )
    issuer = models.BinaryField(db_comment="its name as its certificates bear it: DER", db_index=True)
    fingerprint = models.BinaryField(unique=True, db_comment="SHA-256 of the certificate that issues")
    number_attribute = models.TextField(
        blank=True, default="", db_comment="OID under which it writes a person's ID number"
    )
    has_list = models.BooleanField(
        db_comment="it publishes lists of revoked certificates: one that is overdue lets nobody in"
    )
    list_number = models.TextField(blank=True, default="", db_comment="of the list that is kept")
    list_from = models.DateTimeField(null=True, db_comment="when the authority made that list")
    list_until = models.DateTimeField(null=True, db_comment="when the next one is due")
    is_open = models.BooleanField(default=False)
    made_at = models.DateTimeField(default=now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(people__in=WHOM), name="authority_people_known"),
            models.CheckConstraint(condition=~Q(title=""), name="authority_is_named"),
            models.CheckConstraint(
                condition=Q(list_from__isnull=True, list_until__isnull=True)
                | Q(list_from__isnull=False, list_until__isnull=False),
                name="authority_list_has_an_end",
            ),
        ]


class RevokedCertificate(models.Model):
    """A certificate that an authority's list names as revoked.

    Personal data: none; the number of a certificate.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    authority = models.ForeignKey(Authority, on_delete=models.CASCADE, related_name="revoked")
    serial = models.TextField(db_comment="hexadecimal")
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["authority", "serial"], name="revokedcertificate_once")]


class LoginCertificate(models.Model):
    """A certificate 数字证书 that somebody registered to his account: by it he signs in. The key stays in his USB key.

    Personal data: the name that its person gave it, the certificate's number, and when it was used. Nothing of what it says of him.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="certificates")
    name = models.TextField(db_comment="as its person calls it")
    fingerprint = models.BinaryField(unique=True, db_comment="SHA-256 of the whole certificate")
    serial = models.TextField(db_comment="hexadecimal; with the authority it names the certificate, too")
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    made_at = models.DateTimeField(default=machine_now, db_comment="machine time")
    used_at = models.DateTimeField(null=True, db_comment="machine time; when it last signed in or proved")
    proved_in = models.UUIDField(null=True, db_comment="the session in which it last proved who sits there")
    proved_at = models.DateTimeField(null=True, db_comment="machine time of that")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["authority", "serial"], name="logincertificate_one_of_a_number"),
            models.CheckConstraint(condition=~Q(name=""), name="logincertificate_has_a_name"),
        ]
        indexes = [models.Index(fields=["account", "id"], name="logincertificate_by_account")]


class CertificateChallenge(models.Model):
    """What somebody was asked to sign. It is gone as soon as an answer came, whether that was right or not.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session_id = models.UUIDField(db_comment="the session that was asked: no other may answer")
    account = models.ForeignKey(
        "identity.Account", null=True, on_delete=models.CASCADE, related_name="+", db_comment="of a proof: whose"
    )
    signed_for = models.TextField(db_comment="sign-in | prove | register")
    text = models.TextField(db_comment="to the byte; 32 random bytes in it")
    lasts_until = models.DateTimeField(db_index=True, db_comment="machine time")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(signed_for__in=SIGNED_FOR), name="certificatechallenge_purpose_known"),
            models.CheckConstraint(
                condition=Q(signed_for="sign-in") ^ Q(account__isnull=False), name="certificatechallenge_of_somebody"
            ),
            models.UniqueConstraint(fields=["session_id", "signed_for"], name="certificatechallenge_one_at_a_time"),
        ]
