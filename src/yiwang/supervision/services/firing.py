"""Fire: write the alert with everything that it rests on, and tell those whom it concerns, in the transaction of the follower."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from yiwang.acts.services import current_act
from yiwang.acts.values import Actor
from yiwang.cases.values import CaseBrief
from yiwang.identity.queries import posts_reaching, posts_with_duty, system_accounts_in_posts, unit_titles
from yiwang.kernel import failpoints
from yiwang.kernel.texts import LANGUAGES, civil_day, text
from yiwang.kernel.time import civil_date
from yiwang.messaging.services import system_send
from yiwang.messaging.values import Recipient
from yiwang.supervision.events import ALERT_FIRED
from yiwang.supervision.models import Alert
from yiwang.supervision.queries.clocks import ClockSeen, Stretch, clock_table
from yiwang.supervision.queries.watches import Watch
from yiwang.supervision.queries.wording import level_titles
from yiwang.supervision.rules.arithmetic import frozen
from yiwang.supervision.rules.moments import Alarm
from yiwang.supervision.values import READ, Level

__all__ = ["PLACEHOLDERS", "fire", "tell_event"]

PLACEHOLDERS = ("alert.level", "alert.rule", "alert.law", "alert.unit", "alert.due_on")
"""What a message about an alert may name, besides the case's number and the item's title."""


@dataclass(frozen=True, slots=True)
class _Held:
    """Who holds the case: a unit, the duty whose task waits, and the posts that may do it."""

    unit_id: UUID | None
    duty: str
    posts: tuple[UUID, ...]


def fire(actor: Actor, clock: ClockSeen, brief: CaseBrief, stretch: Stretch, watch: Watch, alarm: Alarm) -> Alert:
    """Write one alert, its event and its messages. The caller has made sure that it was not fired; the database makes sure again."""
    act = current_act()
    held = _holding(brief)
    declared = watch.level(alarm.level)
    [post] = held.posts if len(held.posts) == 1 else [None]
    sitting = system_accounts_in_posts(held.posts) if post else {}
    [account] = sitting[post] if post and len(sitting.get(post, ())) == 1 else [None]
    alert = Alert.objects.create(
        case_id=clock.case_id,
        case_number=brief.number,
        item=brief.item_id,
        release=brief.release,
        clock_id=clock.id,
        limit=clock.limit,
        watch=watch.id,
        level=alarm.level,
        unit_id=held.unit_id,
        duty=held.duty,
        post_id=post,
        account_id=account,
        rule=_both(declared["rule"]),
        law=[dict(one) for one in watch.body["law"]],
        arithmetic=frozen(clock_table(clock.id), civil_date(alarm.moment)),
        stood_since=stretch.since,
        length=stretch.counted.length,
        warns=alarm.warns,
        due_on=stretch.due_on,
        moment=alarm.moment,
        fired_at=act.time,
        origin=brief.origin,
    )
    act.about("alert", alert.id)
    tell_event(ALERT_FIRED, alert)
    failpoints.reach("supervision.after-alert")
    _tell(actor, alert, brief, watch, held, declared["tell"])
    failpoints.reach("supervision.after-telling")
    return alert


def tell_event(type: str, alert: Alert) -> None:
    """Emit an event about an alert from the running act."""
    current_act().emit(
        type,
        subject=alert.id,
        data={
            "case_id": str(alert.case_id),
            "number": alert.case_number,
            "item": alert.item,
            "unit_id": str(alert.unit_id) if alert.unit_id else None,
            "limit": alert.limit,
            "watch": alert.watch,
            "level": str(alert.level),
            "moment": alert.moment.isoformat(),
        },
    )


def _holding(brief: CaseBrief) -> _Held:
    """The longest open task says who; where nobody has one, it is the implementing unit."""
    for holder in brief.holders:
        if holder.unit_ids:
            posts = [holder.deputy_id] if holder.deputy_id else posts_with_duty(holder.duty, holder.unit_ids)
            return _Held(holder.unit_ids[0], holder.duty, tuple(posts))
    return _Held(brief.unit_id, brief.holders[0].duty if brief.holders else "", ())


def _tell(actor: Actor, alert: Alert, brief: CaseBrief, watch: Watch, held: _Held, whom: list[str]) -> None:
    """Each post once, whichever way it is concerned."""
    tell = watch.body["tell"]
    posts: dict[UUID, None] = {}
    if "responsible" in whom:
        posts |= dict.fromkeys(held.posts)
        if tell["responsible"] and held.unit_id is not None:
            posts |= dict.fromkeys(posts_with_duty(tell["responsible"], [held.unit_id]))
    if "supervisor" in whom:
        posts |= dict.fromkeys(posts_reaching(READ, held.unit_id, duty=tell["supervisor"]))
    facts = _facts(alert, brief)
    for post in posts:
        system_send(
            actor,
            tell["message"],
            Recipient(post_id=post),
            key=f"alert:{alert.id}:{post}",
            facts=facts,
            case_id=alert.case_id,
            release=alert.release,
            origin=alert.origin,
            about=("alert", alert.id),
        )


def _facts(alert: Alert, brief: CaseBrief) -> dict[str, dict[str, str]]:
    unit = unit_titles([alert.unit_id]).get(alert.unit_id, "") if alert.unit_id else ""
    levels = level_titles(Level(alert.level))
    return {
        language: {
            "case.number": brief.number,
            "item.title": text(brief.item_titles, language),
            "alert.level": levels[language],
            "alert.rule": text(alert.rule, language),
            "alert.law": "；".join(f"{one['law']} {one['article']}" for one in alert.law),
            "alert.unit": unit,
            "alert.due_on": civil_day(alert.due_on, language),
        }
        for language in LANGUAGES
    }


def _both(words: str | dict[str, str]) -> dict[str, str]:
    return {"zh-Hans": words} if isinstance(words, str) else dict(words)
