"""Plan and apply: what is said before is what is done, all of it or nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.packs import apply_packs, connected_as, element, resource, trial_files, write_pack

from yiwang.acts.queries import current_release, find_definition, list_definitions
from yiwang.acts.values import system
from yiwang.kernel import failpoints
from yiwang.packs.queries import plan_reading, read_city
from yiwang.packs.services import apply, export
from yiwang.packs.values import RefusedCity

TRIAL = {
    "elements/trial.name.yaml": element("trial.name"),
    "elements/trial.age.yaml": element("trial.age", "integer"),
    "resources/trial.people.yaml": resource("trial.people", "trial.name", "trial.age"),
}


@pytest.fixture
def packs(city: Any, tmp_path: Path) -> Path:
    write_pack(tmp_path, "trial", trial_files() | TRIAL)
    return tmp_path


def plan_of(packs: Path) -> str:
    return str(plan_reading(read_city([packs])))


def tables() -> set[str]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'records'")
        return {row[0] for row in cursor.fetchall()}


def test_a_plan_says_what_would_be_added_and_says_it_the_same_twice(packs: Path) -> None:
    before = current_release()
    text = plan_of(packs)
    assert text == plan_of(packs)
    assert f"8 changes against release {before}:" in text
    assert "+ element       trial.age: trial/elements/trial.age.yaml" in text
    assert "+ table         records.trial_people: is made with 2 columns of 2 elements" in text


def test_apply_makes_one_numbered_release_and_then_there_is_nothing_to_do(packs: Path) -> None:
    before = current_release()
    assert apply_packs(packs) == before + 1
    assert plan_of(packs) == f"Nothing to change: release {before + 1} says the same."
    assert apply_packs(packs) == before + 1
    assert "trial_people" in tables()


def test_a_comment_is_a_change_of_the_file_alone(packs: Path) -> None:
    apply_packs(packs)
    path = packs / "trial/elements/trial.age.yaml"
    path.write_text("# years\n" + path.read_text("utf-8"), "utf-8")
    assert "~ element  trial.age: its files only; what it says stays" in plan_of(packs)


def test_a_change_names_the_keys_and_a_retirement_leaves_the_old_release_as_it_was(packs: Path) -> None:
    first = apply_packs(packs)
    files = trial_files() | TRIAL
    files["elements/trial.name.yaml"] = element("trial.name", longest=40)
    del files["resources/trial.people.yaml"], files["elements/trial.age.yaml"]
    write_pack(packs, "trial", files)
    text = plan_of(packs)
    assert "~ element   trial.name: longest" in text
    assert "- element   trial.age: no pack declares it any more" in text
    assert "- table     records.trial_people: takes no more records; its 0 stay" in text
    second = apply_packs(packs)
    assert find_definition("element", "trial.age") is None
    assert find_definition("element", "trial.age", first) is not None
    assert "trial_people" in tables()
    assert plan_of(packs).startswith(f"Nothing to change: release {second}")


def test_a_failure_in_the_middle_leaves_nothing(packs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, standing = current_release(), tables()

    def die(place: str) -> None:
        if place == "packs.before-commit":
            raise RuntimeError("the machine stops here")

    monkeypatch.setattr(failpoints, "reach", die)
    with pytest.raises(RuntimeError):
        apply_packs(packs)
    monkeypatch.undo()
    assert current_release() == before
    assert tables() == standing
    assert "trial.age" not in list_definitions("element")
    assert apply_packs(packs) == before + 1


def test_packs_with_faults_are_neither_planned_nor_applied(packs: Path) -> None:
    (packs / "trial/elements/trial.age.yaml").write_text("kind: element\n", "utf-8")
    with pytest.raises(RefusedCity):
        plan_of(packs)
    before = current_release()
    with pytest.raises(RefusedCity):
        apply_packs(packs)
    assert current_release() == before


def test_what_is_exported_is_byte_equal_also_of_an_older_release(packs: Path, tmp_path_factory: Any) -> None:
    first = apply_packs(packs)
    original = {path.relative_to(packs): path.read_bytes() for path in packs.rglob("*") if path.is_file()}
    write_pack(packs, "trial", trial_files())
    apply_packs(packs)
    out = tmp_path_factory.mktemp("export")
    assert export(out, first) == len(original)
    assert {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()} == original


def test_progress_is_said(packs: Path) -> None:
    said: list[str] = []
    with connected_as("yiwang_owner"):
        release = apply(system("tests"), [packs], say=said.append)
    assert any(line.startswith(f"Release {release}: 8 changes in 1 packs") for line in said)


def test_one_pack_can_be_looked_at_with_those_it_needs_alone(packs: Path) -> None:
    write_pack(packs, "other", {"elements/other.x.yaml": "kind: nonsense\n"})
    write_pack(packs, "above", {}, depends_on=("trial",))
    assert read_city([packs]).faults
    reading = read_city([packs], only="above")
    assert not reading.faults
    assert set(reading.packs) == {"above", "trial"}
