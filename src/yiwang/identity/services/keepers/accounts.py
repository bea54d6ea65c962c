"""What a keeper of accounts says: who is an officer, under which unit, and whether he still is."""

from __future__ import annotations

from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import ACCOUNT_KEPT, ACCOUNT_LET_GO
from yiwang.identity.models import Account, Assignment
from yiwang.identity.models.keepers import Keeper, KeptAccount
from yiwang.identity.queries import administers
from yiwang.identity.queries.keepers import officer_seen, seen_accounts
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.services.accounts import close_account, open_account, reopen_account
from yiwang.identity.services.assignments import end_seat
from yiwang.identity.services.persons import is_called, person_named
from yiwang.identity.services.reach import keeper_acting, refuse_account_of_another, unit_reached
from yiwang.identity.services.sign_in import subject_of_citizen
from yiwang.identity.services.units import OrganisationChanged
from yiwang.identity.values import EndReason
from yiwang.identity.values.keepers import NewKeptOfficer
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.time import today

__all__ = ["ExternalIdTaken", "PersonKept", "change_kept_officer", "let_officer_go", "open_kept_officer"]

LONGEST = 200


class ExternalIdTaken(Conflict):
    """A system calls two things by one name."""

    code = "external-id-taken"
    title = msgid("This system calls something else so")
    next_step = msgid("Choose another identifier, or correct the other one first.")


class PersonKept(Conflict):
    """The person is an officer already, as some system says."""

    code = "person-kept"
    title = msgid("This person is kept as an officer already")
    next_step = msgid("Change the officer who is there; or have the other system let him go first.")


@service("keeper.open-account")
def open_kept_officer(actor: Actor, given: NewKeptOfficer) -> UUID:
    """Open the account of an officer, or take over the one that his person has; return it. It signs in with nothing yet, and has no post.

    A person has one account: where he has one as a resident, it becomes the officer's, and stays his when he is an officer no more. Its
    log-in stays as it is, too.
    Raises Invalid (422) with everything wrong (number and name belong to no one person, unit), NotAllowed (a unit of which it is not
    the source; an administrator; another system's officer), LoginTaken, PersonHasAccount, ExternalIdTaken (409).
    """
    keeper = keeper_acting(actor)
    faults = _text_faults(given.external_id, given.employee_number)
    subject = person_named(given.number, given.name)
    if subject is None:
        message = msgid("No person is registered under this number and this name.")
        faults.append(FieldFault("number", "unknown-person", message))
    if faults or subject is None:
        raise Invalid(faults=faults)
    unit = unit_reached(keeper, given.unit)
    account = Account.objects.select_for_update(no_key=True).filter(subject_id=subject).first()
    was_there = account is not None
    if account is None:
        account = Account.objects.get(id=open_account(actor, given.login, None, subject_id=subject))
    else:
        _refuse_to_take_over(account)
    _refuse_taken(keeper, given.external_id, account.id)
    kept, _ = KeptAccount.objects.update_or_create(
        account=account,
        defaults={
            "keeper": keeper,
            "unit": unit,
            "external_id": given.external_id.strip(),
            "employee_number": given.employee_number.strip(),
            "was_there": was_there,
            "in_service": True,
            "changed_at": current_act().time,
        },
    )
    if not account.is_active:
        reopen_account(actor, account.id)
    if not given.active:
        _end_service(actor, kept)
    _tell(kept)
    return account.id


