"""Laying rehearsals beside a ledger."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from yiwang.kernel.kinds import City, Declaration
from yiwang.packs.coverage import Coverage, cover
from yiwang.packs.rehearsals.steps import RehearsalBody
from yiwang.packs.rules.ledger import read_ledger, tell_row
from yiwang.packs.values import LedgerUnreadable, PackBody, Reading

LEDGER = """id,zh,en,must,capability,scope
A-1,受理,Accepting,"Accept, review and decide applications.",approval,in
A-2,目录,Catalogue,List items; describe them.,catalogue,in
A-3,其他,Other,Show numbers.,catalogue,in
A-4,不做,Declined,Track everybody.,security,declined: not built
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    file = tmp_path / "ledger.csv"
    file.write_text("\ufeff" + LEDGER, "utf-8")
    return file


def reading(covers: dict[str, Any], plans: tuple[str, ...] = (), shows: tuple[str, ...] = ()) -> Reading:
    manifest = PackBody(id="one", title="一", version="1.0", jurisdiction="460100", plans=plans)
    steps = [{"id": "begin", "as": "visitor"}, {"sees": "一", "shows": shows}]
    story = {"kind": "rehearsal", "id": "story", "title": "一", "covers": covers, "steps": steps}
    path = Path("one/rehearsals/story.yaml")
    lines = {"covers": 5, "covers/A-9": 6, "covers/A-1/accept": 7, "covers/A-1/dance": 8}
    body = RehearsalBody.model_validate(story)
    pack = Declaration("pack", "one", "one", Path("one/pack.yaml"), manifest, {"plans": 3, "plans/0": 4})
    city = City([pack, Declaration("rehearsal", "story", "one", path, body, lines)])
    return Reading(city, {"one": pack}, {}, ())


def states(found: Coverage) -> dict[str, str]:
    return {row.id: row.state for row in found.rows}


def test_a_row_is_covered_when_each_of_its_verbs_has_a_step(ledger: Path) -> None:
    found = cover(ledger, reading({"A-1": {"accept": "begin", "review": 2}}, shows=("A-1: decide",)))
    assert states(found) == {"A-1": "covered", "A-2": "open", "A-3": "open"}
    assert not found.faults
    assert found.declined == 1


def test_a_row_with_some_verbs_is_covered_in_part_and_one_that_is_only_named_is_missing(ledger: Path) -> None:
    found = cover(ledger, reading({"A-1": {"accept": 1}}, plans=("A-2",)))
    assert states(found) == {"A-1": "part", "A-2": "missing", "A-3": "open"}
    assert found.totals()["approval"] == {
        "covered": 0, "part": 1, "missing": 0, "open": 0, "verbs": 3, "verbs shown": 1,
    }  # fmt: skip
    assert found.totals()[""]["missing"] == 1
    assert "– review" in found.as_text()
    assert "A-3" not in found.as_text()


def test_unknown_rows_verbs_and_steps_are_faults_with_their_lines(ledger: Path) -> None:
    found = cover(ledger, reading({"A-9": {"accept": 1}, "A-1": {"dance": 1, "accept": "nowhere"}}, plans=("A-7",)))
    assert [(str(fault.path), fault.line, fault.message) for fault in found.faults] == [
        ("one/pack.yaml", 4, "The ledger has no row A-7."),
        ("one/rehearsals/story.yaml", 6, "The ledger has no row A-9."),
        ("one/rehearsals/story.yaml", 7, "`accept` of A-1 is to be shown by step nowhere, which is missing."),
        ("one/rehearsals/story.yaml", 8, "A-1 asks for no verb `dance`."),
    ]
    assert found.faults[3].advice == "Its verbs: `accept`; `review`; `decide`."


def test_with_a_report_only_what_ran_as_told_in_every_way_counts(ledger: Path, tmp_path: Path) -> None:
    packs = reading({"A-1": {"accept": 1, "review": 2, "decide": 2}})
    report = tmp_path / "report.json"

    def ran(*runs: tuple[bool, bool]) -> str:
        stories = [
            {"id": "story", "steps": [{"number": 1, "ok": first}, {"number": 2, "ok": second}]}
            for first, second in runs
        ]
        report.write_text(json.dumps({"rehearsals": stories}), "utf-8")
        return states(cover(ledger, packs, report))["A-1"]

    assert ran((True, True)) == "covered"
    assert ran((True, False)) == "part"
    assert ran((True, True), (True, False)) == "part"
    assert ran() == "missing"


def test_a_column_of_verbs_wins_over_reading_them(tmp_path: Path) -> None:
    file = tmp_path / "ledger.csv"
    file.write_text("id,must,verbs\nA-1,Accept and decide.,receive; give back\n", "utf-8")
    row = read_ledger(file)["A-1"]
    assert [verb.name for verb in row.verbs] == ["receive", "give back"]
    assert "receive: receive" in tell_row(row)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,text\nA-1,x\n", "has no column must"),
        ("id,must\nA-1,x\nA-1,y\n", "row 3 has the id of another row"),
        ("id,must\n,x\n", "row 2 has no id"),
    ],
)
def test_what_is_no_ledger_is_refused_with_the_reason(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "ledger.csv"
    file.write_text(text, "utf-8")
    with pytest.raises(LedgerUnreadable, match=said):
        read_ledger(file)


def test_everything_can_be_had_as_json(ledger: Path) -> None:
    found = json.loads(cover(ledger, reading({"A-1": {"accept": 1}})).as_json())
    assert found["rows"][0]["verbs"][0]["shown"] == [{"pack": "one", "rehearsal": "story", "step": 1, "ran": None}]
    assert found["totals"][""]["open"] == 2
