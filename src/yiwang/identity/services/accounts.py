"""Opening accounts: the work of the system administrator."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.contrib.auth.hashers import make_password

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import ACCOUNT_CLOSED, ACCOUNT_OPENED, ACCOUNT_REOPENED
from yiwang.identity.models import Account, Assignment, Session
from yiwang.identity.queries import administers, persons_behind
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.rules.credentials import canonical_login, login_faults, password_faults
from yiwang.identity.services.assignments import end_seat
from yiwang.identity.services.passwords import common_faults
from yiwang.identity.services.reach import note_that_kept, refuse_account_of_another
from yiwang.identity.services.sign_on.ending import end_sessions
from yiwang.identity.values import EndReason
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.time import today
from yiwang.subjects.queries import subject_kinds, system_subject

__all__ = [
    "LoginTaken",
    "PersonHasAccount",
    "close_account",
    "new_account",
    "open_account",
    "reopen_account",
    "system_open_accounts",
]


class LoginTaken(Conflict):
    """Another account has this login."""

    code = "login-taken"
    title = msgid("This login is taken")
    next_step = msgid("Choose another login.")


class PersonHasAccount(Conflict):
    """One natural person has one account."""

    code = "person-has-account"
    title = msgid("This person already has an account")
    next_step = msgid("Use the account that there is; give it the posts that it needs.")


@service("account.open")
def open_account(actor: Actor, login: str, password: str | None, *, subject_id: UUID | None = None) -> UUID:
    """Open an account and return its id. It can do nothing but act as its person until it is assigned to posts.

    password: None for one with which nobody signs in before the system administrator has given it a start password.
    subject_id: the natural person; an account without one cannot hold posts, because nobody could see whose they are.
    Raises Invalid (422) with everything wrong with login, password and subject; LoginTaken, PersonHasAccount (409).
    """
    return new_account(actor, login, password, subject_id)


@service("account.close")
def close_account(actor: Actor, account_id: UUID) -> None:
    """Close an account today: its assignments end with it, and its sessions at once. What it did stays known.

    Who holds an administrator's post keeps his account until the security administrator has ended that: no administrator takes
    another one away. Raises NotFound, NotAllowed (oneself), Invalid (422) with every reason.
    """
    account = Account.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if account is None:
        raise NotFound(msgid("There is no such account."))
    if account.id in persons_behind(actor):
        raise NotAllowed(msgid("Nobody closes his own account here."))
    refuse_account_of_another(actor, account.id)
    faults = [] if account.is_active else [FieldFault("", "account-closed", msgid("This account is closed."))]
    if administers(account.id):
        faults.append(
            FieldFault(
                "",
                "administrator",
                msgid("It holds an administrator's post: the security administrator ends that assignment first."),
            )
        )
    if faults:
        raise Invalid(faults=faults)
    day = today()
    act = current_act()
    act.about("account", account.id)
    note_that_kept(actor, account.id)
    for one in Assignment.objects.select_for_update(no_key=True).filter(not_over(day), account=account).order_by("id"):
        end_seat(actor, one, day, EndReason.ACCOUNT_CLOSED)
    account.is_active, account.closed_on = False, day
    account.save(update_fields=["is_active", "closed_on"])
    end_sessions(Session.objects.filter(account=account))
    act.emit(ACCOUNT_CLOSED, subject=str(account.id), data={"on": day.isoformat()})


@service("account.reopen")
def reopen_account(actor: Actor, account_id: UUID) -> None:
    """Open a closed account again: its person has no other. It has no posts and no password; its second factor is what it was.

    Raises NotFound, NotAllowed (oneself), Invalid (422) for one that is open.
    """
    account = Account.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if account is None:
        raise NotFound(msgid("There is no such account."))
    if account.id in persons_behind(actor):
        raise NotAllowed(msgid("Nobody opens his own account again."))
    refuse_account_of_another(actor, account.id)
    if account.is_active:
        raise Invalid(faults=[FieldFault("", "account-open", msgid("This account is open."))])
    account.is_active, account.closed_on = True, None
    account.set_unusable_password()
    account.save(update_fields=["is_active", "closed_on", "password"])
    act = current_act()
    act.about("account", account.id)
    act.emit(ACCOUNT_REOPENED, subject=str(account.id))


@service("account.load")
def system_open_accounts(actor: Actor, accounts: Sequence[tuple[str, str | None, UUID]]) -> dict[str, UUID]:
    """Open accounts of samples, given as (login, password, subject); return login → account. Those that exist stay as they are.

    password: None for an account with which nobody can sign in: its person is known to have acted, and cannot act here.
    """
    known = dict(
        Account.objects.filter(login__in=[canonical_login(login) for login, _, _ in accounts]).values_list(
            "login", "id"
        )
    )
    for login, password, subject_id in accounts:
        if canonical_login(login) not in known:
            known[canonical_login(login)] = new_account(actor, login, password, subject_id)
    current_act().about("account", "batch")
    current_act().note(count=len(accounts))
    return known


def new_account(actor: Actor, login: str, password: str | None, subject_id: UUID | None) -> UUID:
    """An account, within the service that is running. password: None for one with which nobody can sign in."""
    login = canonical_login(login)
    faults = login_faults(login)
    if password is not None:
        faults += password_faults(password, login) + common_faults(password, "password")
    faults += _subject_faults(subject_id)
    if faults:
        raise Invalid(faults=faults)
    if Account.objects.filter(login=login).exists():
        raise LoginTaken(msgid("Another account has the login {login}."), login=login)
    if subject_id is not None and Account.objects.filter(subject_id=subject_id).exists():
        raise PersonHasAccount()
    account = Account.objects.create(
        login=login, password=make_password(password), subject_id=subject_id, origin=actor.origin
    )
    act = current_act()
    act.about("account", account.id)
    act.emit(ACCOUNT_OPENED, subject=str(account.id), data={})
    return account.id


def _subject_faults(subject_id: UUID | None) -> list[FieldFault]:
    if subject_id is None:
        return []
    try:
        kind = subject_kinds().get(system_subject(subject_id).kind)
    except NotFound:
        return [FieldFault("subject_id", "unknown-subject", msgid("There is no such subject."))]
    if kind is None or not kind.natural_person:
        return [FieldFault("subject_id", "not-a-person", msgid("An account belongs to a natural person."))]
    return []
