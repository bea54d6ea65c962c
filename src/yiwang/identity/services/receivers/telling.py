"""Receivers are told of officers' accounts by SCIM (RFC 7644): at least once, with patience, and never twice the same account.

A telling is claimed, made and marked, each in a transaction of its own; one whose worker died is claimed again. Before an account is made
there it is looked for, by the name under which we know it and by its log-in: so nothing is made twice, whenever a worker died.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from procrastinate.contrib.django import app

from yiwang.acts.services import current_act, defer, service
from yiwang.acts.values import Actor, system
from yiwang.identity.models.receivers import Supply
from yiwang.identity.queries.receivers import ENTERPRISE, USER, digest_of_told, open_token, what_is_told
from yiwang.identity.services.receivers.marking import JOB, QUEUE
from yiwang.kernel.crypto import NotSealed
from yiwang.kernel.outgoing import Answer, NotReached, send_json
from yiwang.kernel.time import machine_now

__all__ = ["system_begin_supply", "system_end_supply", "system_rescue_supplies", "system_supply"]

ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=15)
"""Pauses grow fourfold: the last of eight attempts is made about a day after the first."""
LONGEST_ATTEMPT = timedelta(minutes=2)
MEDIA_TYPE = "application/scim+json"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
CONFLICT, GONE, CREATED, FOUND = 409, 404, 201, 200


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be told to whom.  remote_id: what the receiver calls the account, as far as we know.  wanted: digest of `told`."""

    address: str
    token: str = field(repr=False)
    told: Mapping[str, Any]
    remote_id: str
    wanted: bytes
    attempt: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. fault: empty when the receiver knows now."""

    remote_id: str = ""
    fault: str = ""


class _Refused(Exception):
    """The receiver said no, or something that is no answer. The message is kept: a code, and what its words need."""


def system_supply(supply_id: UUID) -> None:
    """One attempt. Does nothing for an account that is claimed, told, given up, or not due yet."""
    actor = system("identity.supply-account")
    order = system_begin_supply(actor, supply_id)
    if order is None:
        return
    try:
        outcome = Outcome(_tell(order))
    except NotReached as fault:
        outcome = Outcome(order.remote_id, f"not-reached:{fault}")
    except _Refused as fault:
        outcome = Outcome(order.remote_id, str(fault))
    system_end_supply(actor, supply_id, order, outcome)


@service("supply.claim")
def system_begin_supply(actor: Actor, supply_id: UUID) -> Order | None:
    """Claim a telling that is due; None when nothing is to be told now. What is told is what holds at this moment."""
    act = current_act()
    act.about("supply", supply_id)
    rows = Supply.objects.select_for_update(of=("self",)).select_related("receiver")
    one = rows.filter(id=supply_id, state__in=["due", "sending"], receiver__closed_at=None).first()
    if one is None or one.due_at is None or one.due_at > machine_now():
        return None
    if one.attempts >= ATTEMPTS:  # each worker died of it
        one.state, one.due_at, one.fault = "failed", None, "died"
        one.save(update_fields=["state", "due_at", "fault"])
        return None
    told = what_is_told(one.receiver, [one.account_id])[one.account_id]
    try:
        token = open_token(one.receiver)
    except NotSealed:
        one.state, one.due_at, one.fault = "failed", None, "not-sealed"
        one.save(update_fields=["state", "due_at", "fault"])
        return None
    one.state, one.attempts, one.wanted = "sending", one.attempts + 1, digest_of_told(told)
    one.due_at = machine_now() + LONGEST_ATTEMPT
    one.save(update_fields=["state", "attempts", "due_at", "wanted"])
    act.note(attempt=one.attempts, receiver=str(one.receiver_id), account=str(one.account_id), active=told["active"])
    return Order(one.receiver.address, token, told, one.remote_id, bytes(one.wanted), one.attempts)


@service("supply.mark")
def system_end_supply(actor: Actor, supply_id: UUID, order: Order, outcome: Outcome) -> None:
    """Mark what came of an attempt. A receiver that was not reached or refused is told again later, until it was tried often enough.

    What has become otherwise meanwhile is on its way by itself: then nothing but the name of the account there is kept.
    """
    act = current_act()
    act.about("supply", supply_id)
    one = Supply.objects.select_for_update().filter(id=supply_id).first()
    if one is None:
        return
    act.note(attempt=order.attempt, fault=outcome.fault)
    one.remote_id = outcome.remote_id
    if one.state != "sending" or one.attempts != order.attempt or bytes(one.wanted) != order.wanted:
        one.save(update_fields=["remote_id"])
        return
    one.fault, one.due_at = outcome.fault, None
    if not outcome.fault:
        one.state, one.active, one.done_at = "done", bool(order.told["active"]), machine_now()
    elif order.attempt >= ATTEMPTS:
        one.state = "failed"
    else:
        one.state, one.due_at = "due", machine_now() + FIRST_PAUSE * 4 ** (order.attempt - 1)
        defer(app.configure_task(JOB, queue=QUEUE, schedule_at=one.due_at), supply_id=one.id)
    one.save()


def system_rescue_supplies() -> int:
    """Send on what is due and whose job is lost; return how many. For the job of each minute."""
    late = machine_now() - timedelta(minutes=1)
    lost = Supply.objects.filter(state__in=["due", "sending"], due_at__lte=late, receiver__closed_at=None)
    found = list(lost.values_list("id", flat=True)[:100])
    for id in found:
        defer(app.configure_task(JOB, queue=QUEUE), supply_id=id)
    return len(found)


# ── What is asked of a receiver ─────────────────────────────────────────────────────────────────────────────────────────


def _tell(order: Order) -> str:
    """Bring the account there in line, and return what the receiver calls it; empty when it needs none. Raises NotReached, _Refused."""
    if order.remote_id:
        answer = _change(order, order.remote_id)
        if answer.status != GONE:
            return _understood(answer, order.remote_id)
    found = _find(order)
    if found:
        return _understood(_change(order, found), found)
    if not order.told["active"]:
        return ""
    answer = _ask(order, "POST", "Users", {"schemas": [USER, ENTERPRISE], **order.told})
    if answer.status == CONFLICT:  # made between the look and now, by an attempt that was given up too early
        found = _find(order)
        if not found:
            raise _Refused("login-taken")
        return _understood(_change(order, found), found)
    if answer.status != CREATED or not isinstance(answer.body.get("id"), str):
        raise _Refused(_word(answer))
    return str(answer.body["id"])


def _find(order: Order) -> str:
    """What the receiver calls the account: by our name for it, then by its log-in, unless that is another one of ours or of somebody."""
    for name in ("externalId", "userName"):
        asked = quote(f'{name} eq "{order.told[name]}"')
        answer = _ask(order, "GET", f"Users?filter={asked}")
        if answer.status != FOUND or not isinstance(answer.body.get("totalResults"), int):
            raise _Refused(_word(answer))
        rows = answer.body.get("Resources") or []
        for row in rows if isinstance(rows, list) else ():
            if not isinstance(row, dict) or not isinstance(row.get("id"), str):
                raise _Refused("no-answer")
            if row.get("externalId") not in (None, "", order.told["externalId"]):
                raise _Refused("login-taken")
            return str(row["id"])
    return ""


def _change(order: Order, remote_id: str) -> Answer:
    value = dict(order.told) if order.told["active"] else {"active": False, "externalId": order.told["externalId"]}
    operations = [{"op": "replace", "value": value}]
    return _ask(order, "PATCH", f"Users/{quote(remote_id, safe='')}", {"schemas": [PATCH], "Operations": operations})


def _understood(answer: Answer, remote_id: str) -> str:
    if not FOUND <= answer.status < 300:
        raise _Refused(_word(answer))
    return remote_id


def _ask(order: Order, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
    return send_json(method, f"{order.address}/{path}", body, media_type=MEDIA_TYPE, bearer=order.token)


def _word(answer: Answer) -> str:
    """A status and SCIM's own word for it. What else an answer says is not kept: it may be about people."""
    type = answer.body.get("scimType")
    known = isinstance(type, str) and type.isascii() and type.isalnum() and len(type) <= 40
    return f"refused:{answer.status} {type}" if known else f"refused:{answer.status}"
