"""Whoever sees another value than the source's says so once; the source answers; the fact is disputed meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils.translation import override
from support.doubting import ANSWER, REPORT
from support.packs import element, resource
from support.town import TOWN

from yiwang.acts.values import VISITOR, system
from yiwang.kernel.errors import Fault, Invalid, NotAllowed, NotFound, NotSignedIn
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import now
from yiwang.outbox.queries import list_events
from yiwang.records.models import Discrepancy, DiscrepancyEntry, DiscrepancyReport
from yiwang.records.queries import (
    discrepancies_of_case,
    discrepancy,
    doubt_counts,
    facts,
    list_discrepancies,
    list_reads,
    system_open_discrepancies,
)
from yiwang.records.services import (
    AlreadyEnded,
    accept_discrepancy,
    confirm_discrepancy,
    correct_discrepancy,
    reject_discrepancy,
    report_discrepancy,
    retract_record,
    system_compare,
    system_compare_all,
    system_ingest,
    system_let_go,
    withdraw_discrepancy,
    write_record,
)
from yiwang.records.values import DiscrepancyState, Evidence, IngestRow

TESTS = system("tests")
SINCE = date(2026, 1, 1)
WHY = Evidence("户口本上是另一个字")
CHECKER = "role: verify"
FILES = TOWN | {
    "duties/answer.yaml": ANSWER,
    "duties/report.yaml": REPORT,
    "elements/trial.home.yaml": element("trial.home", "address"),
    "resources/trial.people.yaml": resource(
        "trial.people", "element: trial.name, role: source, required: true", "trial.sex", "trial.number", "trial.born"
    ),
    "resources/trial.checks.yaml": resource(
        "trial.checks", f"element: trial.name, {CHECKER}", f"element: trial.sex, {CHECKER}",
        f"element: trial.number, {CHECKER}", f"element: trial.born, {CHECKER}",
    ),
}  # fmt: skip


@pytest.fixture
def watched(town: Any) -> Any:
    """The town with a second register that verifies the first."""
    town.apply(FILES)
    town.keeper = town.officer("u1", "keep")
    town.answerer = town.officer("u1", "answer")
    town.checker = town.officer("u2", "keep")
    town.reporter = town.officer("u3", "report")
    return town


def say(town: Any, person: Any, *, valid_from: date = SINCE, **values: Any) -> Any:
    named = {f"trial.{name}": value for name, value in values.items()}
    return write_record(town.keeper, "trial.people", person, named, valid_from=valid_from, door="case")


def see(town: Any, person: Any, *, valid_from: date = SINCE, **values: Any) -> Any:
    named = {f"trial.{name}": value for name, value in values.items()}
    return write_record(town.checker, "trial.checks", person, named, valid_from=valid_from, door="observation")


def the_one() -> Discrepancy:
    return Discrepancy.objects.get()


def standing(town: Any, person: Any) -> dict[str, str]:
    return {one.element: str(one.standing) for one in facts(town.himself(person), person, purpose="own-data")}


def report(town: Any, actor: Any, person: Any, value: object = "林秀瑛", evidence: Evidence = WHY) -> Any:
    return report_discrepancy(actor, "trial.people", person, "trial.name", value, evidence, purpose="own-data")


def told() -> list[tuple[str, str]]:
    types = frozenset({"discrepancy.opened.v1", "discrepancy.ended.v1"})
    return [(one.type, str(one.data.get("state", ""))) for one in list_events(types=types)]


# ── Comparison on arrival ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_observation_that_says_the_same_disputes_nothing(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="Lin 秀英", sex="2")
    see(watched, person, name="ｌｉｎ秀英", sex="2")
    assert not Discrepancy.objects.exists()
    assert set(standing(watched, person).values()) == {"undisputed"}


def test_an_observation_that_says_otherwise_is_one_discrepancy_at_the_source(watched: Any) -> None:
    person = watched.person()
    record = say(watched, person, name="林秀英", sex="2")
    seen = see(watched, person, name="林秀瑛", sex="2")
    found = the_one()
    assert (found.element, found.resource, found.record_id) == ("trial.name", "trial.people", record)
    assert (found.doubted, found.proposed, found.state) == ("林秀英", "林秀瑛", "reported")
    assert found.unit is not None
    assert found.unit.code == "u1"
    assert found.reports.get().record_id == seen
    assert standing(watched, person) == {"trial.name": "disputed", "trial.sex": "undisputed"}
    assert told() == [("discrepancy.opened.v1", "")]


def test_it_does_not_matter_who_came_first(watched: Any) -> None:
    person = watched.person()
    see(watched, person, name="林秀瑛")
    assert not Discrepancy.objects.exists()
    say(watched, person, name="林秀英")
    assert the_one().doubted == "林秀英"


def test_the_same_observation_twice_opens_one(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="林秀英")
    see(watched, person, name="林秀瑛")
    see(watched, person, name="林秀瑛")
    see(watched, person, name="林秀瑛", valid_from=date(2026, 2, 1))
    assert the_one().reports.count() == 1
    assert [one.code for one in the_one().history.order_by("position")] == ["opened"]


def test_an_observation_that_changes_takes_its_doubt_back_and_may_raise_another(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="林秀英")
    see(watched, person, name="林秀瑛")
    see(watched, person, name="林绣英")
    first, second = Discrepancy.objects.order_by("id")
    assert (first.state, second.state, second.proposed) == ("withdrawn", "reported", "林绣英")
    see(watched, person, name="林秀英")
    second.refresh_from_db()
    assert second.state == "withdrawn"
    assert standing(watched, person) == {"trial.name": "undisputed"}


def test_a_source_that_comes_round_ends_the_discrepancy_as_corrected(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="林秀英")
    see(watched, person, name="林秀瑛")
    record = say(watched, person, name="林秀瑛", valid_from=date(2026, 3, 1))
    assert (the_one().state, the_one().result_id) == ("corrected", record)
    assert told()[-1] == ("discrepancy.ended.v1", "corrected")


def test_a_source_that_changes_to_something_else_stays_disputed(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="林秀英")
    report(watched, watched.reporter, person)
    third = say(watched, person, name="林绣英", valid_from=date(2026, 3, 1))
    found = the_one()
    assert (found.state, found.doubted, found.record_id) == ("reported", "林绣英", third)
    assert [one.code for one in found.history.order_by("position")] == ["opened", "fact-changed"]
    retract_record(TESTS, "trial.people", third, reason="写错了人")
    assert the_one().doubted == "林秀英"


def test_batches_are_compared_as_single_writes_are(watched: Any) -> None:
    people = [watched.person() for _ in range(6)]
    rows = [IngestRow(one, {"trial.name": f"林{n}"}, SINCE) for n, one in enumerate(people)]
    system_ingest(TESTS, "trial.people", rows, door="feed")
    seen = [IngestRow(one, {"trial.name": f"林{n % 4}"}, SINCE) for n, one in enumerate(people)]
    system_ingest(TESTS, "trial.checks", seen, door="feed")
    assert {one.subject_id for one in Discrepancy.objects.all()} == set(people[4:])
    system_ingest(TESTS, "trial.checks", seen, door="feed")
    assert DiscrepancyReport.objects.count() == 2
    right = [IngestRow(people[4], {"trial.name": "林0"}, SINCE)]
    system_ingest(TESTS, "trial.people", right, door="feed")
    assert Discrepancy.objects.get(subject_id=people[4]).state == "corrected"
    assert Discrepancy.objects.get(subject_id=people[5]).state == "reported"


# ── Comparison of whole resources ───────────────────────────────────────────────────────────────────────────────────────


def everybody(town: Any, count: int = 40) -> list[Any]:
    """People of whom every fourth is seen with another name, as if both registers had been filled before they were compared."""
    people = [town.person() for _ in range(count)]
    system_ingest(
        TESTS, "trial.people",
        [IngestRow(one, {"trial.name": f"林{n}", "trial.sex": "2"}, SINCE) for n, one in enumerate(people)], door="feed",
    )  # fmt: skip
    without = dict(FILES)
    without["resources/trial.checks.yaml"] = resource(
        "trial.checks", "element: trial.name, role: use", "element: trial.sex, role: use"
    )
    town.apply(without)
    system_ingest(
        TESTS, "trial.checks",
        [IngestRow(one, {"trial.name": f"林{n if n % 4 else 'X'}", "trial.sex": "2"}, SINCE) for n, one in enumerate(people)],
        door="feed",
    )  # fmt: skip
    assert not Discrepancy.objects.exists()
    town.apply(FILES)
    return people


def test_whole_resources_are_compared_in_one_statement_for_each_pair(
    watched: Any, django_assert_max_num_queries: Any
) -> None:
    everybody(watched)
    with django_assert_max_num_queries(80) as seen:
        found = {one.element: one for one in system_compare(TESTS, "trial.checks")}
    names, sexes = found["trial.name"], found["trial.sex"]
    assert (names.compared, names.confirmed, names.differing, names.opened) == (40, 30, 10, 10)
    assert (sexes.compared, sexes.confirmed, sexes.differing) == (40, 40, 0)
    assert (found["trial.born"].compared, found["trial.number"].compared) == (0, 0)
    assert sum("JOIN said USING" in one["sql"] for one in seen.captured_queries) == 4
    assert Discrepancy.objects.count() == 10
    assert len(told()) == 10
    counts = doubt_counts()[("trial.people", "trial.name")]
    assert (counts.open, counts.compared, counts.confirmed) == (10, 40, 30)


def test_comparing_again_changes_nothing(watched: Any) -> None:
    everybody(watched)
    system_compare(TESTS, "trial.checks")
    lines = DiscrepancyEntry.objects.count()
    assert [one.opened for one in system_compare(TESTS, "trial.checks")] == [0, 0, 0, 0]
    assert DiscrepancyEntry.objects.count() == lines
    assert system_compare_all() == 1


def test_comparing_costs_as_many_statements_for_many_as_for_few(
    watched: Any, django_assert_max_num_queries: Any
) -> None:
    everybody(watched, 160)
    with django_assert_max_num_queries(120):
        system_compare(TESTS, "trial.checks")
    assert Discrepancy.objects.count() == 40


# ── Reports ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_officer_and_the_person_himself_may_doubt_and_the_second_joins_the_first(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="林秀英")
    first = report(watched, watched.reporter, person)
    assert report(watched, watched.himself(person), person, " 林秀瑛 ") == first
    assert report(watched, watched.reporter, person) == first
    see(watched, person, name="林秀瑛")
    assert the_one().reports.count() == 3
    assert [one.code for one in the_one().history.order_by("position")] == ["opened", "joined", "joined"]
    assert told() == [("discrepancy.opened.v1", "")]
    other = report(watched, watched.himself(person), person, "林绣英")
    assert other != first
    assert set(system_open_discrepancies(person)["trial.name"]) == {first, other}


def test_faults_are_said_all_at_once(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="林秀英")
    with pytest.raises(Invalid) as refused:
        report(
            watched,
            watched.himself(person),
            person,
            "",
            Evidence("", tuple(UUID(int=one) for one in range(6)), "1" * 61),
        )
    assert [one.pointer for one in refused.value.faults] == ["proposed", "evidence/files", "evidence/case_number"]
    with pytest.raises(Invalid) as refused:
        report(watched, watched.himself(person), person, "林 秀英", Evidence())
    assert [(one.pointer, one.code) for one in refused.value.faults] == [
        ("proposed", "same-value"), ("evidence/text", "required"),
    ]  # fmt: skip
    with pytest.raises(Invalid):
        report(watched, watched.himself(person), person, "林秀瑛", Evidence("长" * 501))
    assert not Discrepancy.objects.exists()


def test_nobody_doubts_what_he_may_not_see(watched: Any) -> None:
    person, number = watched.person(), watched.number()
    say(watched, person, name="林秀英", number=number)
    with pytest.raises(NotFound):
        report(watched, watched.himself(watched.person()), person)
    with pytest.raises(NotAllowed):
        report(watched, watched.officer("u1", "idle"), person)
    with pytest.raises(NotAllowed):
        report(watched, VISITOR, person)
    with pytest.raises(NotFound):
        report_discrepancy(
            watched.reporter, "trial.people", person, "trial.born", "1990-01-02", WHY, purpose="own-data"
        )
    with pytest.raises(NotAllowed):  # it would tell by the answer whether a guess is right
        report_discrepancy(watched.reporter, "trial.people", person, "trial.number", number, WHY, purpose="own-data")


def test_a_report_is_taken_back_by_who_made_it_and_the_last_one_ends_it(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="林秀英")
    id = report(watched, watched.reporter, person)
    report(watched, watched.himself(person), person)
    with pytest.raises(NotFound):
        withdraw_discrepancy(watched.answerer, id)
    with pytest.raises(NotFound):
        withdraw_discrepancy(watched.himself(watched.person()), id)
    withdraw_discrepancy(watched.reporter, id, reason="看错了")
    assert standing(watched, person)["trial.name"] == "disputed"
    with pytest.raises(AlreadyEnded):
        withdraw_discrepancy(watched.reporter, id)
    withdraw_discrepancy(watched.himself(person), id)
    assert (the_one().state, standing(watched, person)["trial.name"]) == ("withdrawn", "undisputed")
    assert report(watched, watched.himself(person), person) != id


# ── Answers ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def accepted(town: Any, person: Any) -> tuple[Any, Any]:
    say(town, person, name="林秀英", sex="2")
    id = report(town, town.reporter, person)
    case = uuid7()
    assert accept_discrepancy(TESTS, id, case_id=case, case_number="46010000000001")
    return id, case


def test_the_source_confirms_what_it_says(watched: Any) -> None:
    person = watched.person()
    id, case = accepted(watched, person)
    assert accept_discrepancy(TESTS, id, case_id=case, case_number="46010000000001")
    with pytest.raises(Invalid):
        confirm_discrepancy(watched.answerer, id, reason=" ")
    confirm_discrepancy(watched.answerer, id, reason="与档案一致")
    assert (the_one().state, the_one().reason) == ("confirmed", "与档案一致")
    assert standing(watched, person)["trial.name"] == "undisputed"
    [ended] = list_events(types=frozenset({"discrepancy.ended.v1"}))
    assert ended.data["reporters"] == [{"post_id": str(watched.reporter.capacity_id)}]
    assert ended.data["case_id"] == str(case)
    with pytest.raises(AlreadyEnded):
        confirm_discrepancy(watched.answerer, id, reason="再说一次")


def test_the_source_corrects_the_fact_with_its_history_kept(watched: Any) -> None:
    person = watched.person()
    before_all = now()
    id, case = accepted(watched, person)
    before = now()
    record = correct_discrepancy(watched.answerer, id, case_id=case, case_number="46010000000001", reason="查了底档")
    assert (the_one().state, the_one().result_id) == ("corrected", record)
    [name] = facts(watched.himself(person), person, purpose="own-data", elements=["trial.name"])
    assert (name.value, str(name.door), name.case_number, str(name.standing)) == (
        "林秀瑛", "correction", "46010000000001", "undisputed",
    )  # fmt: skip
    assert name.valid_from == SINCE
    [old] = facts(watched.himself(person), person, purpose="own-data", elements=["trial.name"], known_at=before)
    assert old.value == "林秀英"
    assert facts(watched.himself(person), person, purpose="own-data", known_at=before_all) == []
    [sex] = facts(watched.himself(person), person, purpose="own-data", elements=["trial.sex"])
    assert sex.value == "2"


def test_a_correction_answers_everybody_who_proposed_it_and_leaves_others_open(watched: Any) -> None:
    person = watched.person()
    id, case = accepted(watched, person)
    other = report(watched, watched.himself(person), person, "林绣英")
    correct_discrepancy(watched.answerer, id, case_id=case, case_number="1")
    states = dict(Discrepancy.objects.values_list("id", "state"))
    assert states == {id: "corrected", other: "reported"}
    assert Discrepancy.objects.get(pk=other).doubted == "林秀瑛"


def test_the_source_corrected_meanwhile_leaves_nothing_to_answer(watched: Any) -> None:
    person = watched.person()
    id, case = accepted(watched, person)
    say(watched, person, name="林秀瑛", valid_from=date(2026, 2, 2))
    for answer in (
        lambda: confirm_discrepancy(watched.answerer, id, reason="与档案一致"),
        lambda: correct_discrepancy(watched.answerer, id, case_id=case, case_number="1"),
        lambda: reject_discrepancy(watched.answerer, id, reason="不属于我单位"),
    ):
        with pytest.raises(AlreadyEnded):
            answer()
    assert the_one().state == "corrected"
    assert not accept_discrepancy(TESTS, id, case_id=uuid7(), case_number="2")


def test_only_the_sources_unit_answers(watched: Any) -> None:
    id, case = accepted(watched, watched.person())
    neighbour = watched.officer("u2", "answer")
    with pytest.raises(NotAllowed):
        confirm_discrepancy(neighbour, id, reason="与档案一致")
    with pytest.raises(NotAllowed):
        correct_discrepancy(neighbour, id, case_id=case, case_number="1")
    with pytest.raises(NotAllowed):
        reject_discrepancy(watched.officer("u1", "idle"), id, reason="不看")
    assert the_one().state == "accepted"


def test_a_case_that_ends_without_an_answer_lets_its_discrepancies_go(watched: Any) -> None:
    id, case = accepted(watched, watched.person())
    assert system_let_go(TESTS, case, reason="重复") == 1
    assert (the_one().id, the_one().state, the_one().reason) == (id, "rejected", "重复")
    assert system_let_go(TESTS, case, reason="重复") == 0


def test_history_cannot_be_changed(watched: Any) -> None:
    accepted(watched, watched.person())
    for statement in ("UPDATE records_discrepancy_entry SET code = 'x'", "DELETE FROM records_discrepancy_entry"):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_both_values_stand_side_by_side_and_the_reading_is_logged(watched: Any) -> None:
    person = watched.person()
    id, case = accepted(watched, person)
    with override("zh-hans"):
        seen = discrepancy(watched.answerer, id, purpose="own-data")
        [same] = discrepancies_of_case(watched.answerer, case, purpose="own-data")
        [read, *_rest] = list_reads(watched.himself(person)).reads
    assert (seen.doubted, seen.proposed, seen.masked) == ("林秀英", "林秀瑛", False)
    assert seen.reporters[0].who == "单位u3 窗口"
    assert seen.reporters[0].evidence == WHY
    assert seen.line.state is DiscrepancyState.ACCEPTED
    assert same.line.id == id
    assert read.who == "单位u1 窗口"
    assert read.element_titles == ("信息项 trial.name",)


def test_sensitive_values_are_covered_as_facts_are(watched: Any) -> None:
    person, number, other = watched.person(), watched.number(), watched.number()
    say(watched, person, name="林秀英", number=number)
    see(watched, person, number=other)
    id = the_one().id
    seen = discrepancy(watched.answerer, id, purpose="own-data")
    assert seen.masked
    assert "********" in seen.doubted
    assert "********" in seen.proposed
    assert discrepancy(watched.himself(person), id, purpose="own-data").proposed == other
    with connection.cursor() as cursor:
        for table in ("outbox_event", "audit_entry", "procrastinate_jobs"):
            cursor.execute(
                f"SELECT count(*) FROM {table} t WHERE t::text LIKE ANY(%s)", [[f"%{number}%", f"%{other}%"]]
            )
            assert cursor.fetchone() == (0,), table


def test_who_sees_which(watched: Any) -> None:
    person = watched.person()
    id, _case = accepted(watched, person)

    def seen(actor: Any, only: str = "open") -> list[Any]:
        return [one.id for one in list_discrepancies(actor, only=only).rows]

    assert seen(watched.answerer) == seen(watched.reporter) == seen(watched.himself(person)) == [id]
    assert seen(watched.officer("u2", "answer")) == seen(watched.himself(watched.person())) == []
    assert (seen(watched.reporter, "reported"), seen(watched.answerer, "reported")) == ([id], [])
    assert seen(watched.answerer, "ended") == []
    with pytest.raises(NotFound):
        discrepancy(watched.officer("u2", "answer"), id, purpose="own-data")
    with pytest.raises(NotSignedIn):
        list_discrepancies(VISITOR)
    assert discrepancy(watched.himself(person), id, purpose="own-data").reporters[0].evidence is None


def test_lists_come_in_pages(watched: Any) -> None:
    person = watched.person()
    say(watched, person, name="林秀英")
    ids = [report(watched, watched.himself(person), person, f"林{n}") for n in range(5)]
    seen, cursor = [], ""
    while True:
        page = list_discrepancies(watched.himself(person), cursor, limit=2)
        seen += [one.id for one in page.rows]
        if not (cursor := page.next_cursor):
            break
    assert seen == sorted(ids, reverse=True)


# ── Races ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    barrier = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(n: int) -> None:
        connection.ensure_connection()
        barrier.wait(timeout=30)
        try:
            results[n] = acts[n]()
        except Fault as fault:
            results[n] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert not any(one.is_alive() for one in threads)
    return results


def test_two_reporters_at_once_and_the_register_open_one(watched: Any) -> None:
    for _ in range(4):
        person = watched.person()
        say(watched, person, name="林秀英")
        himself = watched.himself(person)
        results = at_once(
            lambda person=person: report(watched, watched.reporter, person),
            lambda person=person, himself=himself: report(watched, himself, person),
            lambda person=person: see(watched, person, name="林秀瑛"),
            lambda person=person: see(watched, person, name="林秀瑛"),
        )
        assert not any(isinstance(one, Fault) for one in results), results
        found = Discrepancy.objects.get(subject_id=person)
        assert found.reports.count() == 3
        assert found.history.count() == 3


def test_source_and_verifier_at_once_never_miss_each_other(watched: Any) -> None:
    for _ in range(6):
        person = watched.person()
        at_once(
            lambda person=person: say(watched, person, name="林秀英"),
            lambda person=person: see(watched, person, name="林秀瑛"),
        )
        assert Discrepancy.objects.filter(subject_id=person, state="reported").count() == 1


def test_of_a_withdrawal_and_an_answer_at_once_one_counts(watched: Any) -> None:
    for _ in range(4):
        person = watched.person()
        id, case = accepted(watched, person)
        results = at_once(
            lambda id=id: withdraw_discrepancy(watched.reporter, id),
            lambda id=id, case=case: correct_discrepancy(watched.answerer, id, case_id=case, case_number="1"),
        )
        assert sum(isinstance(one, AlreadyEnded) for one in results) == 1, results
        codes = [one.code for one in Discrepancy.objects.get(pk=id).history.order_by("position")]
        assert len([one for one in codes if one in ("withdrawn", "corrected")]) == 1


def test_a_report_and_a_correction_of_the_source_at_once_agree(watched: Any) -> None:
    for _ in range(4):
        person = watched.person()
        say(watched, person, name="林秀英")
        results = at_once(
            lambda person=person: report(watched, watched.reporter, person),
            lambda person=person: say(watched, person, name="林秀瑛"),
        )
        open_ones = Discrepancy.objects.filter(subject_id=person, state__in=["reported", "accepted"])
        assert not open_ones.exists(), "the fact is what was proposed: nothing is left to doubt"
        assert isinstance(results[0], Invalid) or Discrepancy.objects.get(subject_id=person).state == "corrected"
