"""An apply that is killed leaves nothing, wherever it is killed; and somebody else's apply is not run over."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.packs import apply_packs, element, resource, trial_files, write_pack

from yiwang.acts.queries import current_release
from yiwang.acts.services import ReleaseMoved
from yiwang.records.queries import differing_tables, stored_tables

APPLY = """
import sys
from pathlib import Path
from yiwang import settings
settings.set_up(role="owner")
from yiwang.acts.values import system
from yiwang.packs.services import apply
apply(system("tests"), [Path(sys.argv[1])])
"""
PLACES = ("packs.after-publish", "packs.before-commit", "acts.before-commit")


@pytest.fixture
def packs(tmp_path: Path) -> Path:
    files = {
        "elements/trial.name.yaml": element("trial.name"),
        "resources/trial.people.yaml": resource("trial.people", "trial.name"),
    }
    write_pack(tmp_path / "packs", "trial", trial_files() | files)
    return tmp_path / "packs"


@pytest.mark.parametrize("place", PLACES)
def test_a_killed_apply_leaves_nothing_and_the_next_one_does_it_all(
    city: Any, packs: Path, tmp_path: Path, place: str
) -> None:
    hits, before = tmp_path / "hits", current_release()
    armed = city.environment | {"YIWANG_FAILPOINT": f"{place}@1", "YIWANG_FAILPOINT_HITS": str(hits)}
    died = subprocess.run([sys.executable, "-c", APPLY, str(packs)], env=armed, capture_output=True, timeout=60)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    assert hits.read_text().startswith(place)
    assert current_release() == before
    assert "trial.people" not in stored_tables()
    with psycopg.connect(city.url("owner")) as connection:
        row = connection.execute("SELECT to_regclass('records.trial_people')").fetchone()
        assert row == (None,)
    assert apply_packs(packs) == before + 1
    assert not differing_tables()


def test_two_applies_do_not_run_over_each_other(city: Any, packs: Path) -> None:
    with psycopg.connect(city.url("owner")) as other:
        other.execute("SELECT pg_advisory_xact_lock(hashtext('acts.release'))")
        with pytest.raises(ReleaseMoved):
            apply_packs(packs)
    assert apply_packs(packs) == current_release()
