"""Asking a browser's person to sign with his certificate, and judging the answer.

A challenge is answered once, within five minutes, by the session that was asked, for what it was asked. Everything is looked at whatever
was found wrong before: what is unknown costs what is known costs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography import x509
from django.db import transaction
from django.utils.crypto import salted_hmac

from yiwang.identity.models.login_certificates import (
    Authority,
    CertificateChallenge,
    LoginCertificate,
    RevokedCertificate,
)
from yiwang.identity.queries.authorities import list_state_of
from yiwang.identity.queries.login_certificates import may_come_by_certificate
from yiwang.identity.queries.outside import root
from yiwang.identity.rules.authorities import chain_of
from yiwang.identity.rules.login_certificates import (
    Message,
    challenge_text,
    check_certificate,
    check_message,
    check_times,
    fingerprint_of,
    new_nonce,
    read_message,
)
from yiwang.identity.values.login_certificates import CertificateAnswer, ChallengeView, NotBelieved, SignedFor
from yiwang.kernel.errors import Conflict, msgid
from yiwang.kernel.time import machine_now

__all__ = [
    "CertificatesOff",
    "Presented",
    "ask_for_certificate",
    "ask_once_more",
    "give_up_certificate",
    "news_of",
    "system_forget_certificate_challenges",
]

CHALLENGE_LASTS = timedelta(minutes=5)
WORTH_ANSWERING = timedelta(minutes=2)
"""One that lasts so long yet is shown again, so that a page that is opened anew does not spoil what was downloaded."""


class CertificatesOff(Conflict):
    """No authority is open whose certificates would sign anybody in."""

    code = "certificates-off"
    title = msgid("Nobody signs in by a certificate here yet")
    next_step = msgid("Sign in with your password. The system administrator says which authorities count.")


@dataclass(slots=True)
class Presented:
    """An answer as it came in.  why: what is wrong with it already, empty where it could be read.

    registered: the certificate in it, as somebody registered it; None where nobody did.  authority: whose it is, and asked_until: how long
    the challenge would have lasted, once it was judged.
    """

    message: Message | None
    why: str
    registered: LoginCertificate | None
    session_id: UUID | None
    authority: Authority | None = None
    asked_until: datetime | None = None

    @classmethod
    def find(cls, given: CertificateAnswer) -> Presented:
        """Read it and look for its certificate. One query, whether there is one or not."""
        message, why = None, ""
        try:
            message = read_message(given.answer)
        except NotBelieved as fault:
            why = str(fault)
        fingerprint = fingerprint_of(message.certificate) if message else b""
        named = LoginCertificate.objects.select_related("account").filter(fingerprint=fingerprint)
        return cls(message, why, named.first(), given.session_id)

    def judge(self, signed_for: SignedFor, account_id: UUID | None = None) -> str:
        """Use the challenge up; empty when the answer holds, else a word for the audit log.

        account_id: whose proof it was to be.  Whether the certificate is registered is not asked here. Must not be called within a
        transaction: the challenge stays used, whatever comes of it.
        """
        taken = _take(self.session_id, signed_for, account_id)
        asked, self.asked_until = (taken.text, taken.lasts_until) if taken else (None, None)
        if self.message is None:
            return self.why
        message, certificate = self.message, self.message.certificate
        text = asked if asked is not None else _text(self.session_id, signed_for, account_id)
        signed = _word(lambda: check_message(message, text.encode("ascii")))
        issued = self._find_authority(certificate)
        standing = _word(lambda: self._check_standing(certificate))
        return next((word for word in ("" if asked else "not-asked", signed, issued, standing) if word), "")

    def _find_authority(self, certificate: x509.Certificate) -> str:
        """One that is open, bears the name of who issued it, and signed it."""
        why = "unknown-authority"
        for one in Authority.objects.filter(is_open=True, issuer=certificate.issuer.public_bytes()).order_by("id"):
            issuer, attribute = chain_of(one.chain)[0], one.number_attribute
            why = _word(lambda issuer=issuer, attribute=attribute: check_certificate(certificate, issuer, attribute))  # type: ignore[misc]
            if not why:
                self.authority = one
                return ""
        return why

    def _check_standing(self, certificate: x509.Certificate) -> None:
        """When it serves, and what its authority says of it since."""
        authority, now = self.authority, machine_now()
        check_times(certificate, chain_of(authority.chain) if authority else (), now)
        revoked = RevokedCertificate.objects.filter(
            authority=authority, serial=f"{certificate.serial_number:x}"
        ).exists()
        state = "not-kept" if authority is None else list_state_of(authority, now)
        if state in {"missing", "overdue"}:
            raise NotBelieved(f"list-{state}")
        if revoked:
            raise NotBelieved("revoked")


def ask_for_certificate(session_id: UUID, signed_for: SignedFor, account_id: UUID | None = None) -> ChallengeView:
    """What this session is to sign; the same again as long as it is worth answering.

    account_id: whose proof it is to be; None for signing in.  Raises CertificatesOff (409).
    """
    if not may_come_by_certificate():
        raise CertificatesOff()
    now = machine_now()
    waiting = CertificateChallenge.objects.filter(session_id=session_id, signed_for=signed_for)
    found = waiting.filter(lasts_until__gt=now + WORTH_ANSWERING).first()
    if found is None or found.account_id != account_id:
        made = {
            "account_id": account_id,
            "text": _text(session_id, signed_for, account_id),
            "lasts_until": now + CHALLENGE_LASTS,
        }
        found, _new = CertificateChallenge.objects.update_or_create(
            session_id=session_id, signed_for=signed_for, defaults=made
        )
    return ChallengeView(found.text, found.lasts_until)


def ask_once_more(session_id: UUID, account_id: UUID, until: datetime) -> None:
    """Ask for another answer to a registration that was begun: no longer than the first, for the proof behind it grows no younger."""
    text = _text(session_id, SignedFor.REGISTER, account_id, until)
    CertificateChallenge.objects.create(
        session_id=session_id, account_id=account_id, signed_for=SignedFor.REGISTER, text=text, lasts_until=until
    )


def give_up_certificate(session_id: UUID) -> None:
    """Let this session register no certificate any more: its person goes another way."""
    CertificateChallenge.objects.filter(session_id=session_id, signed_for=SignedFor.REGISTER).delete()


def news_of(held: LoginCertificate) -> dict[str, str | None]:
    """What events tell of a registered certificate: ids.  subject_id: whom a message reaches; None where the registers do not know him."""
    subject = held.account.subject_id
    return {"certificate_id": str(held.id), "subject_id": None if subject is None else str(subject)}


def system_forget_certificate_challenges() -> int:
    """Drop what nobody answered in time; return how many. For the hourly job."""
    return CertificateChallenge.objects.filter(lasts_until__lte=machine_now()).delete()[0]


def _text(
    session_id: UUID | None, signed_for: SignedFor, account_id: UUID | None, until: datetime | None = None
) -> str:
    session = salted_hmac("yiwang.identity.certificate", str(session_id), algorithm="sha256").digest()
    return challenge_text(
        site=root(),
        signed_for=signed_for,
        account=str(account_id or ""),
        session=session,
        nonce=new_nonce(),
        until=until or machine_now() + CHALLENGE_LASTS,
    )


def _take(session_id: UUID | None, signed_for: SignedFor, account_id: UUID | None) -> CertificateChallenge | None:
    """What this session was asked so, not long ago, and has not answered yet; None where there is none. From now on it has."""
    if session_id is None:
        return None
    with transaction.atomic(durable=True):
        asked = CertificateChallenge.objects.select_for_update().filter(session_id=session_id, signed_for=signed_for)
        row = asked.first()
        if row is None:
            return None
        row.delete()
    return row if row.account_id == account_id and row.lasts_until > machine_now() else None


def _word(check: Callable[[], None]) -> str:
    try:
        check()
    except NotBelieved as fault:
        return str(fault)
    return ""
