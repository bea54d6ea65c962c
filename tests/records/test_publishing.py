"""What the platform says of itself, as resources that nobody else writes into 只读资源."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from support.demo import Demo

from yiwang.acts.values import system
from yiwang.identity.models import Account, Assignment, Post, Unit
from yiwang.identity.queries import actor_for_self
from yiwang.identity.services import assign_post, close_unit, end_assignment, open_unit, rename_unit
from yiwang.identity.values import NewUnit
from yiwang.kernel.errors import NotAllowed
from yiwang.kernel.identifiers import invent_credit_code
from yiwang.kernel.time import today
from yiwang.outbox.models import Event
from yiwang.records.queries import facts, list_reads, system_facts
from yiwang.records.queries.tables import stored_table
from yiwang.records.queries.versions import versions_of
from yiwang.records.services import correct_record, retract_record, system_ingest, system_publish, write_record
from yiwang.records.values import IngestRow
from yiwang.subjects.queries import system_find_subject

from .test_discrepancies import at_once

US = system("tests")
HEAD, MANY = "yan.hong", "cai.ting"
BUREAU = "hk-460105-approval"
POSTS, BODIES = "officers.posts", "bodies.public"


@pytest.fixture(autouse=True)
def published(request: Any) -> None:
    """As soon as the scheduler has run once."""
    demo: Demo = request.getfixturevalue("own_demo" if "own_demo" in request.fixturenames else "demo")
    demo.heard = Event.objects.latest("id").id
    assert system_publish() > 50


def person(login: str) -> UUID:
    found: UUID = Account.objects.get(login=login).subject_id
    return found


def known(subject: UUID) -> dict[str, Any]:
    read = system_facts(US, subject, purpose="case-handling")
    return {one.element: one.value for one in read if one.resource in (POSTS, BODIES)}


def versions(subject: UUID, resource: str = POSTS) -> int:
    table = stored_table(resource)
    assert table is not None
    return len(versions_of(table, subject, 50))


def body(unit: str) -> dict[str, Any]:
    subject = system_find_subject("credit-code", Unit.objects.get(code=unit).credit_code)
    assert subject is not None
    return known(subject)


def end(login: str, title: str) -> None:
    seat = Assignment.objects.get(account__login=login, post__title=title)
    end_assignment(US, seat.id)


# ── Who holds which posts ───────────────────────────────────────────────────────────────────────────────────────────────


def test_everybody_s_posts_are_facts_with_a_source(demo: Demo) -> None:
    found = known(person(MANY))
    assert found["officer.posts"] == "海口市秀英区行政审批服务局 决定岗（副）；海口市秀英区行政审批服务局 许可证管理岗"
    assert (found["officer.units"], found["officer.number"]) == ("海口市秀英区行政审批服务局", 2)


def test_the_person_reads_them_and_the_reading_is_logged(demo: Demo) -> None:
    himself = actor_for_self(Account.objects.get(login=HEAD))
    [one] = facts(himself, person(HEAD), purpose="own-data", elements=["officer.posts"])
    assert one.shown == "海口市秀英区行政审批服务局 负责人岗"
    assert one.valid_from == date(2023, 7, 1)
    assert POSTS in {read.resource for read in list_reads(himself).reads}
    assert "海口市秀英区行政审批服务局 负责人岗" in demo.client(HEAD).get("/my/facts/").content.decode()


def test_who_loses_or_gets_a_post_is_published_at_once_and_the_past_stays(demo: Demo) -> None:
    end(MANY, "许可证管理岗")
    demo.tell()
    assert known(person(MANY))["officer.number"] == 1
    post = Post.objects.get(unit__code=BUREAU, title="档案管理岗")
    assign_post(US, Account.objects.get(login=MANY).id, post.id, today())
    demo.tell()
    assert "档案管理岗" in known(person(MANY))["officer.posts"]
    before = system_facts(
        US, person(MANY), purpose="case-handling", elements=["officer.number"], valid_at=date(2025, 1, 1)
    )
    assert [one.value for one in before] == [2]


def test_who_holds_no_post_any_more_has_none(demo: Demo) -> None:
    end(HEAD, "负责人岗")
    demo.tell()
    assert known(person(HEAD)) == {}
    assert versions(person(HEAD)) == 2


def test_what_did_not_change_is_not_written_again(demo: Demo) -> None:
    assert system_publish() == 0
    assert versions(person(MANY)) == 1


# ── Bodies ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_public_bodies_are_published_with_the_posts_of_their_divisions(demo: Demo) -> None:
    bureau = Unit.objects.get(code=BUREAU)
    had = body(BUREAU)["body.posts"]
    assert had == Post.objects.filter(unit=bureau, closed_on__isnull=True).count()
    division = NewUnit("archive", "档案科", "", bureau.credit_code, "division", bureau.division_code, BUREAU)
    post = Post.objects.create(unit_id=open_unit(US, division), code="archive-1", title="科员岗")
    system_publish("identity.public-bodies")
    assert body(BUREAU)["body.posts"] == had + 1, post.title
    assert body(BUREAU)["body.superior"] == bureau.parent.title


def test_a_renamed_body_is_called_otherwise_and_a_closed_one_is_no_more(demo: Demo) -> None:
    code = str(invent_credit_code("11", "460199", 99_999))
    unit = open_unit(US, NewUnit("new-body", "海口市新设局", "新设局", code, "city", "460100", "hk-gov"))
    system_publish()
    assert body("new-body")["body.name"] == "海口市新设局"
    rename_unit(US, unit, "海口市改名局", "改名局")
    system_publish()
    assert body("new-body")["body.name"] == "海口市改名局"
    close_unit(US, unit)
    system_publish()
    assert body("new-body") == {}


def test_what_changes_without_a_day_of_its_own_was_not_so_before(demo: Demo) -> None:
    bureau = Unit.objects.get(code=BUREAU)
    rename_unit(US, bureau.id, "海口市秀英区政务服务局", "秀英区政务局")
    there = Assignment.objects.filter(post__unit=bureau).values("account").distinct().count()
    assert system_publish() == there + 1, "everybody there, and the body"
    yesterday = today() - timedelta(days=1)
    asked = {"purpose": "case-handling", "elements": ["officer.units"]}
    assert [one.value for one in system_facts(US, person(HEAD), **asked)] == ["海口市秀英区政务服务局"]
    assert [one.value for one in system_facts(US, person(HEAD), **asked, valid_at=yesterday)] == [
        "海口市秀英区行政审批服务局"
    ]
    assert system_publish() == 0


# ── Nobody else ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_nobody_else_writes_into_what_is_published(demo: Demo) -> None:
    subject, values = person(HEAD), {"officer.posts": "市长"}
    with pytest.raises(NotAllowed):
        write_record(US, POSTS, subject, values, valid_from=today(), door="feed")
    for door in ("feed", "case", "correction", "observation", "sample"):
        with pytest.raises(NotAllowed):
            system_ingest(US, POSTS, [IngestRow(subject, values, today())], door=door)
    [one] = system_facts(US, subject, purpose="case-handling", elements=["officer.posts"])
    with pytest.raises(NotAllowed):
        correct_record(US, POSTS, one.record_id, values, reason="写错了")
    with pytest.raises(NotAllowed):
        retract_record(US, POSTS, one.record_id, reason="写错了")
    assert known(subject)["officer.posts"].endswith("负责人岗")


def test_two_who_publish_at_once_write_it_once(own_demo: Demo) -> None:
    end(MANY, "许可证管理岗")
    assert sorted(at_once(system_publish, system_publish)) == [0, 1]
