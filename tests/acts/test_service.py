"""`@service` is the one door of change: all of it happens, or none, and either way it is known."""

from __future__ import annotations

import ast
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError

import yiwang
from yiwang.acts import queries, registry
from yiwang.acts.services import current_act, service
from yiwang.acts.values import VISITOR, Actor, CapacityKind, Decision, system
from yiwang.audit.models import Entry
from yiwang.audit.values import Outcome
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, NotFound
from yiwang.outbox.models import Event

RESIDENT = Actor(uuid4(), CapacityKind.SELF, uuid4(), correlation_id="c-1", origin="invented")
OFFICER = Actor(uuid4(), CapacityKind.POST, UUID(int=7))


@service("trial.change", open_to={CapacityKind.SELF})
def change(actor: Actor, number: int, *, fault: Exception | None = None, now: datetime | None = None) -> int:
    act = current_act()
    act.about("trial", number)
    act.note(number=number)
    act.emit("trial.changed.v1", subject=str(number), data={"number": number})
    if fault is not None:
        raise fault
    return number * 2


@service("trial.outer", open_to={CapacityKind.SELF})
def outer(
    actor: Actor, *, fault: Exception | None = None, forgive: bool = False, afterwards: Exception | None = None
) -> int:
    current_act().about("trial", "outer")
    try:
        doubled = change(actor, 5, fault=fault)
    except (NotAllowed, ZeroDivisionError):
        if not forgive:
            raise
        doubled = 0
    if afterwards is not None:
        raise afterwards
    return doubled


@service("trial.silent", open_to={CapacityKind.SELF})
def silent(actor: Actor) -> None:
    """Forgets to say what it is about."""


@pytest.fixture(autouse=True)
def no_checker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry.permissions, "checker", None)


def entries() -> list[tuple[str, str]]:
    return [(row.action, row.outcome) for row in Entry.objects.order_by("id")]


@pytest.mark.django_db
def test_a_service_leaves_an_entry_and_an_event_with_its_result() -> None:
    assert change(RESIDENT, 4) == 8
    entry = Entry.objects.get()
    assert (entry.action, entry.outcome, entry.object_kind, entry.object_id) == ("trial.change", "done", "trial", "4")
    assert (entry.account_id, entry.capacity, entry.capacity_id) == (RESIDENT.account_id, "self", RESIDENT.capacity_id)
    assert (entry.details, entry.correlation_id, entry.origin) == ({"number": 4}, "c-1", "invented")
    event = Event.objects.get()
    assert (event.type, event.subject, event.data) == ("trial.changed.v1", "4", {"number": 4})
    assert (event.correlation_id, event.origin, event.time) == ("c-1", "invented", entry.time)


@pytest.mark.django_db
def test_the_time_that_is_given_is_the_acts_business_time() -> None:
    moment = datetime(2027, 2, 3, 4, 5, tzinfo=UTC)
    change(RESIDENT, 4, now=moment)
    entry = Entry.objects.get()
    assert entry.time == moment
    assert entry.machine_time != moment


@pytest.mark.usefixtures("city")
def test_who_may_not_is_refused_with_nothing_changed_and_the_refusal_kept() -> None:
    with pytest.raises(NotAllowed):
        change(VISITOR, 4)
    assert entries() == [("trial.change", "refused")]
    assert Entry.objects.get().details == {"code": "not-allowed"}
    assert not Event.objects.exists()


@pytest.mark.usefixtures("city")
def test_a_refusal_inside_undoes_everything_and_keeps_what_it_was_about() -> None:
    with pytest.raises(NotAllowed):
        change(RESIDENT, 4, fault=NotAllowed("Because."))
    entry = Entry.objects.get()
    assert (entry.outcome, entry.object_id, entry.details) == ("refused", "4", {"number": 4, "code": "not-allowed"})
    assert not Event.objects.exists()


@pytest.mark.usefixtures("city")
def test_whoever_guesses_what_he_may_not_see_is_kept_as_refused() -> None:
    with pytest.raises(NotFound):
        change(RESIDENT, 4, fault=NotFound())
    assert entries() == [("trial.change", "refused")]


