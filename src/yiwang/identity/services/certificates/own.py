"""Certificates 数字证书 of people: registered and taken away by their person, ended by an administrator when a key is lost, and what they
open.

Source: GB/T 22239-2019 8.1.4.1 d): two or more ways to tell who it is, one of them cryptographic. A key in a USB key that asks for its PIN
is two by itself. Nobody registers a certificate for another, no administrator either: whose it is shows who signs, signed in and proved.
"""

from __future__ import annotations

from typing import Final, NoReturn
from uuid import UUID

from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import (
    ACCOUNT_CERTIFICATE_ADDED,
    ACCOUNT_CERTIFICATE_ENDED,
    ACCOUNT_CERTIFICATE_REMOVED,
    ACCOUNT_SECOND_FACTOR_TAKEN,
)
from yiwang.identity.models import Account, RecoveryCode, Session
from yiwang.identity.models.login_certificates import LoginCertificate
from yiwang.identity.queries import has_passkey, has_second_factor, needs_second_factor, persons_behind, posts_of
from yiwang.identity.queries.login_certificates import view_of
from yiwang.identity.queries.second_factor import has_app
from yiwang.identity.rules.login_certificates import REFUSALS, fingerprint_of, numbers_in
from yiwang.identity.services.certificates.answers import Presented, ask_for_certificate, ask_once_more, news_of
from yiwang.identity.services.second_factor import (
    forget_second_factor,
    new_recovery_codes,
    own_open_account,
    prove_factors,
)
from yiwang.identity.services.sign_in import Attempt, SignInRefused, subject_of_citizen
from yiwang.identity.services.sign_on.ending import end_sessions
from yiwang.identity.values import PasskeyAnswer
from yiwang.identity.values.login_certificates import (
    CertificateAnswer,
    CertificateShown,
    NewCertificate,
    SignedFor,
)
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.time import machine_now

__all__ = [
    "CertificateRefused",
    "add_certificate",
    "begin_certificate",
    "end_certificate",
    "prove_by_certificate",
    "remove_certificate",
    "rename_certificate",
    "sign_in_by_certificate",
]

OWN: Final = frozenset(CapacityKind) - {CapacityKind.VISITOR, CapacityKind.SYSTEM}
MOST_CERTIFICATES = 20
LONGEST_NAME = 40


class CertificateRefused(SignInRefused):
    """No certificate that is registered here signed what this session was asked, or it does not serve. Which of these is not said."""

    code = "certificate-refused"
    title = msgid("This certificate does not open the door")
    next_step = msgid(
        "Take the challenge anew, sign that very file, and hand it in within five minutes. If it happens again, sign in with your password"
        " and look under “My account” whether your certificate is registered and still serves."
    )


class _Refused(NotAllowed):
    """A certificate is not registered: the audit entry says why in a word."""


def sign_in_by_certificate(given: CertificateAnswer, *, address: str, correlation_id: str = "") -> Account:
    """Let in whose registered certificate signed what this session was asked. Does not open a session: a face does.

    Attempts are counted before anything is judged and locked like those of passwords, the certificates of an account together; one that
    nobody registered costs the same, gets the same words, and is locked in the same way. Leaves an audit entry `account.sign-in`, refused
    with the reason. Raises CertificateRefused (401), SignInLocked (429). Must not be called within a transaction.
    """
    presented = Presented.find(given)
    registered = presented.registered
    account = registered.account if registered else None
    attempt = Attempt.begin(_attempt_key(presented), account, address, correlation_id)
    why = "locked" if attempt.locked_until is not None else presented.judge(SignedFor.SIGN_IN)
    why = why or _why_not(presented)
    if why or registered is None or account is None:
        attempt.refuse(reason=why)
        raise CertificateRefused()
    LoginCertificate.objects.filter(id=registered.id).update(used_at=machine_now())
    attempt.let_in(account, "certificate", certificate=str(registered.id))
    account.let_in_certificate = registered.id
    return account


def prove_by_certificate(actor: Actor, given: CertificateAnswer, *, address: str = "") -> None:
    """Take what his certificate signed as the proof of who sits there, before a dangerous act, and for five minutes in place of a code.

    Counted, locked and written down like signing in (`account.prove-by-certificate`). Must not be called within a transaction. Raises
    NotSignedIn, SignInLocked (429), Invalid (422).
    """
    account = own_open_account(actor)
    presented = Presented.find(given)
    attempt = Attempt.begin(_key(f"certificate proof {account.id}"), account, address, actor.correlation_id)
    why = "locked" if attempt.locked_until is not None else presented.judge(SignedFor.PROVE, account.id)
    registered = presented.registered
    why = why or _why_not(presented)
    if not why and registered is not None and registered.account_id != account.id:
        why = "other-account"
    if why or registered is None:
        attempt.refuse("account.prove-by-certificate", reason=why)
        raise Invalid(faults=[FieldFault("certificate", "certificate-refused", CertificateRefused.next_step)])
    attempt.succeeded()
    _prove(actor, registered.id, given.session_id)


