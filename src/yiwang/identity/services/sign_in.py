"""Signing in with a password, and out.

Source: GB/T 22239-2019 8.1.4.1 b): the account is locked for a time after a number of failures. Nothing that can be seen or
timed from outside tells whether a login exists: an unknown one costs the same password hash, the same rows and the same
words, and is locked in the same way.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from yiwang.acts.queries import current_release
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.audit.services import record
from yiwang.audit.values import NewEntry, Outcome
from yiwang.identity.events import ACCOUNT_LOCKED, ACCOUNT_SIGNED_IN, ACCOUNT_SIGNED_OUT
from yiwang.identity.models import Account, SignInAttempt
from yiwang.identity.rules.credentials import canonical_login
from yiwang.kernel.errors import Fault, NotSignedIn, msgid
from yiwang.kernel.identifiers import CitizenId
from yiwang.kernel.time import machine_now
from yiwang.kernel.time import now as business_now
from yiwang.outbox.services import append
from yiwang.outbox.values import NewEvent
from yiwang.subjects.queries import subject_kinds, system_find_subject

__all__ = ["SignInLocked", "SignInRefused", "prove", "sign_in", "sign_out", "system_forget_attempts"]

FAILURES_UNTIL_LOCK = 5
LOCK = timedelta(minutes=15)
FORGET_AFTER = timedelta(days=1)
NOBODY = UUID(int=0)
"""Nobody's id: without it Django would leave out the statement, and its absence could be timed."""


class SignInRefused(NotSignedIn):
    """Login and password do not belong together. Whether the login exists is not said."""

    code = "sign-in-refused"
    title = msgid("The login or the password is wrong")
    next_step = msgid("Check both and try again. After five failures the login is locked for 15 minutes.")


class SignInLocked(Fault):
    """Too many failures under this name; `until` is in `params` (machine time, UTC). Whether the login exists is not said."""

    code = "sign-in-locked"
    status = 429
    title = msgid("Too many failed attempts")
    next_step = msgid("Wait 15 minutes and try again. Nothing that you entered elsewhere is lost.")


def sign_in(login: str, password: str, *, address: str, correlation_id: str = "") -> Account:
    """Check who signs in, with the login of the account or the citizen ID number of the person, and return the account.

    Does not open a session: a face does. Every attempt leaves an audit entry (`account.sign-in`: done, refused or failed for
    locked), a lock leaves one more (`account.lock`). An attempt is counted before the password is checked, so guesses sent at
    the same time cannot outrun the count. Counts and locks run on machine time.
    address: network address of the client, kept with the last failure only.
    Raises SignInRefused (401), SignInLocked (429). Must not be called within a transaction: its count must outlive the refusal.
    """
    account = _find_account(login)
    key = _attempt_key(login, account)
    with transaction.atomic(durable=True):
        locked_until, failures = _count_attempt(key, account, address, machine_now())
    matches = _password_matches(account, password)
    if locked_until is None and matches and account is not None:
        _let_in(key, account, correlation_id)
        return account
    if locked_until is None and failures >= FAILURES_UNTIL_LOCK:
        locked_until = _lock(key, account, correlation_id)
    outcome = Outcome.FAILED if locked_until else Outcome.REFUSED
    with transaction.atomic():
        record(_entry("account.sign-in", outcome, account, key, correlation_id))
    if locked_until is None:
        raise SignInRefused()
    raise SignInLocked(msgid("The login is locked after too many failures."), until=locked_until)


def prove(account: Account, password: str, *, address: str, correlation_id: str = "") -> bool:
    """Whether this is the password of who has signed in already: before a change that a session alone must not make.

    Counted and locked like signing in. Raises SignInLocked (429). Must not be called within a transaction.
    """
    key = _attempt_key(account.login, account)
    with transaction.atomic(durable=True):
        locked_until, failures = _count_attempt(key, account, address, machine_now())
    if locked_until is None and _password_matches(account, password):
        with transaction.atomic():
            SignInAttempt.objects.filter(key=key).delete()
        return True
    if locked_until is None and failures >= FAILURES_UNTIL_LOCK:
        locked_until = _lock(key, account, correlation_id)
    if locked_until is not None:
        raise SignInLocked(msgid("The login is locked after too many failures."), until=locked_until)
    return False


@service("account.sign-out", open_to=frozenset(CapacityKind) - {CapacityKind.VISITOR})
def sign_out(actor: Actor) -> None:
    """Write down that somebody signed out. The face ends the session; a session that merely expired is not written down."""
    act = current_act()
    act.about("account", actor.account_id or "")
    act.emit(ACCOUNT_SIGNED_OUT, subject=str(actor.account_id), data={})


