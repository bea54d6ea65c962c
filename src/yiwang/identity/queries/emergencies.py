"""Emergency access 应急查阅: what is open, what was read, and what the auditor found."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.acts.values import Actor
from yiwang.identity.models.emergencies import EmergencyAccess
from yiwang.identity.queries.consents import administrator_of
from yiwang.identity.queries.permission import persons_behind, require, why
from yiwang.identity.registry import emergencies as kinds
from yiwang.identity.values import Administrator
from yiwang.identity.values.emergencies import EmergencyState, EmergencyView, Verdict
from yiwang.kernel.errors import NotFound, msgid
from yiwang.kernel.time import machine_now
from yiwang.settings import configuration

__all__ = ["emergencies", "emergencies_to_review", "emergency", "emergency_kinds", "emergency_minutes"]

MOST = 100
"""On a page; older ones stand in the audit log."""
READ = "emergency.read"


def emergency_kinds() -> dict[str, str]:
    """What can be opened in an emergency: kind → its title, a msgid."""
    return {kind: one.title for kind, one in kinds().items()}


def emergency_minutes() -> int:
    """How long an access lasts; 0 where the city has none: without the consent of another nobody opens anything."""
    given = configuration()
    return given.emergency_minutes if given.consent_days else 0


def emergencies(actor: Actor) -> list[EmergencyView]:
    """What is open and what waits for the auditor first, then the others, the newest first; at most 100. Two queries and those of the
    seat. Raises NotAllowed for everybody but the three administrators.
    """
    require(actor, READ)
    rows = [
        *_rows().filter(verdict="").order_by("-begun_at")[:MOST],
        *_rows().exclude(verdict="").order_by("-begun_at")[:MOST],
    ][:MOST]
    return _views(actor, rows)


def emergency(actor: Actor, access_id: UUID) -> EmergencyView:
    """One of them. Raises NotAllowed, NotFound."""
    require(actor, READ)
    return _views(actor, [found(_rows(), access_id)])[0]


def emergencies_to_review(actor: Actor) -> int:
    """How many wait for what the actor thinks of them; 0 for who is not the audit administrator. At most three queries."""
    if administrator_of(actor) is not Administrator.AUDIT:
        return 0
    return EmergencyAccess.objects.filter(over(machine_now()), verdict="").count()


def found(rows: QuerySet[EmergencyAccess], access_id: UUID) -> EmergencyAccess:
    """The row, or NotFound."""
    row = rows.filter(id=access_id).first()
    if row is None:
        raise NotFound(msgid("There is no such emergency access."))
    return row


def over(moment: datetime) -> Q:
    """Of what nothing can be read any more."""
    return Q(ended_at__isnull=False) | Q(lasts_until__lte=moment)


def is_open(row: EmergencyAccess, moment: datetime) -> bool:
    """Whether something can be read under it. The same of one row."""
    return row.ended_at is None and moment < row.lasts_until


def _rows() -> QuerySet[EmergencyAccess]:
    people = ("asked_by", "asked_in__unit", "consented_by", "reviewed_by")
    return EmergencyAccess.objects.select_related(*people).prefetch_related("looks")


def _views(actor: Actor, rows: list[EmergencyAccess]) -> list[EmergencyView]:
    moment, titles = machine_now(), emergency_kinds()
    behind, reviews = persons_behind(actor), why(actor, "emergency.review").allowed
    ends = why(actor, "emergency.end").allowed
    views = []
    for row in rows:
        running = is_open(row, moment)
        waits = not running and not row.verdict
        views.append(
            EmergencyView(
                id=row.id,
                kind=row.kind,
                title=titles.get(row.kind, row.kind),
                reference=row.reference,
                reason=row.reason,
                by=row.asked_by.login,
                by_subject=row.asked_by.subject_id,
                by_post=f"{row.asked_in.unit.title} · {row.asked_in.title}",
                consented_by=row.consented_by.login,
                consented_by_subject=row.consented_by.subject_id,
                begun_at=row.begun_at,
                lasts_until=row.lasts_until,
                ended_at=row.ended_at or (None if running else row.lasts_until),
                seconds_left=max(0, int((row.lasts_until - moment).total_seconds())) if running else 0,
                looks=tuple(sorted(one.at for one in row.looks.all())),
                state=_state(running, row),
                verdict=Verdict(row.verdict) if row.verdict else None,
                remark=row.remark,
                reviewed_by=row.reviewed_by.login if row.reviewed_by else "",
                reviewed_at=row.reviewed_at,
                mine=row.asked_by_id == actor.account_id and row.asked_in_id == actor.capacity_id,
                yours=waits and reviews and not behind & {row.asked_by_id, row.consented_by_id},
                may_end=running and ends,
            )
        )
    return views


def _state(running: bool, row: EmergencyAccess) -> EmergencyState:
    if running:
        return EmergencyState.OPEN
    return EmergencyState.REVIEWED if row.verdict else EmergencyState.TO_REVIEW
