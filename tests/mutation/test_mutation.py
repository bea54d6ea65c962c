"""Whatever a pack does, watches or checks, a story notices when it is switched off.

`make soak SUITE=mutation` switches everything off, one thing after the other, and takes its time; the short form takes a few things of
every sort, each before the one story that is known to notice.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .mutants import mutants_of, write_mutant

HERE = Path(__file__).parent
PACKS = HERE.parents[1] / "packs"
LONG = os.environ.get("YIWANG_SOAK") == "1"
SECONDS = 4 * 3600 if LONG else 900
ITSELF = "the pack itself"

NOTICED = {
    "address-statement": {
        "base/processes/one-decision.bpmn: tell-refused (notify)": "address-statement-refused",
    },
    "food-permit": {
        "food-permit/duties/keep-food-permits.yaml: the grant certificate.suspend": "food-permit-kept",
    },
}
"""Pack → mutant → the story that notices it, for the short form."""
ALWAYS_KNOWN = {
    f"food-permit/forms/food-permit.yaml: that {element} is required"
    for element in (
        "enterprise.name",
        "enterprise.credit-code",
        "enterprise.representative-name",
        "enterprise.address",
        "person.name",
        "person.citizen-id",
        "premises.address",
        "premises.use",
        "premises.area",
    )
}
"""Mutants that nobody can meet in the demonstration city. Who applies represents the enterprise by the register entry that these facts
stand in, and signs in as the person whom the population register knows; every enterprise there has premises in the register of rights."""


@pytest.mark.parametrize("pack", NOTICED)
def test_each_mutant_is_the_pack_with_one_thing_missing(pack: str, tmp_path: Path) -> None:
    mutants = list(mutants_of(PACKS, pack))
    assert len({one.id for one in mutants}) == len(mutants) > 3
    assert set(NOTICED[pack]) <= {one.id for one in mutants}
    for one in mutants:
        assert any(content is None or content != (PACKS / name).read_bytes() for name, content in one.changed.items())
    copy = write_mutant(PACKS, mutants[0], tmp_path / "packs")
    [name] = mutants[0].changed
    assert {path.relative_to(copy) for path in copy.rglob("*")} == {
        path.relative_to(PACKS) for path in PACKS.rglob("*")
    }
    assert (copy / name).read_bytes() == mutants[0].changed[name]


@pytest.mark.parametrize("pack", NOTICED)
def test_nothing_can_be_switched_off_without_a_story_noticing(pack: str, rehearsal_folder: Path) -> None:
    words = [] if LONG else [word for pair in NOTICED[pack].items() for word in pair]
    done = subprocess.run(
        [sys.executable, HERE / "play.py", rehearsal_folder, pack, *words],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {one["mutant"]: one for one in map(json.loads, done.stdout.splitlines())}
    for one in found.values():
        sys.stdout.write(f"{one['by'] or '—':<28} {one['mutant']}  {one['said']}\n")
    if LONG:
        assert found.pop(ITSELF)["by"] == "", "the pack itself does not go as told"
        assert set(found) == {one.id for one in mutants_of(PACKS, pack)}
    survivors = [name for name, one in found.items() if not one["by"] and name not in ALWAYS_KNOWN]
    assert not survivors, "Nobody notices: " + "; ".join(survivors)