@pytest.mark.usefixtures("city")
@pytest.mark.parametrize("fault", [Invalid(), Conflict()])
def test_a_fault_of_the_input_undoes_everything_and_is_nobodys_business(fault: Exception) -> None:
    with pytest.raises(type(fault)):
        change(RESIDENT, 4, fault=fault)
    assert entries() == []
    assert not Event.objects.exists()


@pytest.mark.usefixtures("city")
def test_something_unexpected_is_kept_by_its_type_without_its_words() -> None:
    with pytest.raises(KeyError):
        change(RESIDENT, 4, fault=KeyError("Lin Xiuying"))
    entry = Entry.objects.get()
    assert (entry.outcome, entry.details) == ("failed", {"number": 4, "fault": "KeyError"})
    assert not Event.objects.exists()


@pytest.mark.usefixtures("city")
def test_a_service_that_does_not_say_what_it_is_about_fails() -> None:
    with pytest.raises(AssertionError, match="about"):
        silent(RESIDENT)
    assert entries() == [("trial.silent", "failed")]


@pytest.mark.usefixtures("city")
def test_a_service_inside_another_joins_its_transaction_with_an_entry_of_its_own() -> None:
    assert outer(RESIDENT) == 10
    assert entries() == [("trial.change", "done"), ("trial.outer", "done")]
    assert len({row["xid"] for row in Entry.objects.values("xid")}) == 1


@pytest.mark.usefixtures("city")
def test_when_the_outer_one_fails_the_inner_one_is_undone_with_it() -> None:
    with pytest.raises(Conflict):
        outer(RESIDENT, afterwards=Conflict())
    assert entries() == []
    assert not Event.objects.exists()


@pytest.mark.usefixtures("city")
def test_an_inner_refusal_that_ends_the_outer_one_is_kept_for_both() -> None:
    with pytest.raises(NotAllowed):
        outer(RESIDENT, fault=NotAllowed())
    assert entries() == [("trial.change", "refused"), ("trial.outer", "refused")]


@pytest.mark.usefixtures("city")
def test_an_inner_refusal_that_the_outer_one_gets_over_is_kept_beside_its_success() -> None:
    assert outer(RESIDENT, fault=ZeroDivisionError(), forgive=True) == 0
    assert entries() == [("trial.change", "failed"), ("trial.outer", "done")]
    assert not Event.objects.exists()


@pytest.mark.usefixtures("city")
def test_an_inner_refusal_is_kept_even_when_the_outer_one_fails_otherwise_later() -> None:
    with pytest.raises(Conflict):
        outer(RESIDENT, fault=NotAllowed(), forgive=True, afterwards=Conflict())
    assert entries() == [("trial.change", "refused")]


@pytest.mark.usefixtures("city")
def test_a_database_that_goes_away_is_reported_as_itself(city: Any) -> None:
    def cut() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    @service("trial.cut")
    def cut_off(actor: Actor) -> None:
        current_act().about("trial", 1)
        cut()

    with pytest.raises(OperationalError):
        cut_off(system("tests"))
    connection.close()
    assert change(RESIDENT, 1) == 2


@pytest.mark.django_db
def test_a_change_outside_a_service_has_no_act() -> None:
    with pytest.raises(RuntimeError, match="@service"):
        current_act()


