"""Passkeys 通行密钥: added and taken away by their person, and signing in by one alone.

Source: W3C Web Authentication Level 3; GB/T 22239-2019 8.1.4.1 d): two or more ways to tell who it is, one of them cryptographic. A passkey
that verifies its person (a finger, a face, a PIN) is two by itself: something he has and something he is or knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from django.db import IntegrityError
from django.utils.crypto import salted_hmac

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import ACCOUNT_PASSKEY_ADDED, ACCOUNT_PASSKEY_REMOVED, ACCOUNT_SECOND_FACTOR_TAKEN
from yiwang.identity.models import Account, Passkey, RecoveryCode, Session
from yiwang.identity.queries import has_second_factor, needs_second_factor
from yiwang.identity.queries.login_certificates import has_certificate
from yiwang.identity.queries.passkeys import view_of
from yiwang.identity.queries.second_factor import has_app
from yiwang.identity.rules.passkeys import MadePasskey, NotThisPasskey, challenge_of, check_new
from yiwang.identity.services.challenges import Answered, Verdict, make_challenge, site, take_challenge
from yiwang.identity.services.second_factor import (
    PasskeyCopied,
    PasskeyRefused,
    forget_second_factor,
    new_recovery_codes,
    own_open_account,
    prove_factors,
)
from yiwang.identity.services.sign_in import Attempt
from yiwang.identity.services.sign_on.ending import end_sessions
from yiwang.identity.values import NewPasskey, PasskeyAnswer
from yiwang.identity.values.login_certificates import CertificateShown
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid

__all__ = ["add_passkey", "begin_passkey", "remove_passkey", "sign_in_by_passkey"]

OWN: Final = frozenset(CapacityKind) - {CapacityKind.VISITOR, CapacityKind.SYSTEM}
MOST_PASSKEYS = 20
LONGEST_NAME = 40


def sign_in_by_passkey(given: PasskeyAnswer, *, address: str, correlation_id: str = "") -> Account:
    """Let in who answers with a passkey alone; its device has verified the person. Does not open a session: a face does.

    Attempts are counted before the answer is checked and locked like those of passwords, each passkey's account under a name of its own; a
    passkey that nobody has costs the same, gets the same words, and is locked in the same way. Leaves an audit entry `account.sign-in`.
    Raises PasskeyRefused, PasskeyCopied (401), SignInLocked (429). Must not be called within a transaction.
    """
    answered = Answered.find(given)
    account = answered.passkey.account if answered.passkey else None
    attempt = Attempt.begin(_attempt_key(answered), account, address, correlation_id)
    verdict = answered.use(None, alone=True) if attempt.locked_until is None else Verdict.WRONG
    if verdict is Verdict.RIGHT and account is not None and answered.passkey is not None and account.is_active:
        attempt.let_in(account, "passkey-alone", passkey=str(answered.passkey.id))
        return account
    if verdict is Verdict.COPIED and answered.passkey is not None:
        attempt.refuse(copied=answered.passkey.id)
        raise PasskeyCopied()
    attempt.refuse()
    raise PasskeyRefused()


def begin_passkey(
    actor: Actor,
    password: str,
    code: str = "",
    *,
    session_id: UUID,
    passkey: PasskeyAnswer | CertificateShown | None = None,
    address: str = "",
) -> None:
    """Ask the browser of this session for a new passkey (`own_second_factor` says what), once its owner has proved himself.

    code, passkey: of a factor that counts already, one of the two. Must not be called within a transaction: what is wrong counts.
    Raises NotSignedIn, SignInLocked (429), Invalid (422), PasskeysOff (409), Conflict (409) for one too many.
    """
    site()
    account = prove_factors(actor, password, code, address, passkey=passkey)
    _begin(actor, account.id, session_id)


@service("account.begin-passkey", open_to=OWN)
def _begin(actor: Actor, account_id: UUID, session_id: UUID) -> None:
    current_act().about("account", account_id)
    if Passkey.objects.filter(account_id=account_id).count() >= MOST_PASSKEYS:
        raise Conflict(
            msgid("You have {most} passkeys, as many as an account may have. Take one away first."), most=MOST_PASSKEYS
        )
    make_challenge(session_id, adds=True)


def add_passkey(actor: Actor, response: Mapping[str, object], name: str, *, session_id: UUID | None) -> NewPasskey:
    """Keep the passkey that the browser of this session has made, after `begin_passkey`, under the name that its person gives it.

    Where it is the first factor of the account, every other session ends: it began with a password alone; and ten recovery codes come with
    it, which nobody can show again. Must not be called within a transaction. Raises NotSignedIn, Invalid (422), PasskeysOff (409).
    """
    account, party = own_open_account(actor), site()
    called = "".join(sign for sign in " ".join(name.split()) if sign.isprintable())
    if not 0 < len(called) <= LONGEST_NAME:
        raise Invalid(
            faults=[
                FieldFault(
                    "name",
                    "name-length",
                    msgid("Give it a name of at most {most} characters."),
                    {"most": LONGEST_NAME},
                )
            ]
        )
    try:
        challenge = challenge_of(response)
        if not take_challenge(session_id, challenge, adds=True):
            raise NotThisPasskey
        made = check_new(party, response, challenge)
    except NotThisPasskey:
        raise _wrong("wrong-passkey", msgid("The passkey could not be added. Begin again.")) from None
    try:
        return _add(actor, account.id, made, called, session_id)
    except IntegrityError:
        raise _wrong("passkey-known", msgid("This passkey has been added already.")) from None


@service("account.add-passkey", open_to=OWN)
def _add(actor: Actor, account_id: UUID, made: MadePasskey, name: str, session_id: UUID | None) -> NewPasskey:
    account = Account.objects.select_for_update(no_key=True).get(id=account_id)
    is_first = not has_second_factor(account.id)
    passkey = Passkey.objects.create(
        account=account,
        name=name,
        credential_id=made.key.credential_id,
        public_key=made.key.public_key,
        sign_count=made.sign_count,
        transports=list(made.transports),
        backed_up=made.backed_up,
    )
    act = current_act()
    act.about("account", account.id)
    act.about("passkey", passkey.id)
    act.emit(ACCOUNT_PASSKEY_ADDED, subject=account.id, data={"passkey_id": str(passkey.id)})
    if is_first:
        act.emit(ACCOUNT_SECOND_FACTOR_TAKEN, subject=account.id, data={})
        others = Session.objects.filter(account=account)
        end_sessions(others.exclude(id=session_id) if session_id else others)
    has_codes = RecoveryCode.objects.filter(account=account).exists()
    return NewPasskey(view_of(passkey), () if has_codes else new_recovery_codes(account))


def remove_passkey(
    actor: Actor,
    passkey_id: UUID,
    password: str,
    code: str = "",
    *,
    passkey: PasskeyAnswer | CertificateShown | None = None,
    here: UUID | None = None,
    address: str = "",
) -> None:
    """Take a passkey away: it opens nothing any more. For who proves himself with the password and a factor, this passkey or another.

    Every session but `here` ends: whoever holds a lost device may sit in one. Must not be called within a transaction. Raises NotSignedIn,
    NotFound (not one's own), NotAllowed (the last factor of who has to have one), SignInLocked (429), Invalid (422).
    """
    _may_go(own_open_account(actor).id, passkey_id)
    _remove(actor, prove_factors(actor, password, code, address, passkey=passkey, needed=True).id, passkey_id, here)


@service("account.remove-passkey", open_to=OWN)
def _remove(actor: Actor, account_id: UUID, passkey_id: UUID, here: UUID | None) -> None:
    account = Account.objects.select_for_update(no_key=True).get(id=account_id)
    _may_go(account.id, passkey_id).delete()
    act = current_act()
    act.about("account", account.id)
    act.about("passkey", passkey_id)
    act.emit(ACCOUNT_PASSKEY_REMOVED, subject=account.id, data={"passkey_id": str(passkey_id)})
    if not has_second_factor(account.id):
        forget_second_factor(account.id)
    others = Session.objects.filter(account=account)
    (others.exclude(id=here) if here else others).delete()


def _may_go(account_id: UUID, passkey_id: UUID) -> Passkey:
    held = {one.id: one for one in Passkey.objects.filter(account_id=account_id)}
    if passkey_id not in held:
        raise NotFound(msgid("You have no such passkey."))
    alone = len(held) == 1 and not has_app(account_id) and not has_certificate(account_id)
    if alone and needs_second_factor(account_id):
        raise NotAllowed(msgid("The city asks you for a second factor, and this is your last one. Add another first."))
    return held[passkey_id]


def _attempt_key(answered: Answered) -> bytes:
    credential = answered.read.credential_id.hex() if answered.read else ""
    name = f"passkeys {answered.passkey.account_id}" if answered.passkey else f"credential {credential}"
    return salted_hmac("yiwang.identity.sign-in", name, algorithm="sha256").digest()


def _wrong(code: str, message: str) -> Invalid:
    return Invalid(faults=[FieldFault("passkey", code, message)])
