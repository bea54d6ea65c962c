"""The first three administrators of a city, and a start password for one who lost his: the work of whoever runs the installation.

After the first three nobody is seated from here: the security administrator assigns the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import ADMINISTRATORS_SEATED
from yiwang.identity.models import Account, Assignment
from yiwang.identity.queries import administers, duties, has_second_factor
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.rules.credentials import canonical_login
from yiwang.identity.rules.seats import Period
from yiwang.identity.services.accounts import new_account
from yiwang.identity.services.assignments import lock_administrators, seat
from yiwang.identity.services.passwords import begin_anew
from yiwang.identity.services.second_factor import forget_second_factor
from yiwang.identity.services.units import open_post, open_unit
from yiwang.identity.values import Administrator, NewPost, NewUnit
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import today

__all__ = ["AdministratorsSeated", "system_renew_administrator", "system_seat_administrators"]


class AdministratorsSeated(Conflict):
    """The city has administrators: the first ones are seated once."""

    code = "administrators-seated"
    title = msgid("This city has administrators already")
    next_step = msgid("Let the security administrator assign others on the page of the post.")


@service("administrator.seat")
def system_seat_administrators(
    actor: Actor, unit: NewUnit | str, people: Mapping[Administrator, tuple[str, UUID]]
) -> dict[Administrator, str]:
    """Open three accounts and three posts, seat the first three administrators, and return the start password of each.

    unit: the code of the unit in which the posts stand, or the unit to be opened.  people: login and person of each.
    Raises AdministratorsSeated (409) when anybody is an administrator now or later; Invalid (422) with everything wrong: a duty that
    no pack declares, one that nobody is named for, one person or login named twice; and what accounts, units and posts refuse.
    """
    lock_administrators()
    declared = {one.administrator: one for one in duties().values() if one.administrator is not None}
    ids = [one.id for one in declared.values()]
    if Assignment.objects.filter(not_over(today()), post__duties__duty__in=ids).exists():
        raise AdministratorsSeated(msgid("Somebody holds an administrator's post already."))
    if faults := _faults(declared, people):
        raise Invalid(faults=faults)
    code = unit if isinstance(unit, str) else unit.code
    if not isinstance(unit, str):
        open_unit(actor, unit)
    given: dict[Administrator, str] = {}
    accounts = []
    for administrator in Administrator:
        duty = declared[administrator]
        login, person = people[administrator]
        account_id = new_account(actor, login, None, person)
        post = open_post(actor, NewPost(f"{code}-{administrator}", code, text(duty.title), frozenset({duty.id})))
        seat(actor, account_id, post, Period(today()))
        given[administrator] = begin_anew(Account.objects.get(id=account_id))
        accounts.append(str(account_id))
    act = current_act()
    act.about("administrators", "first")
    act.emit(ADMINISTRATORS_SEATED, subject="first", data={"account_ids": accounts})
    return given


@service("administrator.renew")
def system_renew_administrator(actor: Actor, login: str) -> str:
    """A start password for an administrator who lost his, and return it. Every session of his ends, and his second factor is gone.

    Raises NotFound, Invalid (422) for an account that is closed or holds no administrator's post: the system administrator helps
    other officers.
    """
    account = Account.objects.select_for_update(no_key=True).filter(login=canonical_login(login)).first()
    if account is None:
        raise NotFound(msgid("There is no such account."))
    faults = [] if account.is_active else [FieldFault("", "account-closed", msgid("This account is closed."))]
    if not administers(account.id):
        faults.append(FieldFault("", "no-administrator", msgid("This account holds no administrator's post.")))
    if faults:
        raise Invalid(faults=faults)
    if has_second_factor(account.id):
        forget_second_factor(account.id)
    return begin_anew(account)


def _faults(
    declared: Mapping[Administrator, object], people: Mapping[Administrator, tuple[str, UUID]]
) -> list[FieldFault]:
    faults = []
    for one in Administrator:
        if one not in declared:
            faults.append(FieldFault(one, "no-duty", msgid("No pack declares a duty of this administrator.")))
        if one not in people:
            faults.append(FieldFault(one, "required", msgid("This is required.")))
    logins = [canonical_login(login) for login, _ in people.values()]
    persons = [person for _, person in people.values()]
    if len(set(logins)) < len(logins) or len(set(persons)) < len(persons):
        faults.append(
            FieldFault(
                "", "one-person-twice", msgid("The three administrators are three persons with an account each.")
            )
        )
    return faults
