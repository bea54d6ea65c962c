"""Whatever may be declared can be applied, and once applied there is nothing left to do; and so can whatever follows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.packs import apply_packs, element, resource, trial_files, write_pack

from yiwang.acts.queries import current_release, list_definitions
from yiwang.packs.queries import plan_reading, read_city
from yiwang.packs.services import export
from yiwang.packs.values import RefusedCity
from yiwang.records.queries import differing_tables

TYPES = [
    "text",
    "integer",
    "decimal",
    "money",
    "date",
    "instant",
    "boolean",
    "phone",
    "citizen-id",
    "place",
    "address",
    "file",
]
ELEMENTS = st.dictionaries(
    st.sampled_from(["trial.a", "trial.b", "trial.c", "trial.d-e"]), st.sampled_from(TYPES), min_size=1
)


@st.composite
def cities(draw: st.DrawFn) -> dict[str, str | bytes]:
    """A valid pack: elements, and one or two resources that share them out, no element with two sources."""
    elements = draw(ELEMENTS)
    files = trial_files() | {f"elements/{id}.yaml": element(id, type) for id, type in elements.items()}
    shares: dict[str, list[str]] = {}
    for id in elements:
        shares.setdefault(draw(st.sampled_from(["trial.one", "trial.two", ""])), []).append(id)
    shares.pop("", None)
    for id, fields in shares.items():
        files[f"resources/{id}.yaml"] = resource(id, *fields)
    return files


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(declared=st.lists(cities(), min_size=1, max_size=3))
def test_plan_and_apply_agree(city: Any, tmp_path: Path, declared: list[dict[str, str | bytes]]) -> None:
    folder = tmp_path / "packs"
    for files in declared:
        write_pack(folder, "trial", files)
        reading = read_city([folder])
        assert not reading.faults
        before = current_release()
        try:
            plan = plan_reading(reading)
        except RefusedCity:  # a source that moves, a type that does not convert: nothing may have happened
            assert current_release() == before
            continue
        assert apply_packs(folder) == before + (not plan.is_empty)
        assert plan_reading(read_city([folder])).is_empty
        assert not differing_tables()
        assert set(list_definitions("element")) == {name[9:-5] for name in files if name.startswith("elements/")}
        out = tmp_path / f"out{current_release()}"
        export(out)
        assert {
            str(path.relative_to(out / "trial")): path.read_bytes()
            for path in (out / "trial").rglob("*")
            if path.is_file()
        } == {
            str(path.relative_to(folder / "trial")): path.read_bytes()
            for path in (folder / "trial").rglob("*")
            if path.is_file()
        }
