"""What people say to an alert: the unit why, the supervisor that it is dealt with, or that it was wrong."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.identity.queries import unit_scope
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.typed import several_lines
from yiwang.supervision.events import ALERT_CLOSED, ALERT_EXPLAINED, ALERT_WITHDRAWN
from yiwang.supervision.models import Alert, AlertWord
from yiwang.supervision.queries.alerts import is_about, shape_alert
from yiwang.supervision.queries.visibility import visible_alerts
from yiwang.supervision.services.firing import tell_event
from yiwang.supervision.services.following import system_follow
from yiwang.supervision.values import (
    CLOSE,
    EXPLAIN,
    REASON_LENGTH,
    WITHDRAW,
    AlertNotOpen,
    AlertState,
    AlertView,
)

__all__ = ["close", "explain", "withdraw"]

UNSETTLED = (AlertState.OPEN, AlertState.EXPLAINED)


@service(EXPLAIN)
def explain(actor: Actor, alert_id: UUID, reason: str, *, language: str = "zh-Hans") -> AlertView:
    """Say for the unit why it came to the alert: 1–500 characters. Saying more later adds to it.

    Raises NotFound (it does not exist for this actor), NotAllowed (another unit's), AlertNotOpen (409), Invalid (422).
    """
    alert = _locked(actor, alert_id)
    current_act().require(
        unit_scope(actor, EXPLAIN).covers(alert.unit_id), msgid("This alert is for another unit to explain.")
    )
    return _turn(actor, alert, AlertState.EXPLAINED, UNSETTLED, reason, ALERT_EXPLAINED, language)


@service(CLOSE)
def close(actor: Actor, alert_id: UUID, reason: str, *, language: str = "zh-Hans") -> AlertView:
    """Note as the supervisor how the matter was dealt with: 1–500 characters. Nobody closes an alert on his own work.

    Raises NotFound, NotAllowed, AlertNotOpen (409), Invalid (422).
    """
    alert = _locked(actor, alert_id)
    _require_supervisor(actor, alert, CLOSE)
    return _turn(actor, alert, AlertState.CLOSED, UNSETTLED, reason, ALERT_CLOSED, language)


@service(WITHDRAW)
def withdraw(actor: Actor, alert_id: UUID, reason: str, *, language: str = "zh-Hans") -> AlertView:
    """Take a wrong alert back as the supervisor, with the reason: 1–500 characters. It stays on record, and no longer counts.

    It fires again only if its moment moves to a later time. Nobody withdraws an alert on his own work.
    Raises NotFound, NotAllowed, AlertNotOpen (409: withdrawn already), Invalid (422).
    """
    alert = _locked(actor, alert_id)
    _require_supervisor(actor, alert, WITHDRAW)
    view = _turn(actor, alert, AlertState.WITHDRAWN, (*UNSETTLED, AlertState.CLOSED), reason, ALERT_WITHDRAWN, language)
    _system_look_again(alert)
    return view


def _system_look_again(alert: Alert) -> None:
    """What is due next is the platform's to find, not the supervisor's."""
    system_follow(system("supervision.withdrawal", origin=alert.origin), alert.clock_id)


def _locked(actor: Actor, alert_id: UUID) -> Alert:
    current_act().about("alert", alert_id)
    alert = (
        Alert.objects.select_for_update(of=("self",))
        .filter(pk__in=visible_alerts(actor).values("pk"), pk=alert_id)
        .first()
    )
    if alert is None:
        raise NotFound(msgid("There is no such alert."))
    current_act().about("case", alert.case_id)
    return alert


def _require_supervisor(actor: Actor, alert: Alert, action: str) -> None:
    """His grant reaches the unit, and it is not his own work.

    Nobody judges his own work. Source: 公务员法 art. 76 (recusal 回避).
    """
    scope = unit_scope(actor, action)
    act = current_act()
    act.require(scope.covers(alert.unit_id), msgid("Your post does not supervise this unit."))
    act.require(
        not is_about(actor, alert), msgid("This alert is about your own work; another supervisor has to deal with it.")
    )


def _turn(
    actor: Actor,
    alert: Alert,
    state: AlertState,
    allowed: Collection[AlertState],
    reason: str,
    event: str,
    language: str,
) -> AlertView:
    act = current_act()
    if alert.state not in allowed:
        raise AlertNotOpen()
    words = _words(reason)
    alert.state = state
    alert.save(update_fields=["state"])
    AlertWord.objects.create(
        alert=alert,
        state=state,
        at=act.time,
        post_id=actor.capacity_id if actor.capacity is CapacityKind.POST else None,
        account_id=actor.account_id,
        words=words,
    )
    act.note(level=alert.level, watch=alert.watch)
    tell_event(event, alert)
    return shape_alert(actor, alert, language)


def _words(reason: str) -> str:
    words = several_lines(reason)
    if words is None:
        fault = FieldFault(
            "reason",
            "control-character",
            msgid("The reason holds a control character. Type it again instead of pasting."),
        )
        raise Invalid(faults=[fault])
    if not words:
        raise Invalid(faults=[FieldFault("reason", "required", msgid("Write down the reason; it stays on record."))])
    if len(words) > REASON_LENGTH:
        fault = FieldFault(
            "reason", "too-long", msgid("A reason has at most {longest} characters."), {"longest": REASON_LENGTH}
        )
        raise Invalid(faults=[fault])
    return words