@pytest.mark.django_db
def test_the_checker_decides_for_capacities_that_need_a_grant(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def decide(actor: Actor, action: str) -> Decision:
        asked.append(action)
        return Decision(actor.capacity_id == OFFICER.capacity_id, "Only {who} may.", {"who": "the seventh"})

    monkeypatch.setattr(registry.permissions, "checker", decide)
    change(OFFICER, 1)
    change(RESIDENT, 1)
    change(system("tests"), 1)
    assert asked == ["trial.change"]
    with pytest.raises(NotAllowed) as refused:
        change(Actor(uuid4(), CapacityKind.POST, uuid4()), 1)
    assert (refused.value.detail, refused.value.params) == ("Only {who} may.", {"who": "the seventh"})


@pytest.mark.django_db
def test_without_a_checker_nobody_but_the_platform_may_do_what_is_not_open_to_him() -> None:
    for capacity in CapacityKind:
        allowed = registry.permissions.allows(Actor(None, capacity, None), "trial.change").allowed
        assert allowed is (capacity in {CapacityKind.SELF, CapacityKind.SYSTEM})


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["note", "emit"])
def test_an_identity_number_does_not_reach_the_audit_or_an_event(place: str) -> None:
    @service("trial.careless")
    def careless(actor: Actor) -> None:
        act = current_act()
        act.about("trial", 1)
        if place == "note":
            act.note(who="460199199001011234")
        else:
            act.emit("trial.changed.v1", subject="1", data={"who": ["46019919900101123X"]})

    with pytest.raises(AssertionError, match="identity numbers"):
        careless(system("tests"))


def test_two_functions_cannot_do_one_action() -> None:
    with pytest.raises(ValueError, match=r"trial\.change"):

        @service("trial.change")
        def another(actor: Actor) -> None: ...


def test_every_service_is_listed_for_the_matrix_of_permissions() -> None:
    listed = registry.all_services()
    assert listed["trial.change"].open_to == {CapacityKind.SELF}
    assert listed["trial.change"].function is change
    assert listed["release.publish"].open_to == frozenset()


@pytest.mark.usefixtures("city")
def test_services_in_several_threads_do_not_see_each_others_acts() -> None:
    inside, other_done = threading.Event(), threading.Event()

    @service("trial.waiting")
    def waiting(actor: Actor) -> None:
        current_act().about("trial", "waiting")
        inside.set()
        assert other_done.wait(30)
        assert current_act().action == "trial.waiting"

    def run() -> None:
        waiting(system("tests"))
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    assert inside.wait(30)
    change(RESIDENT, 3)
    other_done.set()
    thread.join(30)
    assert entries() == [("trial.change", "done"), ("trial.waiting", "done")]


@pytest.mark.usefixtures("city")
def test_inside_a_transaction_of_somebody_else_entries_live_and_die_with_it() -> None:
    with transaction.atomic():
        with pytest.raises(NotAllowed):
            change(VISITOR, 4)
        change(RESIDENT, 1)
    assert entries() == [("trial.change", "refused"), ("trial.change", "done")]


@pytest.mark.django_db
def test_the_audit_is_read_by_those_who_may(monkeypatch: pytest.MonkeyPatch) -> None:
    change(RESIDENT, 1)
    change(RESIDENT, 2)
    with pytest.raises(NotAllowed):
        queries.list_audit_entries(RESIDENT)
    monkeypatch.setattr(registry.permissions, "checker", lambda actor, action: Decision(action == "audit.read"))
    seen = queries.list_audit_entries(OFFICER, object_kind="trial", outcome=Outcome.DONE)
    assert [one.entry.object_id for one in seen] == ["2", "1"]
    assert not seen[0].sealed
    assert queries.list_audit_entries(OFFICER, before=seen[0].id, limit=1) == seen[1:]


def test_only_the_platforms_own_functions_act_as_the_platform() -> None:
    """`system(…)` stands in jobs, subscribers, commands, sample loaders, and functions named system_…: nowhere that a request reaches."""
    source = Path(yiwang.__file__).parent
    rooms = {"jobs", "subscribers", "samples", "cli"}
    trespasses = []
    for path in source.rglob("*.py"):
        parts = path.relative_to(source).with_suffix("").parts
        if rooms & set(parts) or parts[0] == "cli":
            continue
        tree = ast.parse(path.read_text("utf-8"))
        imports = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "yiwang.acts.values"
            and any(a.name == "system" for a in node.names)
            for node in ast.walk(tree)
        )
        if not imports:
            continue
        for function in ast.walk(tree):
            if isinstance(function, ast.FunctionDef) and not function.name.lstrip("_").startswith("system_"):
                for node in ast.walk(function):
                    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "system":
                        trespasses.append(f"{path.relative_to(source)}:{node.lineno} in {function.name}")
    assert not trespasses, "\n".join(trespasses)
