"""Events reach every subscriber, in order, and take effect exactly once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from yiwang.kernel.time import machine_now
from yiwang.outbox import queries, registry, services
from yiwang.outbox.models import Delivery, Failure, Subscription
from yiwang.outbox.values import DeliveredEvent, NewEvent, as_cloudevent

pytestmark = pytest.mark.usefixtures("city")


class Ledger:
    """What a subscriber wrote, kept in a table of its own so that it lives and dies with the transaction."""

    def __init__(self, owner_url: str, failing: set[str] | None = None) -> None:
        self.failing = failing or set()
        self.calls = 0
        with psycopg.connect(owner_url) as owner:
            owner.execute(
                "CREATE TABLE ledger (line bigint GENERATED ALWAYS AS IDENTITY, position bigint, subject text)"
            )

    def hear(self, event: DeliveredEvent) -> None:
        self.calls += 1
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO ledger (position, subject) VALUES (%s, %s)", [event.position, event.subject])
        if event.subject in self.failing:
            raise ValueError(f"Personal words about {event.subject}")

    def lines(self) -> list[tuple[int, str]]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT position, subject FROM ledger ORDER BY line")
            return list(cursor.fetchall())

    def subjects(self) -> list[str]:
        return [subject for _, subject in self.lines()]


@pytest.fixture
def ledger(city: Any, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setattr(registry, "_subscribers", {})
    made = Ledger(city.url("owner"))
    registry.subscribe("ledger", ["trial.made.v1", "trial.ended.v1"], made.hear)
    return made


def tell(*subjects: str, type: str = "trial.made.v1") -> None:
    with transaction.atomic():
        services.append([NewEvent(type, subject, {"n": number}) for number, subject in enumerate(subjects)])


@contextmanager
def a_transaction_held_open(subject: str) -> Iterator[threading.Event]:
    """Another connection that has written an event; it commits when the yielded event is set, or at the end."""
    written, may_commit = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            services.append([NewEvent("trial.made.v1", subject)])
            written.set()
            may_commit.wait(30)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    assert written.wait(30)
    try:
        yield may_commit
    finally:
        may_commit.set()
        holder.join(30)


def test_events_are_delivered_once_and_in_order(ledger: Ledger) -> None:
    tell("a", "b")
    tell("c")
    assert services.deliver_due() == 3
    assert services.deliver_due() == 0
    assert ledger.subjects() == ["a", "b", "c"]
    assert Delivery.objects.count() == 3
    assert queries.is_settled()


def test_an_event_of_a_transaction_that_was_undone_is_never_delivered(ledger: Ledger) -> None:
    with transaction.atomic():
        services.append([NewEvent("trial.made.v1", "never")])
        transaction.set_rollback(True)
    tell("after")
    services.deliver_due()
    assert ledger.subjects() == ["after"]


def test_an_event_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        services.append([NewEvent("trial.made.v1", "a")])


def test_types_that_nobody_asked_for_are_passed_over(ledger: Ledger) -> None:
    tell("x", type="trial.other.v1")
    tell("a")
    services.deliver_due()
    assert ledger.subjects() == ["a"]


def test_a_transaction_that_is_still_open_is_not_passed(ledger: Ledger) -> None:
    tell("before")
    services.deliver_due()
    with a_transaction_held_open("slow") as may_commit:
        tell("quick")
        assert services.deliver_due() == 0
        assert ledger.subjects() == ["before"]
        may_commit.set()
    services.deliver_due()
    assert ledger.subjects() == ["before", "slow", "quick"]


def test_an_old_transaction_that_writes_late_is_not_lost_and_keeps_the_order_of_writing(ledger: Ledger) -> None:
    # Ordered by transaction id the late event would come first, although it was written last.
    started, may_write, written, may_commit = (threading.Event() for _ in range(4))

    def old() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_current_xact_id()")
            started.set()
            may_write.wait(30)
            services.append([NewEvent("trial.made.v1", "late")])
            written.set()
            may_commit.wait(30)
        connection.close()

    thread = threading.Thread(target=old)
    thread.start()
    assert started.wait(30)
    tell("early")
    services.deliver_due()
    assert ledger.subjects() == []  # an older transaction may still write below it
    may_write.set()
    assert written.wait(30)
    services.deliver_due()
    may_commit.set()
    thread.join(30)
    services.deliver_due()
    assert ledger.subjects() == ["early", "late"]


def test_many_writers_at_once_lose_nothing_under_a_reader_that_never_rests(ledger: Ledger) -> None:
    done = threading.Event()

    def write(name: str) -> None:
        for number in range(40):
            tell(f"{name}-{number}", f"{name}-{number}")
        connection.close()

    def read() -> None:
        while not done.is_set():
            services.deliver_due()
        connection.close()

    writers = [threading.Thread(target=write, args=[f"w{number}"]) for number in range(4)]
    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in [*writers, *readers]:
        thread.start()
    for thread in writers:
        thread.join(60)
    done.set()
    for thread in readers:
        thread.join(60)
    services.deliver_due()
    positions = [position for position, _ in ledger.lines()]
    assert len(positions) == 4 * 40 * 2
    assert positions == sorted(set(positions))


def test_a_subscriber_that_another_worker_serves_is_passed_over(ledger: Ledger, city: Any) -> None:
    tell("a")
    services.deliver_due()
    tell("b")
    with psycopg.connect(city.url("app")) as other:
        other.execute("SELECT * FROM outbox_subscription WHERE name = 'ledger' FOR UPDATE")
        assert services.deliver_due() == 0
    assert services.deliver_due() == 1


def test_a_failing_event_undoes_its_writes_and_is_tried_again_later(ledger: Ledger) -> None:
    ledger.failing = {"bad"}
    tell("bad", "good")
    assert services.deliver_due() == 1
    assert ledger.subjects() == ["good"]
    failure = Failure.objects.get()
    assert failure.attempts == 1
    assert failure.due_at is not None
    assert failure.due_at > machine_now()
    ledger.failing = set()
    Failure.objects.update(due_at=machine_now())
    assert services.deliver_due() == 1
    assert ledger.subjects() == ["good", "bad"]
    assert not Failure.objects.exists()


def test_the_error_that_is_kept_holds_no_words_of_the_exception(ledger: Ledger) -> None:
    ledger.failing = {"bad"}
    tell("bad")
    services.deliver_due()
    error = Failure.objects.get().error
    assert "ValueError" in error
    assert "hear" in error
    assert "Personal" not in error


def test_later_events_of_the_same_subject_wait_behind_a_failing_one(ledger: Ledger) -> None:
    ledger.failing = {"bad"}
    tell("bad")
    services.deliver_due()
    Failure.objects.update(due_at=machine_now() + timedelta(hours=1))  # however slow the machine, not yet
    ledger.failing = set()
    tell("bad", "other", type="trial.ended.v1")
    services.deliver_due()
    assert ledger.subjects() == ["other"]
    Failure.objects.filter(due_at__isnull=False).update(due_at=machine_now())
    while services.deliver_due():
        pass
    assert ledger.subjects() == ["other", "bad", "bad"]
    positions = [position for position, subject in ledger.lines() if subject == "bad"]
    assert positions == sorted(positions)
    assert not Failure.objects.exists()


def test_pauses_grow_and_an_event_is_parked_in_the_end(ledger: Ledger) -> None:
    ledger.failing = {"bad"}
    tell("bad")
    services.deliver_due()
    tell("bad")
    pauses: list[timedelta] = []
    while (failure := Failure.objects.order_by("event").first()) and failure.due_at is not None:
        pauses.append(failure.due_at - failure.failed_at)
        Failure.objects.filter(id=failure.id).update(due_at=machine_now())
        services.deliver_due()
    assert len(pauses) == services.ATTEMPTS - 1
    assert all(later > earlier for earlier, later in zip(pauses, pauses[1:], strict=False))
    parked, behind = queries.list_parked()
    assert (parked.attempts, parked.behind) == (services.ATTEMPTS, False)
    assert behind.behind
    assert [(one.subscriber, one.waiting, one.parked) for one in queries.lag()] == [("ledger", 0, 1)]
    assert queries.is_settled()  # a parked event waits for a person, not for time


def test_a_parked_event_is_delivered_when_somebody_asks_for_it(ledger: Ledger) -> None:
    ledger.failing = {"bad"}
    tell("bad", "bad")
    services.deliver_due()
    for _ in range(services.ATTEMPTS):
        Failure.objects.filter(due_at__isnull=False).update(due_at=machine_now())
        services.deliver_due()
    ledger.failing = set()
    assert services.retry_parked("ledger") == 1
    while services.deliver_due():
        pass
    assert ledger.subjects() == ["bad", "bad"]
    assert queries.list_parked() == []


def test_a_statement_that_takes_too_long_is_the_events_fault_and_not_the_databases(ledger: Ledger) -> None:
    def slow(event: DeliveredEvent) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 1")
            cursor.execute("SELECT pg_sleep(10)")

    registry.subscribe("slow", ["trial.made.v1"], slow)
    tell("a")
    services.deliver_due()
    failure = Failure.objects.get()
    assert (failure.subscription_id, failure.attempts) == ("slow", 1)
    assert ledger.subjects() == ["a"]


def test_a_subscriber_of_rare_events_does_not_read_the_others_again_and_again(ledger: Ledger) -> None:
    tell(*["x"] * (services.FAR_BEHIND + 1), type="trial.other.v1")
    services.deliver_due()
    last = queries.list_events(after=services.FAR_BEHIND)[-1].position
    assert Subscription.objects.get(name="ledger").position == last
    tell("a")
    services.deliver_due()
    assert ledger.subjects() == ["a"]


def test_one_subscribers_trouble_is_not_anothers(ledger: Ledger) -> None:
    ledger.failing = {"bad"}
    heard: list[str] = []
    registry.subscribe("other", ["trial.made.v1"], lambda event: heard.append(event.subject))
    tell("bad", "good")
    services.deliver_due()
    assert heard == ["bad", "good"]
    assert ledger.subjects() == ["good"]


def test_a_new_subscriber_hears_everything_from_the_beginning(ledger: Ledger) -> None:
    tell("a", "b")
    services.deliver_due()
    heard: list[str] = []
    registry.subscribe("newcomer", ["trial.made.v1"], lambda event: heard.append(event.subject))
    services.deliver_due("newcomer")
    assert heard == ["a", "b"]


def test_a_worker_wakes_when_an_event_is_written(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "LOOK_EVERY_SECONDS", 20.0)
    heard, stop = threading.Event(), threading.Event()
    registry.subscribe("alarm", ["trial.ended.v1"], lambda _: heard.set())
    worker = threading.Thread(target=services.deliver_forever, args=[stop])
    worker.start()
    try:
        tell("first")
        while not queries.is_settled():
            stop.wait(0.01)
        tell("wake", type="trial.ended.v1")
        assert heard.wait(10)
    finally:
        stop.set()
        tell("end")  # the worker waits for a notification, and looks at `stop` when one comes
        worker.join(30)
    assert not worker.is_alive()


def test_a_worker_survives_that_its_connections_are_cut(ledger: Ledger, city: Any) -> None:
    stop = threading.Event()
    worker = threading.Thread(target=services.deliver_forever, args=[stop])
    worker.start()
    try:
        tell("before")
        while not queries.is_settled():
            stop.wait(0.01)
        with psycopg.connect(city.url("superuser"), autocommit=True) as superuser:
            superuser.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE usename = 'yiwang_app' AND datname = current_database() AND pid <> pg_backend_pid()"
            )
        connection.close()
        tell("after")
        while not queries.is_settled():
            stop.wait(0.01)
    finally:
        stop.set()
        worker.join(30)
    assert ledger.subjects() == ["before", "after"]


def test_an_event_is_shaped_as_a_cloudevent(ledger: Ledger) -> None:
    with transaction.atomic():
        services.append([NewEvent("trial.made.v1", "s", {"n": 1}, correlation_id="c1")])
    (event,) = queries.list_events()
    shaped = as_cloudevent(event)
    assert {name: shaped[name] for name in ("specversion", "type", "subject", "correlationid", "data")} == {
        "specversion": "1.0",
        "type": "trial.made.v1",
        "subject": "s",
        "correlationid": "c1",
        "data": {"n": 1},
    }
    assert shaped["id"] == str(event.event_id)


@pytest.mark.parametrize("type", ["submitted", "case.submitted", "Case.submitted.v1", "case.submitted.v0"])
def test_a_type_without_its_form_is_refused(type: str) -> None:
    with pytest.raises(ValueError, match="event type"):
        NewEvent(type, "s")


def test_positions_survive_in_the_database(ledger: Ledger) -> None:
    tell("a")
    services.deliver_due()
    assert Subscription.objects.get(name="ledger").position == queries.list_events()[-1].position


def test_a_transaction_can_have_its_own_events_delivered_within_it(ledger: Ledger) -> None:
    tell("before")
    services.deliver_due()
    with transaction.atomic():
        tell("first")
        last = services.deliver_within(0)
        assert ledger.subjects() == ["before", "first"]
        tell("second")
        services.deliver_within(last)
        assert ledger.subjects() == ["before", "first", "second"]
    assert services.deliver_due() == 0
    tell("after")
    assert services.deliver_due() == 1
    assert ledger.subjects() == ["before", "first", "second", "after"]


def test_what_is_delivered_within_a_transaction_dies_with_it(ledger: Ledger) -> None:
    with transaction.atomic():
        tell("first")
        services.deliver_within(0)
        assert ledger.subjects() == ["first"]
        transaction.set_rollback(True)
    assert ledger.subjects() == []
    services.deliver_due()
    assert ledger.subjects() == []


def test_a_subscriber_that_fails_within_a_transaction_undoes_it(ledger: Ledger) -> None:
    ledger.failing = {"first"}

    def told() -> None:
        with transaction.atomic():
            tell("first")
            services.deliver_within(0)

    with pytest.raises(ValueError, match="first"):
        told()
    assert Delivery.objects.count() == 0


def test_only_a_transaction_has_events_of_its_own(ledger: Ledger) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        services.deliver_within(0)
