"""Consent of another administrator 双人复核: nobody gives away rights for many, or for good, alone.

The service of such an act ends with `require_consent`, after everything else that could stand against it was looked at. Without a
consent it is undone and refused with ConsentDue. `ask_consent` tries the act in the same way, so that what cannot be done is never
asked for, and keeps what was to be done; `give_consent` does it, in the name and with the rights of who asked, as they are then.

Source: three administrators who check each other 三员分立, GB/T 22239-2019 8.1.5 (安全管理中心) and 8.1.7.2 (审批).
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, timedelta
from typing import Any, NoReturn, get_type_hints
from uuid import UUID

from django.db import transaction
from pydantic import TypeAdapter, ValidationError

from yiwang.acts.registry import all_services
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import CONSENT_ASKED, CONSENT_DECIDED
from yiwang.identity.models import ConsentRequest
from yiwang.identity.queries import actor_for_post, administrator_of, persons_behind, subjects_behind
from yiwang.identity.queries.shapes import account_view
from yiwang.identity.registry import consented_actions
from yiwang.identity.values import Administrator, ConsentDue
from yiwang.kernel.canonical import canonical_json, digest
from yiwang.kernel.errors import Conflict, Fault, FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.time import civil_date, now
from yiwang.settings import configuration

__all__ = [
    "ConsentAsked",
    "ConsentFails",
    "ConsentNotNeeded",
    "ConsentOver",
    "ask_consent",
    "asked_on",
    "consented_by",
    "give_consent",
    "refuse_consent",
    "require_consent",
    "withdraw_consent",
]

LONGEST_REASON = 200


class ConsentNotNeeded(Conflict):
    """The act needs no consent as things stand: whoever may do it does it."""

    code = "consent-not-needed"
    title = msgid("No consent is needed for this")
    next_step = msgid("Do it directly.")


class ConsentAsked(Conflict):
    """The very same was asked for already and waits."""

    code = "consent-asked"
    title = msgid("Consent was asked for already")
    next_step = msgid("Wait for the other administrator, or withdraw the request and ask anew.")


class ConsentOver(Conflict):
    """The request was decided, withdrawn or not answered in time."""

    code = "consent-over"
    title = msgid("This request waits no longer")
    next_step = msgid("Look at what became of it; ask anew if it is still to be done.")


class ConsentFails(Conflict):
    """What was asked for cannot be done any more. The request goes on waiting, and can be refused."""

    code = "consent-fails"
    title = msgid("What was asked for cannot be done as things stand now")
    next_step = msgid("Refuse it with this as the reason; whoever asked can ask anew.")


@dataclass(frozen=True, slots=True)
class _Given:
    """A consent in whose name an act runs now."""

    id: UUID
    action: str
    arguments: bytes
    by: UUID | None
    asked_on: date


_given: ContextVar[_Given | None] = ContextVar("yiwang_consent", default=None)


def require_consent(actor: Actor, of: Administrator, *, within: timedelta | None = None, **arguments: object) -> None:
    """Go on only with the consent of another administrator to this very act. To be called when nothing else stands against it.

    arguments: every parameter of the service that is running, by name.  within: how long a request waits for an answer, where the city's
    `YIWANG_CONSENT_DAYS` are too long.  Raises ConsentDue. The system itself (set-up, samples,
    commands of who runs the installation) needs none, nor does a city that asks for none (`YIWANG_CONSENT_DAYS=0`).
    """
    if actor.capacity is CapacityKind.SYSTEM or not configuration().consent_days:
        return
    act, given = current_act(), _given.get()
    plain = _plain(act.action, arguments)
    if given is None or (given.action, given.arguments) != (act.action, canonical_json(plain)):
        raise ConsentDue(act.action, plain, of, within)
    act.note(consent=str(given.id), consented_by=str(given.by))


def asked_on() -> date | None:
    """The civil date on which the running act was asked for, when it waited for a consent: dates of that day are not past for it."""
    given = _given_here()
    return None if given is None else given.asked_on


def consented_by() -> UUID | None:
    """The account of who consented to the running act; None when nobody had to."""
    given = _given_here()
    return None if given is None else given.by


def _given_here() -> _Given | None:
    given = _given.get()
    return None if given is None or given.action != current_act().action else given


@service("consent.ask")
def ask_consent(actor: Actor, action: str, arguments: Mapping[str, Any], reason: str) -> UUID:
    """Ask the other administrator to consent to an act, and return the request. It waits for `YIWANG_CONSENT_DAYS` days, or for what the
    act itself says.

    arguments: as ConsentDue gave them, plain JSON.  reason: 1–200 characters, for the other.

    The act is tried and undone first: raises whatever it raises, and ConsentNotNeeded (409) when it needs no consent; Invalid (422)
    for an action or arguments that there are not; ConsentAsked (409) when the same waits already.
    """
    if actor.account_id is None or actor.capacity_id is None:
        raise NotAllowed(msgid("Consent is asked for in a post."))
    faults = _reason_faults(reason)
    try:
        given = _arguments(action, arguments)
    except Invalid as invalid:
        raise Invalid(faults=[*invalid.faults, *faults]) from None
    if faults:
        raise Invalid(faults=faults)
    due = _tried(actor, action, given)
    moment, mark = now(), digest([action, due.arguments])
    same = ConsentRequest.objects.select_for_update().filter(digest=mark, state="waits").first()
    if same is not None and same.lasts_until > moment:
        raise ConsentAsked()
    if same is not None:
        _end(same, "expired", None)
    row = ConsentRequest.objects.create(
        action=action,
        arguments=due.arguments,
        digest=mark,
        reason=reason.strip(),
        asked_by_id=actor.account_id,
        asked_in_id=actor.capacity_id,
        asked_at=moment,
        lasts_until=moment + (due.within or timedelta(days=configuration().consent_days)),
        needs=due.of,
        origin=actor.origin,
    )
    act = current_act()
    act.about("consent", row.id)
    act.note(action=action, of=str(due.of))
    act.emit(CONSENT_ASKED, subject=str(row.id), data={"action": action, "of": str(due.of)})
    return row.id


@service("consent.give")
def give_consent(actor: Actor, request_id: UUID) -> None:
    """Consent, and with that do what was asked for, as who asked for it and with the rights that he has now: both, or neither.

    Raises NotFound, NotAllowed (one's own request, or not this administrator's), ConsentOver (409), ConsentFails (409) with every
    reason when it cannot be done any more.
    """
    row = _deciding(actor, request_id)
    try:
        asker = actor_for_post(account_view(row.asked_by), row.asked_in_id, correlation_id=actor.correlation_id)
        with transaction.atomic(), _consenting(row, actor):
            _run(asker, row.action, _arguments(row.action, row.arguments))
    except Fault as fault:
        told = fault.faults or (FieldFault("", fault.code, fault.detail or fault.title, fault.params),)
        raise ConsentFails(faults=told) from fault
    _end(row, "given", actor)


@service("consent.refuse")
def refuse_consent(actor: Actor, request_id: UUID, reason: str) -> None:
    """Refuse consent: nothing is done.  reason: 1–200 characters, for who asked.

    Raises NotFound, NotAllowed (one's own request, or not this administrator's), Invalid (422), ConsentOver (409).
    """
    row = _deciding(actor, request_id)
    if faults := _reason_faults(reason):
        raise Invalid(faults=faults)
    row.reply = reason.strip()
    _end(row, "refused", actor)


@service("consent.withdraw")
def withdraw_consent(actor: Actor, request_id: UUID) -> None:
    """Take one's own request back. Raises NotFound, NotAllowed (somebody else's), ConsentOver (409)."""
    row = _waiting(request_id)
    current_act().require(
        row.asked_by_id == actor.account_id, msgid("Only who asked for consent can withdraw the request.")
    )
    _refuse_what_is_over(row)
    _end(row, "withdrawn", actor)


def _deciding(actor: Actor, request_id: UUID) -> ConsentRequest:
    """The request, locked, when this administrator can decide it. Two persons: not who asked, under whatever account, nor his deputy."""
    row = _waiting(request_id)
    act = current_act()
    own = row.asked_by_id in persons_behind(actor) or row.asked_by.subject_id in subjects_behind(actor)
    act.require(not own, msgid("Nobody consents to what he asked for himself."))
    act.require(
        administrator_of(actor) == row.needs,
        msgid("This needs the consent of another one of the three administrators."),
    )
    _refuse_what_is_over(row)
    return row


def _waiting(request_id: UUID) -> ConsentRequest:
    row = (
        ConsentRequest.objects.select_for_update(of=("self",)).select_related("asked_by").filter(id=request_id).first()
    )
    if row is None:
        raise NotFound(msgid("There is no such request."))
    return row


def _refuse_what_is_over(row: ConsentRequest) -> None:
    if row.state != "waits" or row.lasts_until <= now():
        raise ConsentOver()


def _end(row: ConsentRequest, state: str, actor: Actor | None) -> None:
    row.state, row.decided_at = state, now()
    row.decided_by_id = actor.account_id if actor else None
    row.save(update_fields=["state", "decided_at", "decided_by", "reply"])
    act = current_act()
    act.about("consent", row.id)
    act.emit(CONSENT_DECIDED, subject=str(row.id), data={"action": row.action, "state": state})


@contextmanager
def _consenting(row: ConsentRequest, actor: Actor) -> Iterator[None]:
    token = _given.set(
        _Given(row.id, row.action, canonical_json(row.arguments), actor.account_id, civil_date(row.asked_at))
    )
    try:
        yield
    finally:
        _given.reset(token)


class _WouldBeDone(Exception):
    """The act ran to its end: it is undone, for it was only tried."""


def _tried(actor: Actor, action: str, given: Mapping[str, Any]) -> ConsentDue:
    try:
        with transaction.atomic():
            _run(actor, action, given)
            raise _WouldBeDone
    except _WouldBeDone:
        raise ConsentNotNeeded() from None
    except ConsentDue as due:
        return due


def _run(actor: Actor, action: str, given: Mapping[str, Any]) -> None:
    all_services()[action].function(actor, **given)


# ── What an act is run with, as plain JSON and back ─────────────────────────────────────────────────────────────────────


def _parameters(action: str) -> dict[str, tuple[TypeAdapter[Any], bool]]:
    """Parameter → how its values are read, and whether it must be given."""
    function = inspect.unwrap(all_services()[action].function)
    hints = get_type_hints(function)
    _actor, *rest = inspect.signature(function).parameters.values()
    return {one.name: (TypeAdapter(hints[one.name]), one.default is one.empty) for one in rest}


def _plain(action: str, arguments: Mapping[str, object]) -> dict[str, Any]:
    return {name: _json(arguments[name]) for name in _parameters(action)}


def _json(value: Any) -> Any:
    """As JSON has it. Sets in order: what is the same must look the same."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: _json(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {name: _json(one) for name, one in value.items()}
    if isinstance(value, Set):
        return sorted((_json(one) for one in value), key=str)
    if isinstance(value, list | tuple):
        return [_json(one) for one in value]
    return value if value is None or isinstance(value, bool | int) else str(value)


