"""Packs that must be refused, each with the whole of what is said about it (`expected.txt`)."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.packs import apply_packs

from yiwang.packs.queries import plan_reading, read_city
from yiwang.packs.values import RefusedCity

REFUSED = Path(__file__).parent / "refused"
FAULTS = sorted(path for path in REFUSED.iterdir() if path.is_dir())
AT_CHECK = [path for path in FAULTS if not (path / "then").exists()]
AT_PLAN = [path for path in FAULTS if (path / "then").exists()]


def expected(fault: Path) -> str:
    return (fault / "expected.txt").read_text("utf-8")


@pytest.mark.parametrize("fault", AT_CHECK, ids=lambda path: path.name)
def test_every_fault_is_told_with_file_line_and_what_to_write(fault: Path) -> None:
    faults = read_city([fault]).faults
    assert faults
    assert "\n".join(str(one) for one in faults) + "\n" == expected(fault)


@pytest.mark.parametrize("fault", AT_PLAN, ids=lambda path: path.name)
def test_what_may_not_follow_the_release_in_force_is_refused(fault: Path, city: object) -> None:
    apply_packs(fault / "first")
    with pytest.raises(RefusedCity) as refusal:
        plan_reading(read_city([fault / "then"]))
    assert str(refusal.value) + "\n" == expected(fault)


def test_there_are_packs_for_the_faults_that_authors_make() -> None:
    assert len(FAULTS) >= 30