@service("keeper.change-account")
def change_kept_officer(
    actor: Actor,
    account_id: UUID,
    *,
    unit: str,
    external_id: str,
    employee_number: str,
    active: bool | None = None,
    number: str = "",
    name: str = "",
    version: str | None = None,
) -> None:
    """Bring an officer's account in line with what his keeper says. One that nobody keeps becomes the keeper's with that.

    active: whether he is an officer 在职; None leaves that as it is. Who is so no more loses his posts at once, and the account that was
    opened for him; who is so again gets it back without them.  number, name: where they are said, those of the account's person.
    version: as it was looked at.
    Raises NotFound (one that it does not see), NotAllowed, Invalid (422), ExternalIdTaken, OrganisationChanged (409).
    """
    keeper = keeper_acting(actor)
    account = _looked_at(keeper, account_id, version)
    kept = KeptAccount.objects.select_related("keeper", "unit").filter(account=account).first()
    if kept is None or kept.keeper.closed_at is not None:
        if administers(account.id):
            raise NotAllowed(msgid("No system changes anything about an administrator."))
        kept = KeptAccount(account=account, keeper=keeper, was_there=True) if kept is None else kept
        kept.keeper = keeper
    elif kept.keeper_id != keeper.id:
        raise NotAllowed(msgid("{keeper} keeps this account."), keeper=kept.keeper.title)
    if faults := [*_text_faults(external_id, employee_number), *_other_person_faults(account, number, name)]:
        raise Invalid(faults=faults)
    if kept.unit_id is None or kept.unit.code != unit:
        kept.unit = unit_reached(keeper, unit)
    _refuse_taken(keeper, external_id, account.id)
    kept.external_id, kept.employee_number = external_id.strip(), employee_number.strip()
    kept.changed_at = current_act().time
    kept.save()
    refuse_account_of_another(actor, account.id)
    if active and not (kept.in_service and account.is_active):
        kept.in_service = True
        kept.save(update_fields=["in_service"])
        if not account.is_active:
            reopen_account(actor, account.id)
    elif active is False and kept.in_service:
        _end_service(actor, kept)
    _tell(kept)


@service("keeper.let-account-go")
def let_officer_go(actor: Actor, account_id: UUID, version: str | None = None) -> None:
    """Let an officer be none, and keep him no more: nothing of what he did is deleted. Raises as for a change."""
    keeper = keeper_acting(actor)
    account = _looked_at(keeper, account_id, version)
    refuse_account_of_another(actor, account.id)
    kept = KeptAccount.objects.get(account=account)
    if kept.in_service:
        _end_service(actor, kept)
    kept.delete()
    act = current_act()
    act.about("account", account.id)
    act.emit(ACCOUNT_LET_GO, subject=str(account.id), data={"keeper_id": str(keeper.id)})


def _looked_at(keeper: Keeper, account_id: UUID, version: str | None) -> Account:
    """The account, locked, when the keeper sees it and it is as it was looked at."""
    account = Account.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if account is None or not seen_accounts(keeper).filter(id=account_id).exists():
        raise NotFound(msgid("There is no such account."))
    if version is not None and officer_seen(keeper, account_id).version != version:
        raise OrganisationChanged
    return account


def _refuse_to_take_over(account: Account) -> None:
    if administers(account.id):
        raise NotAllowed(msgid("No system changes anything about an administrator."))
    kept = KeptAccount.objects.select_related("keeper").filter(account=account).first()
    if kept is not None and kept.keeper.closed_at is None:
        raise PersonKept(msgid("{keeper} keeps this account."), keeper=kept.keeper.title)


def _end_service(actor: Actor, kept: KeptAccount) -> None:
    """No officer any more: his posts end today. An account that was opened for the officer closes; one that was his before stays his."""
    account = kept.account
    kept.in_service = False
    kept.save(update_fields=["in_service"])
    if not account.is_active:
        return
    if not kept.was_there:
        close_account(actor, account.id)
        return
    refuse_account_of_another(actor, account.id)
    for one in (
        Assignment.objects.select_for_update(no_key=True).filter(not_over(today()), account=account).order_by("id")
    ):
        end_seat(actor, one, today(), EndReason.RESIGNED)


def _refuse_taken(keeper: Keeper, external_id: str, account_id: UUID) -> None:
    name = external_id.strip()
    if name and keeper.accounts.filter(external_id=name).exclude(account_id=account_id).exists():
        raise ExternalIdTaken(msgid("This system calls another account so."))


def _text_faults(external_id: str, employee_number: str) -> list[FieldFault]:
    return [
        FieldFault(name, "too-long", msgid("At most {most} characters."), {"most": LONGEST})
        for name, value in (("external_id", external_id), ("employee_number", employee_number))
        if len(value) > LONGEST
    ]


def _other_person_faults(account: Account, number: str, name: str) -> list[FieldFault]:
    """An account stays its person's, whoever keeps it."""
    subject = account.subject_id
    wrong = (number and subject_of_citizen(number) != subject) or (name and not is_called(subject, name))
    message = msgid("An account stays that of its person: open one for the other.")
    return [FieldFault("number", "another-person", message)] if wrong else []


def _tell(kept: KeptAccount) -> None:
    act = current_act()
    act.about("account", kept.account_id)
    said = {"keeper_id": str(kept.keeper_id), "unit_id": str(kept.unit_id), "in_service": kept.in_service}
    act.note(**said)
    act.emit(ACCOUNT_KEPT, subject=str(kept.account_id), data=said)