def _arguments(action: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Plain JSON as the service takes it. Raises Invalid with everything wrong."""
    if action not in consented_actions:
        _refuse("action", "unknown", msgid("There is no such action that needs consent."))
    parameters = _parameters(action)
    faults = [
        FieldFault(f"arguments/{name}", "unknown", msgid("There is no such field."))
        for name in set(given) - {*parameters}
    ]
    made = {}
    for name, (adapter, needed) in parameters.items():
        if name not in given:
            if needed:
                faults.append(FieldFault(f"arguments/{name}", "required", msgid("This is required.")))
            continue
        try:
            made[name] = adapter.validate_python(given[name])
        except ValidationError:
            faults.append(
                FieldFault(f"arguments/{name}", "malformed", msgid("This cannot be read as what is asked for."))
            )
    if faults:
        raise Invalid(faults=faults)
    return made


def _refuse(pointer: str, code: str, message: str) -> NoReturn:
    raise Invalid(faults=[FieldFault(pointer, code, message)])


def _reason_faults(reason: str) -> list[FieldFault]:
    if not reason.strip():
        return [FieldFault("reason", "required", msgid("This is required."))]
    if len(reason.strip()) > LONGEST_REASON:
        return [FieldFault("reason", "too-long", msgid("At most {most} characters."), {"most": LONGEST_REASON})]
    return []
