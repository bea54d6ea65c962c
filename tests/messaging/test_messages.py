"""Messages: sent once, read by whom they were sent to, and nothing filled that nobody offers."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from yiwang.acts.services import system_publish_release
from yiwang.acts.values import VISITOR, Actor, CapacityKind, NewDefinition, system
from yiwang.kernel.errors import Invalid, NotAllowed, NotFound
from yiwang.messaging import queries, services
from yiwang.messaging.models import Message
from yiwang.messaging.rules.filling import fill, unknown_placeholders
from yiwang.messaging.values import Recipient

PERSON: dict[str, Any] = {
    "kind": "subject-kind",
    "id": "person",
    "title": "人",
    "natural_person": True,
    "identifiers": [{"scheme": "number", "title": "号", "checker": ""}],
}
NOTE = {
    "kind": "message",
    "id": "note",
    "title": {"zh-Hans": "关于{item.title}", "en": "About {item.title}"},
    "body": {"zh-Hans": "编号 {case.number}\n理由：{case.reason}", "en": "Number {case.number}\nReason: {case.reason}"},
}
FACTS = {"zh-Hans": {"item.title": "甲", "case.number": "1"}, "en": {"item.title": "A", "case.number": "1"}}


@pytest.fixture
def reader(db: None) -> Actor:
    from yiwang.identity.queries import actor_for_self, system_account
    from yiwang.identity.services import open_account
    from yiwang.subjects.services import system_register_subjects
    from yiwang.subjects.values import NewSubject

    bodies = (PERSON, NOTE)
    system_publish_release(system("tests"), [NewDefinition(one["kind"], one["id"], "tests", one) for one in bodies])
    [subject] = system_register_subjects(system("tests"), [NewSubject("person", {"number": "7"})])
    account = open_account(system("tests"), "reader", "Lychee-season-26", subject_id=subject)
    return actor_for_self(system_account(account))


def send(to: Actor, key: str = "") -> UUID:
    recipient = Recipient(subject_id=to.subject_id)
    return services.system_send(system("tests"), "note", recipient, key=key or uuid4().hex, facts=FACTS)


def test_a_message_is_sent_once_for_its_key(reader: Actor) -> None:
    assert send(reader, "k") == send(reader, "k")
    assert send(reader, "k") != send(reader, "l")
    assert queries.count_unread(reader) == 2


def test_a_message_speaks_the_language_of_its_reader(reader: Actor) -> None:
    send(reader)
    assert queries.inbox(reader).rows[0].title == "关于甲"
    assert queries.inbox(reader, language="en").rows[0].body == "Number 1"


def test_reading_marks_once(reader: Actor) -> None:
    id = send(reader)
    first = services.mark_read(reader, id)
    assert first.read_at is not None
    assert services.mark_read(reader, id).read_at == first.read_at
    assert queries.count_unread(reader) == 0


def test_nobody_else_reads_it(reader: Actor) -> None:
    id = send(reader)
    stranger = Actor(uuid4(), CapacityKind.SELF, uuid4(), subject_id=uuid4())
    post = Actor(reader.account_id, CapacityKind.POST, uuid4(), subject_id=reader.subject_id)
    for other in (stranger, post):
        assert queries.inbox(other).rows == ()
        with pytest.raises(NotFound):
            queries.message(other, id)
        with pytest.raises(NotFound):
            services.mark_read(other, id)
    assert queries.inbox(VISITOR).rows == ()
    with pytest.raises(NotAllowed):
        services.mark_read(VISITOR, id)


def test_an_inbox_goes_on_where_it_stopped(reader: Actor) -> None:
    sent = {send(reader) for _ in range(5)}
    first = queries.inbox(reader, limit=3)
    assert first.next is not None
    second = queries.inbox(reader, first.next, limit=3)
    assert {one.id for one in (*first.rows, *second.rows)} == sent
    assert second.next is None
    with pytest.raises(Invalid):
        queries.inbox(reader, "forged")


def test_an_inbox_costs_two_queries_however_full_it_is(reader: Actor, django_assert_num_queries: Any) -> None:
    for _ in range(5):
        send(reader)
    with django_assert_num_queries(2):
        queries.inbox(reader)


def test_a_message_that_nobody_declared_is_not_sent(reader: Actor) -> None:
    with pytest.raises(NotFound):
        services.system_send(system("tests"), "no-such", Recipient(subject_id=reader.subject_id), key="k", facts={})
    assert not Message.objects.exists()


def test_a_message_has_one_recipient() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        Recipient()
    with pytest.raises(ValueError, match="exactly one"):
        Recipient(subject_id=uuid4(), post_id=uuid4())


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{case.number}", "1"),
        ("理由：{case.reason}", ""),
        ("a\n理由：{case.reason}\nb", "a\nb"),
        ("{case.reason}{case.number}", "1"),
        ("{x.__class__} {case.number}", " 1".strip()),
        ("没有占位", "没有占位"),
        ("{{case.number}}", "{1}"),
        ("{case.number", "{case.number"),
    ],
)
def test_placeholders_are_filled_with_facts_and_nothing_else(text: str, filled: str) -> None:
    assert fill(text, {"case.number": "1"}) == filled


def test_a_fact_that_looks_like_a_placeholder_stays_a_text() -> None:
    assert fill("{case.reason}", {"case.reason": "{case.number}", "case.number": "1"}) == "{case.number}"


def test_unknown_placeholders_are_named() -> None:
    assert unknown_placeholders("{a} {case.number} {b.c}", {"case.number"}) == ["a", "b.c"]


def test_who_has_no_id_is_not_sent_what_names_nobody(reader: Actor) -> None:
    send(reader)
    for capacity in (CapacityKind.SELF, CapacityKind.POST):
        nobody = Actor(account_id=None, capacity=capacity, capacity_id=None)
        assert not queries.inbox(nobody).rows
