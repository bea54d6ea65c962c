"""The second factor 第二重验证: codes of an authenticator app or a passkey beside the password, taken, used, replaced and taken away.

Source: GB/T 22239-2019 8.1.4.1 d): two or more ways to tell who it is, one of them cryptographic. A code is checked with the same counts
and the same lock as a password, each under a count of its own; none counts twice. Adding and removing passkeys: `passkeys`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.utils.crypto import salted_hmac

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import ACCOUNT_SECOND_FACTOR_REMOVED, ACCOUNT_SECOND_FACTOR_TAKEN
from yiwang.identity.models import Account, Passkey, RecoveryCode, SecondFactor, Session
from yiwang.identity.models.login_certificates import LoginCertificate
from yiwang.identity.queries import administers, has_passkey, has_second_factor, needs_second_factor, persons_behind
from yiwang.identity.queries.login_certificates import has_certificate, shown_lately
from yiwang.identity.queries.second_factor import begun_factor, confirmed_factor, seal_secret, secret_of, shown
from yiwang.identity.rules.one_time_codes import canonical_code, new_recovery_code, new_secret, step_of_code
from yiwang.identity.services.challenges import Answered, Verdict
from yiwang.identity.services.sign_in import Attempt, SignInRefused, prove
from yiwang.identity.services.sign_on.ending import end_sessions
from yiwang.identity.values import NewSecondFactor, PasskeyAnswer
from yiwang.identity.values.login_certificates import CertificateShown
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, NotSignedIn, msgid
from yiwang.kernel.time import machine_now

__all__ = [
    "PasskeyCopied",
    "PasskeyRefused",
    "SecondFactorRefused",
    "begin_second_factor",
    "complete_sign_in",
    "confirm_second_factor",
    "forget_second_factor",
    "new_recovery_codes",
    "own_open_account",
    "prove_again",
    "prove_factors",
    "remove_second_factor",
    "renew_recovery_codes",
    "reset_second_factor",
]

OWN: Final = frozenset(CapacityKind) - {CapacityKind.VISITOR, CapacityKind.SYSTEM}
RECOVERY_CODES = 10


class SecondFactorRefused(SignInRefused):
    """The code is not the one that the app shows now, was used already, or is no recovery code of this account."""

    code = "second-factor-refused"
    title = msgid("This code is not right")
    next_step = msgid(
        "Take the code that the app shows now, or one of your recovery codes. After five failures it is locked for 15 minutes."
    )


class PasskeyRefused(SignInRefused):
    """No passkey that is known here answered what this session was asked. Whether the passkey is known is not said."""

    code = "passkey-refused"
    title = msgid("This passkey does not open the door")
    next_step = msgid(
        "Try once more, or sign in with your password. If your device asked for no finger, face or PIN, use it beside the password."
    )


class PasskeyCopied(SignInRefused):
    """The passkey is right, but its count did not grow: somebody else may have a copy. It opens nothing, and stays until it is removed."""

    code = "passkey-copied"
    title = msgid("This passkey may have been copied")
    next_step = msgid(
        "Sign in in another way, take this passkey away under “My account”, and tell the security administrator. You can add it anew."
    )


def complete_sign_in(
    account_id: UUID,
    code: str,
    *,
    proved_at: datetime,
    address: str,
    correlation_id: str = "",
    passkey: PasskeyAnswer | CertificateShown | None = None,
) -> Account:
    """Let in who has given the right password (`sign_in`) and now the second factor: a code of the app, a passkey, or a recovery code.

    A code serves once. Attempts are counted before the factor is checked, under a name of their own, and locked like those of passwords.
    Leaves an audit entry `account.sign-in` with the factor. proved_at: machine time at which the password was right; one that was changed
    since proves nothing.  passkey: looked at instead of the code where one is given.
    Raises NotSignedIn, SecondFactorRefused, PasskeyRefused, PasskeyCopied (401), SignInLocked (429). Must not be called within a
    transaction.
    """
    account = Account.objects.filter(id=account_id, is_active=True).first()
    if account is None or not has_second_factor(account_id) or account.password_changed_at > proved_at:
        raise NotSignedIn(msgid("Begin again with your password."))
    attempt = Attempt.begin(_attempt_key(account_id), account, address, correlation_id)
    used = _use(account_id, code, passkey) if attempt.locked_until is None else _Used()
    if used.factor:
        attempt.let_in(account, used.factor, **used.details)
        return account
    attempt.refuse(copied=used.copied)
    if used.copied:
        raise PasskeyCopied()
    raise SecondFactorRefused() if passkey is None else PasskeyRefused()


def begin_second_factor(
    actor: Actor,
    password: str,
    code: str = "",
    *,
    address: str = "",
    passkey: PasskeyAnswer | CertificateShown | None = None,
) -> NewSecondFactor:
    """Show a new secret to who gives his password; the factor counts from its first code on (`confirm_second_factor`).

    code: of the factor that counts already, which goes on until then; a recovery code where the telephone is lost.  passkey: in place of a
    code. Must not be called within a transaction: what is wrong counts. Raises NotSignedIn, SignInLocked (429), Invalid (422).
    """
    return _begin(actor, prove_factors(actor, password, code, address, passkey=passkey).id)


@service("account.begin-second-factor", open_to=OWN)
def _begin(actor: Actor, account_id: UUID) -> NewSecondFactor:
    account = Account.objects.select_for_update(no_key=True).get(id=account_id)
    SecondFactor.objects.filter(account=account, confirmed_at=None).delete()
    secret = new_secret()
    factor = SecondFactor(account=account, begun_at=machine_now())
    factor.secret = seal_secret(factor.id, secret)
    factor.save(force_insert=True)
    current_act().about("account", account.id)
    return shown(secret, account)


@service("account.take-second-factor", open_to=OWN)
def confirm_second_factor(actor: Actor, code: str, *, here: UUID | None = None) -> tuple[str, ...]:
    """Let the factor count, whose first code this is, in place of the one before; return ten recovery codes, which nobody can show again.

    Every session but `here` ends: it began with a password alone. Raises Conflict (409) when nothing was begun or its time is over,
    Invalid (422) for a wrong code.
    """
    account = Account.objects.select_for_update(no_key=True).get(id=own_open_account(actor).id)
    factor = begun_factor(account.id)
    if factor is None:
        raise Conflict(msgid("Begin again: the secret that was shown is too old."))
    step = step_of_code(secret_of(factor), canonical_code(code), machine_now())
    if step is None:
        raise Invalid(faults=[FieldFault("code", "wrong-code", msgid("This is not the code that the app shows now."))])
    SecondFactor.objects.filter(account=account).exclude(id=factor.id).delete()
    factor.confirmed_at, factor.last_step = machine_now(), step
    factor.save(update_fields=["confirmed_at", "last_step"])
    others = Session.objects.filter(account=account)
    (others.exclude(id=here) if here else others).delete()
    act = current_act()
    act.about("account", account.id)
    act.emit(ACCOUNT_SECOND_FACTOR_TAKEN, subject=account.id, data={})
    return new_recovery_codes(account)


def renew_recovery_codes(
    actor: Actor,
    password: str,
    code: str,
    *,
    address: str = "",
    passkey: PasskeyAnswer | CertificateShown | None = None,
) -> tuple[str, ...]:
    """Ten new recovery codes in place of the old ones, for who proves himself with both factors.

    Must not be called within a transaction. Raises NotSignedIn, SignInLocked (429), Invalid (422).
    """
    return _renew(actor, prove_factors(actor, password, code, address, passkey=passkey, needed=True).id)


@service("account.renew-recovery-codes", open_to=OWN)
def _renew(actor: Actor, account_id: UUID) -> tuple[str, ...]:
    current_act().about("account", account_id)
    return new_recovery_codes(Account.objects.select_for_update(no_key=True).get(id=account_id))


def remove_second_factor(
    actor: Actor,
    password: str,
    code: str,
    *,
    address: str = "",
    passkey: PasskeyAnswer | CertificateShown | None = None,
) -> None:
    """Sign in without the app from now on, for who proves himself with both factors. Passkeys stay.

    Must not be called within a transaction. Raises NotSignedIn, NotAllowed (the city asks this account for one), SignInLocked (429),
    Invalid (422).
    """
    _app_may_go(own_open_account(actor).id)
    _remove(actor, prove_factors(actor, password, code, address, passkey=passkey, needed=True).id)


@service("account.remove-second-factor", open_to=OWN)
def _remove(actor: Actor, account_id: UUID) -> None:
    account = Account.objects.select_for_update(no_key=True).get(id=account_id)
    current_act().about("account", account.id)
    _app_may_go(account.id)
    if has_passkey(account.id) or has_certificate(account.id):
        SecondFactor.objects.filter(account=account).delete()
    else:
        forget_second_factor(account.id)


def _app_may_go(account_id: UUID) -> None:
    if needs_second_factor(account_id) and not has_passkey(account_id) and not has_certificate(account_id):
        raise NotAllowed(msgid("The city asks you for a second factor. To change the app, set it up anew instead."))


@service("account.reset-second-factor")
def reset_second_factor(actor: Actor, account_id: UUID) -> None:
    """Take app, passkeys, certificates and recovery codes from who lost them: the work of the security administrator.

    For residents and officers. The password stays: who would come in as another needs the system administrator for that, too. Every session
    of the account ends.
    Nobody resets his own, nor one of an administrator: whoever runs the installation does it (`yiwang administrators renew`).
    Raises NotFound, NotAllowed (oneself), Invalid (422) with every reason.
    """
    account = Account.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if account is None:
        raise NotFound(msgid("There is no such account."))
    if account.id in persons_behind(actor):
        raise NotAllowed(msgid("Nobody takes away his own second factor here; it is done on “My account”."))
    faults = []
    if not has_second_factor(account.id):
        faults.append(FieldFault("", "no-second-factor", msgid("This account has no second factor.")))
    if administers(account.id):
        faults.append(
            FieldFault(
                "",
                "administrator",
                msgid("An administrator's is renewed by whoever runs the installation, not by another administrator."),
            )
        )
    if faults:
        raise Invalid(faults=faults)
    current_act().about("account", account.id)
    forget_second_factor(account.id)
    end_sessions(Session.objects.filter(account=account))


def forget_second_factor(account_id: UUID) -> None:
    """Remove app, passkeys, certificates and recovery codes, within the service that is running."""
    LoginCertificate.objects.filter(account_id=account_id).delete()
    Passkey.objects.filter(account_id=account_id).delete()
    SecondFactor.objects.filter(account_id=account_id).delete()
    RecoveryCode.objects.filter(account_id=account_id).delete()
    current_act().emit(ACCOUNT_SECOND_FACTOR_REMOVED, subject=account_id, data={})


# ── Codes ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Used:
    """What came of a factor.  factor: which, empty for a wrong one.  copied: the passkey whose count did not grow.  details: for audit."""

    factor: str = ""
    copied: UUID | None = None
    details: Mapping[str, str] = field(default_factory=dict)


def _use(account_id: UUID, typed: str, passkey: PasskeyAnswer | CertificateShown | None) -> _Used:
    """Use up a code, or the answer of a passkey. Of two who send the same at once, one is let in.

    That a certificate was shown is not used up: it counts for some minutes.
    """
    if isinstance(passkey, CertificateShown):
        return _Used("certificate" if shown_lately(account_id, passkey.session_id) else "")
    if passkey is not None:
        return _use_passkey(account_id, passkey)
    factor = confirmed_factor(account_id)
    code = canonical_code(typed)
    step = step_of_code(secret_of(factor), code, machine_now()) if factor else None
    later = SecondFactor.objects.filter(id=factor.id, last_step__lt=step) if factor and step is not None else None
    if later is not None and later.update(last_step=step, used_at=machine_now()):
        return _Used("app")
    unused = RecoveryCode.objects.filter(account_id=account_id, digest=_digest(account_id, code))
    return _Used("recovery" if unused.delete()[0] else "")


def _use_passkey(account_id: UUID, given: PasskeyAnswer) -> _Used:
    answered = Answered.find(given)
    verdict = answered.use(account_id, alone=False)
    if verdict is Verdict.WRONG or answered.passkey is None:
        return _Used()
    if verdict is Verdict.COPIED:
        return _Used(copied=answered.passkey.id)
    return _Used("passkey", details={"passkey": str(answered.passkey.id)})


def prove_again(
    actor: Actor,
    password: str,
    code: str = "",
    *,
    address: str = "",
    passkey: PasskeyAnswer | CertificateShown | None = None,
) -> None:
    """Show once more who sits there, before a dangerous act: by the password, and by the second factor where one counts.

    What comes of it is the session's to keep (`PROVED_AGAIN`). Must not be called within a transaction: what is wrong counts. Raises
    NotSignedIn, SignInLocked (429), Invalid (422).
    """
    _prove(actor, prove_factors(actor, password, code, address, passkey=passkey).id)


@service("account.prove-again", open_to=OWN)
def _prove(actor: Actor, account_id: UUID) -> None:
    current_act().about("account", account_id)


def prove_factors(
    actor: Actor,
    password: str,
    code: str,
    address: str,
    *,
    passkey: PasskeyAnswer | CertificateShown | None = None,
    needed: bool = False,
) -> Account:
    """Whose account it is, proved by the password and, where a factor counts, by it.  needed: there has to be a factor.

    passkey: looked at instead of the code where one is given; or that a certificate was shown in this session (`prove_by_certificate`).
    Must not be called within a transaction. Raises NotSignedIn, Conflict (409),
    SignInLocked (429), Invalid (422).
    """
    account = own_open_account(actor)
    has_factor = has_second_factor(account.id)
    if needed and not has_factor:
        raise Conflict(msgid("There is no second factor to change."))
    if not prove(account, password, address=address, correlation_id=actor.correlation_id):
        raise Invalid(faults=[FieldFault("password", "wrong-password", msgid("This is not your present password."))])
    if not has_factor:
        return account
    attempt = Attempt.begin(_attempt_key(account.id), account, address, actor.correlation_id)
    used = _use(account.id, code, passkey) if attempt.locked_until is None else _Used()
    if not used.factor:
        attempt.refuse("account.prove-second-factor", copied=used.copied)
        raise Invalid(faults=[_fault(used, code, passkey)])
    attempt.succeeded()
    return account


def _fault(used: _Used, typed: str, passkey: PasskeyAnswer | CertificateShown | None) -> FieldFault:
    if isinstance(passkey, CertificateShown):
        message = msgid("It is more than five minutes since you showed your certificate. Show it once more.")
        return FieldFault("certificate", "not-shown", message)
    if used.copied:
        return FieldFault("passkey", "passkey-copied", PasskeyCopied.title)
    if passkey is not None:
        return FieldFault("passkey", "wrong-passkey", msgid("This passkey could not be confirmed. Try once more."))
    if not typed.strip():
        return FieldFault(
            "code", "wrong-code", msgid("Enter a code of the app or a recovery code, or confirm with a passkey.")
        )
    return FieldFault("code", "wrong-code", msgid("This is not the code that the app shows now."))


def new_recovery_codes(account: Account) -> tuple[str, ...]:
    """Ten recovery codes in place of those before, within the service that is running."""
    RecoveryCode.objects.filter(account=account).delete()
    codes = tuple(new_recovery_code() for _ in range(RECOVERY_CODES))
    RecoveryCode.objects.bulk_create(
        [RecoveryCode(account=account, digest=_digest(account.id, canonical_code(one))) for one in codes]
    )
    return codes


def own_open_account(actor: Actor) -> Account:
    """The account that acts. Raises NotSignedIn, also for a closed one."""
    account = Account.objects.filter(id=actor.account_id, is_active=True).first() if actor.account_id else None
    if account is None:
        raise NotSignedIn()
    return account


def _digest(account_id: UUID, code: str) -> bytes:
    return salted_hmac("yiwang.identity.recovery", f"{account_id} {code}", algorithm="sha256").digest()


def _attempt_key(account_id: UUID) -> bytes:
    return salted_hmac("yiwang.identity.sign-in", f"second factor {account_id}", algorithm="sha256").digest()
