"""The demonstration city with a clock that a test sets, and what supervision does in it by hand or by the worker's own functions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.clock import Clock, at, own_time
from support.demo import (
    DISTRICT_SUPERVISOR,
    ITEM,
    OFFICER,
    OTHER_OFFICER,
    RESIDENT,
    SUPERVISOR,
    Demo,
    demo,
    demo_template,
    own_demo,
)

__all__ = ["demo", "demo_template", "own_demo"]

CITY_SUPERVISOR = SUPERVISOR
SENT = "2026-03-02T10:00"
"""A Monday. Five working days promised: 3, 4, 5, 6, 9 March. Four fifths on the 6th, nine tenths on the 9th, over on the 10th."""
WARNING, YELLOW, RED = "2026-03-06T00:00", "2026-03-09T00:00", "2026-03-10T00:00"


@pytest.fixture
def clock(tmp_path: Path) -> Iterator[Clock]:
    with own_time(tmp_path) as found:
        found.set(SENT)
        yield found


def officer(login: str) -> Any:
    """The actor of an officer in his only post."""
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_post, posts_of

    account = Account.objects.get(login=login)
    return actor_for_post(account, posts_of(account.id)[0].id)


def resident(login: str = RESIDENT) -> Any:
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_self

    return actor_for_self(Account.objects.get(login=login))


def send(place: str = "460105002004", actor: Any = None, *, heard: bool = True) -> UUID:
    """A case of the item at 海秀街道 (or elsewhere).  heard: supervision has heard of it."""
    from yiwang.cases import queries, services

    actor = actor or resident()
    answers = {
        "residence.address": {"place": place, "detail": "金盘路30号"},
        "residence.since": "2026-02-01",
        "residence.phone": "13807491234",
    }
    digest = queries.form_for(actor, ITEM).digest
    case = services.submit(actor, ITEM, answers, idempotency_key=uuid4().hex, form_digest=digest).case_id
    if heard:
        follow(case)
    return UUID(str(case))


def decide(case_id: UUID, act: str = "accept", login: str = OFFICER, *, heard: bool = True) -> None:
    from yiwang.cases import queries, services

    actor = officer(login)
    case = queries.case(actor, case_id)
    services.advance(actor, case.tasks[0].id, version=case.version, act=act, reason="查无此处")
    Demo("here").settle()
    if heard:
        follow(case_id)


def follow(case_id: UUID) -> None:
    """What the subscriber does at each event of the case's clocks, which a test that is rolled back never delivers."""
    from yiwang.acts.values import system
    from yiwang.cases.models import Clock
    from yiwang.supervision.services import system_follow

    for clock_id in Clock.objects.filter(case=case_id).values_list("pk", flat=True):
        system_follow(system("tests"), clock_id)


def watching(case_id: UUID) -> Any:
    from yiwang.supervision.models import Watching

    return Watching.objects.get(case=case_id)


def fired(case_id: UUID) -> list[Any]:
    """The alerts of a case in the order in which they fired."""
    from yiwang.supervision.models import Alert

    return list(Alert.objects.filter(case=case_id).order_by("id"))


def told(case_id: UUID) -> list[tuple[str, str]]:
    """(login, title) of every message about alerts of a case, by login."""
    from yiwang.identity.models import Assignment
    from yiwang.messaging.models import Message

    found = []
    for message in Message.objects.filter(case=case_id, to_post__isnull=False):
        for one in Assignment.objects.filter(post=message.to_post).select_related("account"):
            found.append((one.account.login, message.texts["zh-Hans"]["title"].partition("：")[0]))
    return sorted(found)


def change_clock(case_id: Any, change: str, *, length: int = 0) -> None:
    """What a step of a process, or an approver, does to the one clock of a case."""
    from supervision.clock_changes import system_change_clock

    from yiwang.acts.values import system

    system_change_clock(system("tests"), case_id, change, length)
    follow(case_id)


def announce_holiday(*days: str) -> None:
    """A release whose calendar of 2026 has these days off besides, and every clock counted by it."""
    from yiwang.acts.queries import definition
    from yiwang.acts.services import system_publish_release
    from yiwang.acts.values import NewDefinition, system
    from yiwang.cases.services import system_recount_clocks

    body = dict(definition("calendar", "holidays-2026"))
    spans = [{"title": "台风停工", "first": day, "last": day} for day in days]
    body["off"] = [*body["off"], *spans]
    number = system_publish_release(system("tests"), [NewDefinition("calendar", "holidays-2026", "base", body)])
    system_recount_clocks(system("tests"), number)


__all__ += ["CITY_SUPERVISOR", "DISTRICT_SUPERVISOR", "OFFICER", "OTHER_OFFICER", "Clock", "Demo", "at"]