@service("account.prove-by-certificate", open_to=OWN)
def _prove(actor: Actor, certificate_id: UUID, session_id: UUID | None) -> None:
    act, now = current_act(), machine_now()
    act.about("account", actor.account_id or "")
    act.about("login-certificate", certificate_id)
    LoginCertificate.objects.filter(id=certificate_id).update(used_at=now, proved_at=now, proved_in=session_id)


def begin_certificate(
    actor: Actor,
    password: str,
    code: str = "",
    *,
    session_id: UUID,
    passkey: PasskeyAnswer | CertificateShown | None = None,
    address: str = "",
) -> None:
    """Ask this session to sign with a certificate that is to be registered, once its owner has proved himself.

    code, passkey: of a factor that counts already, one of the two. Must not be called within a transaction: what is wrong counts.
    Raises NotSignedIn, SignInLocked (429), Invalid (422), CertificatesOff (409), Conflict (409) for one too many.
    """
    account = prove_factors(actor, password, code, address, passkey=passkey)
    _begin(actor, account.id, session_id)


@service("account.begin-certificate", open_to=OWN)
def _begin(actor: Actor, account_id: UUID, session_id: UUID) -> None:
    current_act().about("account", account_id)
    if LoginCertificate.objects.filter(account_id=account_id).count() >= MOST_CERTIFICATES:
        raise Conflict(
            msgid("You have {most} certificates, as many as an account may have. Take one away first."),
            most=MOST_CERTIFICATES,
        )
    ask_for_certificate(session_id, SignedFor.REGISTER, account_id)


def add_certificate(actor: Actor, answer: bytes, name: str, *, session_id: UUID | None) -> NewCertificate:
    """Register the certificate that has signed what this session was asked, after `begin_certificate`, under the name that is given.

    Where it is the first factor of the account, every other session ends: it began with a password alone; and ten recovery codes come with
    it, which nobody can show again. What is refused stays written down with its reason. Must not be called within a transaction. Raises
    NotSignedIn, Invalid (422).
    """
    account, called = own_open_account(actor), _name(name)
    presented = Presented.find(CertificateAnswer(answer, session_id))
    why = presented.judge(SignedFor.REGISTER, account.id) or _why_not_his(presented, account)
    if not why:
        try:
            return _add(actor, account.id, presented, called, session_id)
        except IntegrityError:
            why = "known"
    if presented.asked_until is not None and session_id is not None:
        ask_once_more(session_id, account.id, presented.asked_until)
    try:
        _refuse(actor, account.id, why)
    except _Refused:
        raise Invalid(faults=[FieldFault("certificate", why, REFUSALS[why])]) from None


@service("account.add-certificate", open_to=OWN)
def _add(actor: Actor, account_id: UUID, presented: Presented, name: str, session_id: UUID | None) -> NewCertificate:
    account = Account.objects.select_for_update(no_key=True).get(id=account_id)
    is_first = not has_second_factor(account.id)
    held = _register(account, presented, name)
    act = current_act()
    act.about("account", account.id)
    act.about("login-certificate", held.id)
    act.note(authority=str(held.authority_id))
    act.emit(ACCOUNT_CERTIFICATE_ADDED, subject=account.id, data=news_of(held))
    if is_first:
        act.emit(ACCOUNT_SECOND_FACTOR_TAKEN, subject=account.id, data={})
        others = Session.objects.filter(account=account)
        end_sessions(others.exclude(id=session_id) if session_id else others)
    has_codes = RecoveryCode.objects.filter(account=account).exists()
    return NewCertificate(view_of(held, machine_now()), () if has_codes else new_recovery_codes(account))


@service("account.refuse-certificate", open_to=OWN)
def _refuse(actor: Actor, account_id: UUID, reason: str) -> NoReturn:
    act = current_act()
    act.about("account", account_id)
    act.note(reason=reason)
    raise _Refused(REFUSALS[reason])


@service("account.rename-certificate", open_to=OWN)
def rename_certificate(actor: Actor, certificate_id: UUID, name: str) -> None:
    """Call a certificate of one's own in another way. Raises NotFound (not one's own), Invalid (422)."""
    called = _name(name)
    current_act().about("login-certificate", certificate_id)
    rows = LoginCertificate.objects.filter(id=certificate_id, account_id=own_open_account(actor).id)
    if not rows.update(name=called):
        raise NotFound(msgid("You have no such certificate."))


def remove_certificate(
    actor: Actor,
    certificate_id: UUID,
    password: str,
    code: str = "",
    *,
    passkey: PasskeyAnswer | CertificateShown | None = None,
    here: UUID | None = None,
    address: str = "",
) -> None:
    """Take a certificate away: it opens nothing any more. For who proves himself with the password and a factor, this one or another.

    Every session but `here` ends: whoever holds a lost key may sit in one. Must not be called within a transaction. Raises NotSignedIn,
    NotFound (not one's own), NotAllowed (the last factor of who has to have one), SignInLocked (429), Invalid (422).
    """
    _may_go(own_open_account(actor).id, certificate_id)
    _remove(actor, prove_factors(actor, password, code, address, passkey=passkey, needed=True).id, certificate_id, here)


