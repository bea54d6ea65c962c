"""Random histories: what the tables answer for (valid at, known at) is what a naive model answers."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from yiwang.acts.values import system
from yiwang.kernel.time import now
from yiwang.records.queries import facts
from yiwang.records.rules.history import Version, version_in_force
from yiwang.records.services import retract_record, system_ingest, write_record
from yiwang.records.values import IngestRow

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 6).map(lambda days: FIRST + timedelta(days=days))
VALUES = st.fixed_dictionaries(
    {}, optional={"trial.name": st.sampled_from("林陈吴符"), "trial.sex": st.sampled_from("12")}
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), DAYS, VALUES),
        st.tuples(st.just("ingest"), DAYS, VALUES),
        st.tuples(st.just("retract"), st.integers(0, 9), st.just({})),
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, questions=st.lists(st.tuples(DAYS, st.integers(-1, 9)), min_size=1, max_size=6))
def test_a_history_answers_as_the_naive_model(town: Any, steps: list[Any], questions: list[Any]) -> None:
    person, tests, began = town.person(), system("tests"), now()
    said: list[Version[dict[str, str]]] = []
    ids: list[tuple[Any, date]] = []
    far = date(9999, 1, 1)
    for number, (verb, what, values) in enumerate(steps):
        moment = began + timedelta(seconds=number)
        if verb == "retract":
            if not ids:
                continue
            record, day = ids[what % len(ids)]
            last = max((one for one in said if one.valid_from == day), key=lambda one: one.arrived_at)
            if last.values.get("id") != record:
                continue
            retract_record(tests, "trial.people", record, reason="不实", now=moment)
            said.append(Version(day, moment, True, {}))
            continue
        before = version_in_force(said, valid_at=what, known_at=moment)
        whole = dict(values)
        if verb == "write":
            whole = {key: value for key, value in (before.values if before else {}).items() if key != "id"} | whole
        if "trial.name" not in whole:
            whole["trial.name"] = values["trial.name"] = "无"
        if verb == "write":
            record = write_record(tests, "trial.people", person, values, valid_from=what, door="feed", now=moment)
            ids.append((record, what))
            said.append(Version(what, moment, False, whole | {"id": record}))
        else:
            report = system_ingest(tests, "trial.people", [IngestRow(person, whole, what)], door="feed", now=moment)
            words = [one for one in said if one.valid_from == what]
            last = max(words, key=lambda one: one.arrived_at, default=None)
            same = (
                last is not None and not last.retracted and {k: v for k, v in last.values.items() if k != "id"} == whole
            )
            assert report.written == (0 if same else 1)
            if not same:
                said.append(Version(what, moment, False, whole))
    for valid_at, after in [*questions, (far, len(steps))]:
        known_at = began + timedelta(seconds=after, milliseconds=500)
        expected = version_in_force(said, valid_at=valid_at, known_at=known_at)
        found = facts(town.himself(person), person, purpose="own-data", valid_at=valid_at, known_at=known_at)
        assert {one.element: one.value for one in found} == {
            key: value for key, value in (expected.values if expected else {}).items() if key != "id"
        }
