"""Signing in with a password, alone or as the first of two factors, and out.

Source: GB/T 22239-2019 8.1.4.1 b): the account is locked for a time after a number of failures. Nothing that can be seen or
timed from outside tells whether a login exists: an unknown one costs the same password hash, the same rows and the same
words, and is locked in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from yiwang.identity.events import ACCOUNT_LOCKED, ACCOUNT_PASSKEY_COPIED, ACCOUNT_SIGNED_IN, ACCOUNT_SIGNED_OUT
from yiwang.identity.models import Account, SignInAttempt
from yiwang.identity.queries.second_factor import has_second_factor
from yiwang.identity.rules.credentials import canonical_login
from yiwang.kernel.errors import Fault, NotSignedIn, msgid
from yiwang.kernel.identifiers import CitizenId
from yiwang.kernel.time import machine_now
from yiwang.kernel.time import now as business_now
from yiwang.outbox.services import append
from yiwang.outbox.values import NewEvent
from yiwang.subjects.queries import subject_kinds, system_find_subject

__all__ = [
    "Attempt",
    "SecondFactorAsked",
    "SignInLocked",
    "SignInRefused",
    "prove",
    "sign_in",
    "sign_out",
    "subject_of_citizen",
    "system_forget_attempts",
]

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


class SecondFactorAsked(NotSignedIn):
    """The password is right, and the account has a second factor: nobody is signed in yet. Go on with `complete_sign_in`.

    account_id: whose password it was; for the face, never for the answer.
    """

    code = "second-factor-asked"
    title = msgid("Now your second factor")
    next_step = msgid(
        "Send the code that your authenticator app shows, the answer of a passkey, or one of your recovery codes."
    )

    def __init__(self, account_id: UUID) -> None:
        super().__init__()
        self.account_id = account_id


@dataclass(slots=True)
class Attempt:
    """One try under a name, counted before anything is checked.  key: of what is counted.  account: whose, None for an unknown name.

    locked_until: set when nobody comes in under this key, whatever he gives.  failures: tries in a row, this one included.
    """

    key: bytes
    account: Account | None
    correlation_id: str
    locked_until: datetime | None
    failures: int

    @classmethod
    def begin(cls, key: bytes, account: Account | None, address: str, correlation_id: str) -> Attempt:
        """Count it. Must not be called within a transaction: the count must outlive the refusal."""
        with transaction.atomic(durable=True):
            locked_until, failures = _count_attempt(key, account, address, machine_now())
        return cls(key, account, correlation_id, locked_until, failures)

    def succeeded(self, record_as: str = "") -> None:
        """Forget the count. record_as: the action to be written down."""
        with transaction.atomic():
            SignInAttempt.objects.filter(key=self.key).delete()
            if record_as:
                record(self._entry(record_as, Outcome.DONE))

    def let_in(self, account: Account, factor: str, **details: str) -> None:
        """Write down that the account is signed in.  factor: by what, beside or in place of the password.  details: ids."""
        with transaction.atomic():
            SignInAttempt.objects.filter(key=self.key).delete()
            account.last_login, account.let_in_by = machine_now(), factor
            account.save(update_fields=["last_login"])
            record(self._entry("account.sign-in", Outcome.DONE, factor=factor, **details))
            append([self._event(ACCOUNT_SIGNED_IN, account)])

    def refuse(self, action: str = "account.sign-in", *, copied: UUID | None = None, reason: str = "") -> None:
        """Lock after too many, and write down that nobody came in.  copied: the passkey whose count did not grow; an event tells it, too.

        reason: a word that says what was wrong, where that is known.  Raises SignInLocked when it is locked now.
        """
        details = {"reason": reason} if reason else {}
        if copied:
            details = {"passkey": str(copied), "reason": "count-went-back"}
        if self.locked_until is None and self.failures >= FAILURES_UNTIL_LOCK:
            self._lock()
        with transaction.atomic():
            record(self._entry(action, Outcome.FAILED if self.locked_until else Outcome.REFUSED, **details))
            if copied and self.account is not None:
                append([self._event(ACCOUNT_PASSKEY_COPIED, self.account, {"passkey_id": str(copied)})])
        if self.locked_until is not None:
            raise SignInLocked(msgid("The login is locked after too many failures."), until=self.locked_until)

    def _lock(self) -> None:
        until = machine_now() + LOCK
        with transaction.atomic():
            SignInAttempt.objects.filter(key=self.key).update(locked_until=until)
            record(self._entry("account.lock", Outcome.DONE))
            if self.account is not None:
                append([self._event(ACCOUNT_LOCKED, self.account)])
        self.locked_until = until

    def _entry(self, action: str, outcome: Outcome, **details: str) -> NewEntry:
        """Nobody has been proved to act before he is signed in: until then the account is the object, never the actor."""
        account = self.account
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
            details={"name": self.key.hex()[:16], **details},
            release=current_release(),
            correlation_id=self.correlation_id,
            origin=account.origin if account else "live",
        )

    def _event(self, type: str, account: Account, data: Mapping[str, str] | None = None) -> NewEvent:
        said, told = dict(data or {}), self.correlation_id
        return NewEvent(type, str(account.id), said, time=business_now(), correlation_id=told, origin=account.origin)


def sign_in(login: str, password: str, *, address: str, correlation_id: str = "") -> Account:
    """Check who signs in, with the login of the account or the citizen ID number of the person, and return the account.

    Does not open a session: a face does. Every attempt leaves an audit entry (`account.sign-in`: done, refused or failed for
    locked), a lock leaves one more (`account.lock`). An attempt is counted before the password is checked, so guesses sent at
    the same time cannot outrun the count. Counts and locks run on machine time.
    address: network address of the client, kept with the last failure only.
    Raises SecondFactorAsked (401) when the password is right and not enough; SignInRefused (401), SignInLocked (429). Must not be called
    within a transaction: its count must outlive the refusal.
    """
    account = _find_account(login)
    attempt = Attempt.begin(_attempt_key(login, account), account, address, correlation_id)
    matches = _password_matches(account, password)
    if attempt.locked_until is None and matches and account is not None:
        if not has_second_factor(account.id):
            attempt.let_in(account, "password")
            return account
        attempt.succeeded(record_as="account.prove-password")
        raise SecondFactorAsked(account.id)
    attempt.refuse()
    raise SignInRefused()


def prove(account: Account, password: str, *, address: str, correlation_id: str = "") -> bool:
    """Whether this is the password of who has signed in already: before a change that a session alone must not make.

    Counted, locked and written down like signing in (`account.prove-password`). Raises SignInLocked (429). Must not be called within a
    transaction.
    """
    attempt = Attempt.begin(_attempt_key(account.login, account), account, address, correlation_id)
    if attempt.locked_until is None and _password_matches(account, password):
        attempt.succeeded()
        return True
    attempt.refuse("account.prove-password")
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
    by_number = Account.objects.filter(subject_id=subject_of_citizen(login) or NOBODY).first()
    return by_login or by_number


def subject_of_citizen(typed: str) -> UUID | None:
    """The person whose citizen ID number this is today; None when it is nobody's or no such number. The same queries whatever was typed."""
    schemes = [
        scheme.scheme
        for kind in subject_kinds().values()
        if kind.natural_person
        for scheme in kind.schemes
        if scheme.checker == "citizen-id"
    ]
    try:
        number = str(CitizenId.parse(typed))
    except ValueError:
        number = ""
    found = [system_find_subject(scheme, number) for scheme in schemes]
    return next((subject for subject in found if subject is not None), None)


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