def system_forget_attempts() -> int:
    """Drop what is remembered of failures that are a day old and lock nobody; return how many. For the nightly job."""
    old = SignInAttempt.objects.filter(last_at__lt=machine_now() - FORGET_AFTER)
    return old.exclude(locked_until__gt=machine_now()).delete()[0]


def _find_account(login: str) -> Account | None:
    """By login, then by citizen ID number. Both look-ups are always made, so that both cost the same."""
    by_login = Account.objects.filter(login=canonical_login(login)).first()
    schemes = [
        scheme.scheme
        for kind in subject_kinds().values()
        if kind.natural_person
        for scheme in kind.schemes
        if scheme.checker == "citizen-id"
    ]
    try:
        number = str(CitizenId.parse(login))
    except ValueError:
        number = ""
    subjects = [subject for scheme in schemes if (subject := system_find_subject(scheme, number)) is not None]
    by_number = Account.objects.filter(subject_id__in=subjects or [NOBODY]).first()
    return by_login or by_number


def _attempt_key(login: str, account: Account | None) -> bytes:
    name = f"account {account.id}" if account else f"name {canonical_login(login)}"
    return salted_hmac("yiwang.identity.sign-in", name, algorithm="sha256").digest()


def _count_attempt(key: bytes, account: Account | None, address: str, at: datetime) -> tuple[datetime | None, int]:
    """Count one more attempt, unless locked; return (locked until, attempts in a row). Old failures are forgotten."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO identity_signinattempt AS a (key, account_id, failures, last_at, last_address)"
            " VALUES (%(key)s, %(account)s, 1, %(at)s, %(address)s)"
            " ON CONFLICT (key) DO UPDATE SET"
            "  failures = CASE WHEN a.locked_until > %(at)s THEN a.failures"
            "    WHEN a.locked_until IS NOT NULL OR a.last_at < %(forget)s THEN 1 ELSE a.failures + 1 END,"
            "  locked_until = CASE WHEN a.locked_until > %(at)s THEN a.locked_until"
            "    WHEN a.locked_until IS NULL AND a.failures >= %(most)s AND a.last_at >= %(forget)s THEN %(lock)s END,"
            "  last_at = %(at)s, last_address = %(address)s"
            " RETURNING locked_until, failures",
            {
                "key": key,
                "account": account.id if account else None,
                "at": at,
                "address": address,
                "forget": at - LOCK,
                "most": FAILURES_UNTIL_LOCK,
                "lock": at + LOCK,
            },
        )
        row: tuple[datetime | None, int] = cursor.fetchone()
    return row


def _password_matches(account: Account | None, password: str) -> bool:
    """One password hash in every case. A closed account matches nothing, nor does a start password whose time is over."""
    if account is None or not account.has_usable_password():
        make_password(password)
        return False
    in_time = account.start_password_until is None or machine_now() < account.start_password_until
    return check_password(password, account.password) and account.is_active and in_time


def _let_in(key: bytes, account: Account, correlation_id: str) -> None:
    with transaction.atomic():
        SignInAttempt.objects.filter(key=key).delete()
        account.last_login = machine_now()
        account.save(update_fields=["last_login"])
        record(_entry("account.sign-in", Outcome.DONE, account, key, correlation_id))
        append([_event(ACCOUNT_SIGNED_IN, account.id, account.origin, correlation_id)])


def _lock(key: bytes, account: Account | None, correlation_id: str) -> datetime:
    until = machine_now() + LOCK
    with transaction.atomic():
        SignInAttempt.objects.filter(key=key).update(locked_until=until)
        record(_entry("account.lock", Outcome.DONE, account, key, correlation_id))
        if account is not None:
            append([_event(ACCOUNT_LOCKED, account.id, account.origin, correlation_id)])
    return until


def _entry(action: str, outcome: Outcome, account: Account | None, key: bytes, correlation_id: str) -> NewEntry:
    """Nobody has been proved to act yet unless it is done: the account stands as the object, never as the actor of a failure."""
    done = outcome is Outcome.DONE and action == "account.sign-in"
    return NewEntry(
        time=business_now(),
        machine_time=machine_now(),
        account_id=account.id if account and done else None,
        capacity=CapacityKind.VISITOR,
        capacity_id=None,
        action=action,
        outcome=outcome,
        object_kind="account",
        object_id=str(account.id) if account else "",
        details={"name": key.hex()[:16]},
        release=current_release(),
        correlation_id=correlation_id,
        origin=account.origin if account else "live",
    )


def _event(type: str, account_id: UUID, origin: str, correlation_id: str) -> NewEvent:
    return NewEvent(type, str(account_id), {}, time=business_now(), correlation_id=correlation_id, origin=origin)
