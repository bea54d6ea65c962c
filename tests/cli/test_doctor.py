"""`yiwang doctor`: seven breakages, each made here, each named with the command that mends it."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from yiwang.cli import main
from yiwang.cli.doctor import Examined, examine
from yiwang.kernel.crypto import INTL, write_key_file
from yiwang.kernel.time import machine_now
from yiwang.launch import keys
from yiwang.launch.configuration import Configuration, load
from yiwang.launch.folder import hold
from yiwang.outbox.values import Lag

PACKS = Path(__file__).parents[2] / "packs"


def fault(found: list[Examined], check: str) -> Examined:
    """The one fault of a check."""
    faults = [one for one in found if one.check == check and not one.finding.is_well]
    assert len(faults) == 1, [one for one in found if one.check == check]
    return faults[0]


def is_well(found: list[Examined], check: str) -> bool:
    told = [one.finding.is_well for one in found if one.check == check]
    return bool(told) and all(told)


@pytest.fixture
def well(city: Any, tmp_path: Path) -> Configuration:
    """A city in which everything is as it should be, but for the processes, which do not run here."""
    return load({**city.environment, "YIWANG_DATA_DIR": str(tmp_path), "YIWANG_FILES_DIR": str(tmp_path / "files")})


def test_a_city_without_faults_has_none_but_that_nothing_runs(well: Configuration) -> None:
    found = examine(well)
    assert {one.check for one in found if not one.finding.is_well} <= {"workers", "release", "administrators"}
    assert all(is_well(found, check) for check in ("disk", "locale", "clock", "signing-key", "tables", "lost-file"))


def test_every_fault_says_what_to_do(well: Configuration) -> None:
    assert all(one.finding.mend for one in examine(well) if not one.finding.is_well)


def test_a_locale_that_is_blind_for_chinese(well: Configuration, city: Any) -> None:
    with psycopg.connect(city.server.url("postgres", "superuser"), autocommit=True) as maker:
        maker.execute(
            "CREATE DATABASE blind TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C' ENCODING 'UTF8' OWNER yiwang_owner"
        )
    try:
        with psycopg.connect(city.server.url("blind", "superuser"), autocommit=True) as maker:
            maker.execute("CREATE EXTENSION pg_trgm")
        told = fault(examine(well.model_copy(update={"app_database_url": city.server.url("blind", "app")})), "locale")
    finally:
        city.server.drop_database("blind")
    assert "blind for Chinese: the locale of the database is C / C / UTF8" in told.finding.detail
    assert "C.UTF-8" in told.finding.mend


FULL_DISK = """
import json, pathlib, subprocess, sys
folder = pathlib.Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], check=True)
(folder / "filler").write_bytes(bytes(8_000_000))
from yiwang.cli import main
from yiwang.cli.doctor import _disk
from yiwang.launch.configuration import load
print(json.dumps([[one.is_well, one.detail, one.mend] for one in _disk(load({"YIWANG_DATA_DIR": str(folder)}))]))
"""


def test_a_full_disk(tmp_path: Path) -> None:
    """In a mount namespace of its own, so that nobody has to be root and nothing stays mounted."""
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", sys.executable, "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    is_fine, detail, mend = json.loads(done.stdout)[0]
    assert not is_fine
    assert f"0.0 GB of 0.0 GB are free in {tmp_path}" in detail
    assert f"du -xhd1 {tmp_path}" in mend


def test_a_dead_worker_is_missed_though_serve_runs(well: Configuration, city: Any) -> None:
    with psycopg.connect(city.url("superuser"), autocommit=True) as session:
        session.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '10 minutes')")
    with hold(well.data_dir, "yiwang serve", stays=True):
        found = examine(well)
    worker, scheduler = [one.finding for one in found if one.check == "workers"]
    assert not worker.is_well
    assert "last was heard of 600 s ago" in worker.detail
    assert f"`yiwang serve` (process {os.getpid()})" in worker.mend
    assert not scheduler.is_well


def test_a_release_that_is_behind_the_packs(well: Configuration) -> None:
    told = fault(examine(well), "release")
    assert "say otherwise than release 0" in told.finding.detail
    assert told.finding.mend == "yiwang plan, then yiwang apply"


def test_packs_with_faults_are_told_with_the_command_that_lists_them(
    well: Configuration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yiwang import settings

    shutil.copytree(PACKS / "base", tmp_path / "packs" / "base")
    (tmp_path / "packs" / "base" / "pack.yaml").write_text("kind: pack\nid: base\n", "utf-8")
    broken = well.model_copy(update={"packs_dirs": (tmp_path / "packs",)})
    monkeypatch.setattr(settings, "_active", broken)
    told = fault(examine(broken), "release")
    assert told.finding.mend == "yiwang check"


def test_a_lost_file(well: Configuration, monkeypatch: pytest.MonkeyPatch) -> None:
    from yiwang import settings
    from yiwang.documents import services as documents
    from yiwang.documents.queries import path_of

    monkeypatch.setattr(settings, "_active", well)
    kept = documents.store(io.BytesIO(b"a map"), media_type="text/plain")
    assert is_well(examine(well), "lost-file")
    path_of(kept.digest).unlink()
    told = fault(examine(well), "lost-file")
    assert kept.digest in told.finding.detail
    assert "backup" in told.finding.mend


@pytest.mark.parametrize("days", [-1, 10])
def test_a_signing_key_that_has_ended_or_soon_will(well: Configuration, days: int) -> None:
    now = machine_now()
    key = INTL.generate(not_before=now - timedelta(days=100), not_after=now + timedelta(days=days))
    write_key_file(keys.ensure(well.data_dir) / keys.CITY_KEY, key)
    told = fault(examine(well), "signing-key")
    assert "serves until" in told.finding.detail
    assert told.finding.mend == "yiwang keys renew"


def test_a_signing_key_that_others_can_read(well: Configuration) -> None:
    now = machine_now()
    path = keys.ensure(well.data_dir) / keys.CITY_KEY
    write_key_file(path, INTL.generate(not_before=now, not_after=now + timedelta(days=100)))
    path.chmod(0o644)
    assert fault(examine(well), "signing-key").finding.mend == f"chmod 600 {path}"


def test_a_clock_that_is_off(well: Configuration) -> None:
    told = fault(examine(well, clock=lambda: machine_now() + timedelta(minutes=7)), "clock")
    assert "+420.0 s off" in told.finding.detail
    assert "timedatectl set-ntp true" in told.finding.mend


def test_a_database_that_does_not_answer(well: Configuration) -> None:
    away = well.model_copy(update={"app_database_url": "postgresql:///city?host=/nonexistent"})
    found = examine(away)
    assert fault(found, "database").finding.mend
    assert is_well(found, "disk")


def test_a_failed_job_and_the_command_that_tries_it_again(well: Configuration, city: Any) -> None:
    with psycopg.connect(city.url("superuser"), autocommit=True) as session:
        session.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, status, attempts)"
            " VALUES ('default', 'cases.run', 'failed', 3)"
        )
        told = fault(examine(well), "jobs")
        assert "1 jobs have failed: cases.run" in told.finding.detail
        assert told.finding.mend.endswith("yiwang retry --jobs")
        done = CliRunner().invoke(main, ["retry", "--jobs"], env=well.as_environment())
        assert done.output.endswith("1 jobs will be tried again.\n")
        assert session.execute("SELECT status FROM procrastinate_jobs").fetchall() == [("todo",)]
    assert is_well(examine(well), "jobs")


def test_events_that_were_set_aside_and_events_that_wait(
    well: Configuration, city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yiwang.outbox import queries

    lag = [Lag("records", 3, machine_now() - timedelta(minutes=9), retrying=0, parked=2)]
    monkeypatch.setattr(queries, "lag", lambda: lag)
    aside, waiting, _ = [one.finding for one in examine(well) if one.check == "events"]
    assert "2 events of records were set aside" in aside.detail
    assert aside.mend.endswith("yiwang retry")
    assert "3 events wait for records, the oldest for 9 minutes" in waiting.detail
