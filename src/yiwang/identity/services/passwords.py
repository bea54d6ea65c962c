"""Passwords after the first: changed by their owner, or given anew for once to an officer who lost his.

Source: GB/T 22239-2019 8.1.4.1 a): complexity, no weak ones, none of the last five, changed at the first sign-in.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import ACCOUNT_PASSWORD_CHANGED, ACCOUNT_START_PASSWORD_GIVEN
from yiwang.identity.models import Account, Assignment, FormerPassword, Session
from yiwang.identity.queries import administers, persons_behind
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.rules.credentials import SHORTEST_OF_ADMINISTRATORS, SHORTEST_PASSWORD, password_faults
from yiwang.identity.services.sign_in import prove
from yiwang.identity.services.sign_on.ending import end_sessions
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotFound, NotSignedIn, msgid
from yiwang.kernel.time import machine_now, today

__all__ = ["change_password", "give_start_password", "new_password_faults", "start_password"]

REMEMBERED = 5
"""So many former passwords cannot be taken again."""
START_PASSWORD_LASTS = timedelta(hours=72)
LETTERS = "abcdefghjkmnpqrstuvwxyz"
CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"


def change_password(actor: Actor, old: str, new: str, *, again: str | None = None, address: str = "") -> None:
    """Let the one who is signed in take another password. Every session of his ends with it; a face goes on in a new one.

    The old one is asked for, and a wrong one counts as a failed sign-in, so that a session left open does not let anybody guess it.
    again: the new one as it was typed a second time, None where nobody types.  address: network address of the client.
    Must not be called within a transaction: the count must outlive the refusal.
    Raises NotSignedIn, SignInLocked (429), Invalid (422) with everything that is wrong with both.
    """
    account = Account.objects.filter(id=actor.account_id, is_active=True).first() if actor.account_id else None
    if account is None:
        raise NotSignedIn()
    faults = new_password_faults(new, account)
    if again is not None and again != new:
        faults.append(FieldFault("again", "password-unlike", msgid("The two new passwords are not the same.")))
    if not prove(account, old, address=address, correlation_id=actor.correlation_id):
        faults.insert(0, FieldFault("old", "wrong-password", msgid("This is not your present password.")))
    if faults:
        raise Invalid(faults=faults)
    _take(actor, account.id, new)


@service("account.change-password", open_to=frozenset(CapacityKind) - {CapacityKind.VISITOR, CapacityKind.SYSTEM})
def _take(actor: Actor, account_id: UUID, new: str) -> None:
    account = Account.objects.select_for_update(no_key=True).get(id=account_id)
    _set(account, new)
    act = current_act()
    act.about("account", account.id)
    act.emit(ACCOUNT_PASSWORD_CHANGED, subject=str(account.id), data={})


@service("account.give-start-password")
def give_start_password(actor: Actor, account_id: UUID) -> str:
    """Give an officer who lost his password one to begin with, and return it: it is shown once and stored nowhere.

    It serves for 72 hours of machine time and must be changed at the first sign-in; every session of the account ends.
    Nobody gives one to himself, or to who holds an administrator's post: that one could then act as the other; whoever runs the
    installation does it (`yiwang administrators renew`). Residents recover theirs by themselves or at a window, never through here.
    Raises NotFound, NotAllowed (oneself), Invalid (422) with every reason.
    """
    account = Account.objects.select_for_update(no_key=True).filter(id=account_id).first()
    if account is None:
        raise NotFound(msgid("There is no such account."))
    if account.id in persons_behind(actor):
        raise NotAllowed(msgid("Nobody gives himself a start password."))
    faults = [] if account.is_active else [FieldFault("", "account-closed", msgid("This account is closed."))]
    if not Assignment.objects.filter(not_over(today()), account=account).exists():
        faults.append(
            FieldFault("", "no-officer", msgid("Who holds no post is no officer; only officers are given one."))
        )
    if administers(account.id):
        faults.append(
            FieldFault(
                "",
                "administrator",
                msgid(
                    "An administrator's password is renewed by whoever runs the installation, not by another administrator."
                ),
            )
        )
    if faults:
        raise Invalid(faults=faults)
    return begin_anew(account)


def begin_anew(account: Account) -> str:
    """A start password for the account, within the service that is running."""
    made = start_password()
    _set(account, made, lasts=START_PASSWORD_LASTS)
    act = current_act()
    act.about("account", account.id)
    act.emit(ACCOUNT_START_PASSWORD_GIVEN, subject=str(account.id), data={})
    return made


def start_password() -> str:
    """Random and easily read aloud: no letters that look alike. About 77 bits."""
    kinds: Sequence[str] = (LETTERS, CAPITALS, DIGITS)
    signs = [secrets.choice(one) for one in kinds] + [secrets.choice("".join(kinds)) for _ in range(11)]
    secrets.SystemRandom().shuffle(signs)
    return f"{''.join(signs[:5])}-{''.join(signs[5:10])}-{''.join(signs[10:])}"


def new_password_faults(new: str, account: Account) -> list[FieldFault]:
    """What is wrong with a new password of this account: rules, the common ones, its present and its last five."""
    least = SHORTEST_OF_ADMINISTRATORS if administers(account.id) else SHORTEST_PASSWORD
    faults = password_faults(new, account.login, "new", least=least) + common_faults(new, "new")
    former = FormerPassword.objects.filter(account=account).order_by("-id").values_list("password", flat=True)
    if any(check_password(new, one) for one in [account.password, *former[: REMEMBERED - 1]]):
        faults.append(
            FieldFault("new", "password-again", msgid("Take one that you have not had before: none of your last five."))
        )
    return faults


def common_faults(password: str, pointer: str) -> list[FieldFault]:
    """Whether the password stands in the list of common ones that comes with Django: 20,000 from real breaches."""
    try:
        _common().validate(password)
    except ValidationError:
        return [
            FieldFault(
                pointer, "password-common", msgid("Many people use this password, so it is tried first. Take another.")
            )
        ]
    return []


@lru_cache(maxsize=1)
def _common() -> CommonPasswordValidator:
    return CommonPasswordValidator()


def _set(account: Account, new: str, lasts: timedelta | None = None) -> None:
    FormerPassword.objects.create(account=account, password=account.password)
    kept = FormerPassword.objects.filter(account=account).order_by("-id").values_list("id", flat=True)[:REMEMBERED]
    FormerPassword.objects.filter(account=account).exclude(id__in=list(kept)).delete()
    account.password = make_password(new)
    account.password_changed_at = machine_now()
    account.start_password_until = account.password_changed_at + lasts if lasts else None
    account.save(update_fields=["password", "password_changed_at", "start_password_until"])
    end_sessions(Session.objects.filter(account=account))
