"""The packs that exist, all under the same tests: they check clean, apply to an empty plan, come back byte for byte, keep their word."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.packs import apply_packs

from yiwang.packs.queries import plan_reading, read_city
from yiwang.packs.rules.reading import read_yaml
from yiwang.packs.services import export

PACKS = Path(__file__).parents[2] / "packs"
NAMES = sorted(path.name for path in PACKS.iterdir() if path.is_dir())


@pytest.mark.parametrize("pack", NAMES)
def test_a_pack_has_no_faults(pack: str) -> None:
    faults = [one for one in read_city([PACKS], only=pack).faults if one.path.parts[0] == pack]
    assert not faults, "\n".join(str(one) for one in faults)


@pytest.mark.parametrize("pack", NAMES)
def test_a_pack_has_a_readme_for_its_office_and_says_what_it_does_not_do(pack: str) -> None:
    readme = (PACKS / pack / "README.md").read_text("utf-8")
    assert readme.startswith("# ")
    assert 200 <= len(readme.encode()) <= 20_000


@pytest.mark.parametrize("pack", NAMES)
def test_what_quality_says_is_true(pack: str) -> None:
    rules = read_yaml((PACKS / pack / "quality.yaml").read_bytes()).value
    assert rules["checks"]["status"] == "done"
    stories = list((PACKS / pack / "rehearsals").glob("*.yaml"))
    assert (rules["rehearsals"]["status"] == "done") == (len(stories) >= 2)
    if rules.get("both-languages", {}).get("status") == "done":
        reading = read_city([PACKS], only=pack)
        one_language = [str(one.path) for one in reading.city if one.pack == pack and isinstance(one.body.title, str)]
        assert not one_language


def test_all_packs_stand_together() -> None:
    reading = read_city([PACKS])
    assert not reading.faults, "\n".join(str(one) for one in reading.faults)
    assert set(reading.packs) == set(NAMES)


def test_applying_leaves_nothing_to_do_and_gives_every_byte_back(city: object, tmp_path: Path) -> None:
    release = apply_packs(PACKS)
    assert plan_reading(read_city([PACKS])).is_empty
    assert apply_packs(PACKS) == release
    export(tmp_path)
    ours = {path.relative_to(PACKS): path.read_bytes() for path in PACKS.rglob("*") if path.is_file()}
    given_back = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert given_back == ours