@service("account.remove-certificate", open_to=OWN)
def _remove(actor: Actor, account_id: UUID, certificate_id: UUID, here: UUID | None) -> None:
    account = Account.objects.select_for_update(no_key=True).get(id=account_id)
    held = _may_go(account.id, certificate_id)
    act = current_act()
    act.about("account", account.id)
    act.about("login-certificate", certificate_id)
    act.emit(ACCOUNT_CERTIFICATE_REMOVED, subject=account.id, data=news_of(held))
    others = Session.objects.filter(account=account)
    end_sessions(others.exclude(id=here) if here else others)
    held.delete()
    if not has_second_factor(account.id):
        forget_second_factor(account.id)


@service("login-certificate.end")
def end_certificate(actor: Actor, certificate_id: UUID) -> None:
    """End a certificate whose key was lost: the work of the security administrator, for residents and officers. Its sessions end, too.

    Its person is told, and may register it anew with a proof of his own. Nobody ends his own here. Raises NotFound, NotAllowed (oneself).
    """
    held = LoginCertificate.objects.select_related("account").filter(id=certificate_id).first()
    if held is None:
        raise NotFound(msgid("There is no such certificate."))
    account = Account.objects.select_for_update(no_key=True).get(id=held.account_id)
    act = current_act()
    act.about("account", account.id)
    act.about("login-certificate", certificate_id)
    act.require(
        account.id not in persons_behind(actor),
        msgid("Nobody ends his own certificate here; it is done on “My account”."),
    )
    act.emit(ACCOUNT_CERTIFICATE_ENDED, subject=account.id, data=news_of(held))
    end_sessions(Session.objects.filter(certificate=held))
    held.delete()


# ── What stands against it ──────────────────────────────────────────────────────────────────────────────────────────────


def _why_not(presented: Presented) -> str:
    """Why a certificate that holds opens nothing all the same; empty when it does. By fingerprint, and by authority and number."""
    registered, message, authority = presented.registered, presented.message, presented.authority
    if registered is None or message is None or authority is None:
        return "not-registered"
    if (registered.authority_id, registered.serial) != (authority.id, f"{message.certificate.serial_number:x}"):
        return "not-registered"
    if not registered.account.is_active:
        return "account-closed"
    return "no-post" if authority.people == "officers" and not posts_of(registered.account_id) else ""


def _why_not_his(presented: Presented, account: Account) -> str:
    """Why a certificate that holds cannot be this person's; empty when it can."""
    message, authority = presented.message, presented.authority
    if message is None or authority is None:
        raise AssertionError("What holds was read, and an authority issued it.")
    serial = f"{message.certificate.serial_number:x}"
    if presented.registered is not None or LoginCertificate.objects.filter(authority=authority, serial=serial).exists():
        return "known"
    if authority.people == "officers" and not posts_of(account.id):
        return "no-post"
    numbers = numbers_in(message.certificate, authority.number_attribute) if authority.number_attribute else None
    if numbers is None:
        return ""
    if len(numbers) != 1:
        return "number-unreadable"
    whose = subject_of_citizen(numbers[0])
    return "" if whose is not None and whose == account.subject_id else "other-person"


def _register(account: Account, presented: Presented, name: str) -> LoginCertificate:
    message, authority = presented.message, presented.authority
    if message is None or authority is None:
        raise AssertionError("What holds was read, and an authority issued it.")
    certificate = message.certificate
    return LoginCertificate.objects.create(
        account=account,
        authority=authority,
        name=name,
        fingerprint=fingerprint_of(certificate),
        serial=f"{certificate.serial_number:x}",
        valid_from=certificate.not_valid_before_utc,
        valid_until=certificate.not_valid_after_utc,
    )


def _may_go(account_id: UUID, certificate_id: UUID) -> LoginCertificate:
    held = {one.id: one for one in LoginCertificate.objects.filter(account_id=account_id).select_related("account")}
    if certificate_id not in held:
        raise NotFound(msgid("You have no such certificate."))
    alone = len(held) == 1 and not has_app(account_id) and not has_passkey(account_id)
    if alone and needs_second_factor(account_id):
        raise NotAllowed(msgid("The city asks you for a second factor, and this is your last one. Add another first."))
    return held[certificate_id]


def _name(given: str) -> str:
    called = "".join(sign for sign in " ".join(given.split()) if sign.isprintable())
    if not 0 < len(called) <= LONGEST_NAME:
        message = msgid("Give it a name of at most {most} characters.")
        raise Invalid(faults=[FieldFault("name", "name-length", message, {"most": LONGEST_NAME})])
    return called


def _attempt_key(presented: Presented) -> bytes:
    if presented.registered:
        return _key(f"certificates {presented.registered.account_id}")
    return _key(f"certificate {fingerprint_of(presented.message.certificate).hex() if presented.message else ''}")


def _key(name: str) -> bytes:
    return salted_hmac("yiwang.identity.sign-in", name, algorithm="sha256").digest()
