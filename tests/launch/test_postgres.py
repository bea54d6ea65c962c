"""The embedded server: its life, its deaths, and what it leaves alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from support.waiting import eventually, is_alive, processes_naming

from yiwang.launch.databases import APP, OWNER, ServerFault, prepare_database
from yiwang.launch.postgres import Server

LAUNCHER = """
import sys, time, pathlib
from yiwang.launch.postgres import Server
server = Server(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) if sys.argv[2] else None)
server.start()
print(server.process_id(), server._guard.pid, flush=True)
time.sleep(600)
"""


def rows(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run statements one by one; the rows of the last."""
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            done = connection.execute(statement)
        return list(done.fetchall()) if done.description else []


def launcher(folder: Path, binaries: Path | None) -> tuple[subprocess.Popen[str], int, int]:
    """A process of its own that starts a server and waits; with it the ids of the server and of the guard."""
    process = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(folder), str(binaries or "")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    server, guard = map(int, process.stdout.readline().split())
    process.stdout.close()
    return process, server, guard


def test_a_first_start_makes_the_cluster_and_a_second_keeps_its_rows(own_server: Server) -> None:
    own_server.start()
    own_server.create_database("city")
    rows(own_server.url("city", "owner"), "CREATE TABLE kept (word text)", "INSERT INTO kept VALUES ('一网')")
    own_server.stop()
    assert not own_server.is_answering()
    own_server.start()
    assert rows(own_server.url("city", "app"), "SELECT word FROM kept") == [("一网",)]


def test_no_tcp_port_is_opened_and_only_this_user_reaches_the_socket(own_server: Server) -> None:
    own_server.start()
    assert rows(own_server.url("postgres", "superuser"), "SHOW listen_addresses") == [("",)]
    assert stat.S_IMODE(own_server.socket_folder.stat().st_mode) == 0o700


def test_the_server_keeps_pages_in_a_share_of_the_memory_that_leaves_room_for_the_platform(own_server: Server) -> None:
    own_server.start()
    [(kept,)] = rows(own_server.url("postgres", "superuser"), "SELECT pg_size_bytes(current_setting('shared_buffers'))")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert isinstance(kept, int)
    assert 128 * 2**20 <= kept <= max(128 * 2**20, memory // 8)


def test_checksums_are_on_and_the_locale_sees_chinese(own_server: Server) -> None:
    own_server.start()
    assert rows(own_server.url("postgres", "superuser"), "SHOW data_checksums") == [("on",)]
    own_server.create_database("city")
    found = rows(own_server.url("city", "app"), "SELECT cardinality(show_trgm('政务服务')) > 0")
    assert found == [(True,)]


@pytest.mark.crash
def test_rows_committed_before_a_kill_of_the_server_are_there_after_the_next_start(own_server: Server) -> None:
    own_server.start()
    own_server.create_database("city")
    rows(own_server.url("city", "owner"), "CREATE TABLE kept (n int)")
    rows(own_server.url("city", "app"), "INSERT INTO kept SELECT generate_series(1, 1000)")
    still_connected = psycopg.connect(own_server.url("city", "app"))
    still_connected.execute("INSERT INTO kept VALUES (-1)")  # never committed
    os.kill(own_server.process_id(), signal.SIGKILL)
    own_server.start()  # at once: processes of the killed server may still be ending
    still_connected.close()
    assert rows(own_server.url("city", "app"), "SELECT count(*), min(n) FROM kept") == [(1000, 1)]


@pytest.mark.crash
def test_the_server_ends_when_its_launcher_is_killed(tmp_path: Path, postgres_binaries: Path | None) -> None:
    process, server, guard = launcher(tmp_path / "data", postgres_binaries)
    process.kill()
    process.wait()
    eventually(lambda: not is_alive(server), "the server ends after its launcher")
    eventually(lambda: not is_alive(guard), "the guard ends after its launcher")
    eventually(lambda: not processes_naming(tmp_path), "nothing is left of the server")


@pytest.mark.crash
def test_the_server_ends_even_when_launcher_and_guard_are_killed(
    tmp_path: Path, postgres_binaries: Path | None
) -> None:
    process, server, guard = launcher(tmp_path / "data", postgres_binaries)
    os.kill(guard, signal.SIGKILL)
    process.kill()
    process.wait()
    eventually(lambda: not is_alive(server), "the server ends after its guard")
    own = Server(tmp_path / "data", postgres_binaries)
    own.start()
    own.stop()


@pytest.mark.crash
def test_a_lock_file_whose_process_is_now_another_does_not_stop_the_start(own_server: Server) -> None:
    own_server.start()
    lock_file = own_server.cluster / "postmaster.pid"
    lines = lock_file.read_text("ascii").split("\n")
    os.kill(own_server.process_id(), signal.SIGKILL)
    eventually(lambda: not processes_naming(own_server.cluster), "processes of the killed server end")
    stranger = subprocess.Popen(["sleep", "600"])
    try:
        lock_file.write_text("\n".join([str(stranger.pid), *lines[1:]]), "ascii")
        own_server.start()
        assert own_server.is_answering()
    finally:
        stranger.kill()
        stranger.wait()


def test_no_mode_changes_on_folders_that_are_not_ours(tmp_path: Path, postgres_binaries: Path | None) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o700)
    above = [home, *home.parents]
    before = [folder.stat().st_mode for folder in above]
    server = Server(home / "data", postgres_binaries)
    server.start()
    server.stop()
    assert [folder.stat().st_mode for folder in above] == before


def test_no_user_is_added_to_the_system(own_server: Server) -> None:
    before = Path("/etc/passwd").read_bytes()
    own_server.start()
    assert Path("/etc/passwd").read_bytes() == before


def test_a_long_path_gets_a_socket_in_a_short_folder(tmp_path: Path, postgres_binaries: Path | None) -> None:
    server = Server(tmp_path / ("long" * 30) / "data", postgres_binaries)
    server.start()
    try:
        assert server.is_answering()
        assert len(str(server.socket_folder)) < 86
    finally:
        server.stop()
        shutil.rmtree(server.socket_folder)


def test_a_folder_that_somebody_else_opened_is_refused(tmp_path: Path, postgres_binaries: Path | None) -> None:
    server = Server(tmp_path / "data", postgres_binaries)
    server.socket_folder.mkdir(parents=True)
    server.socket_folder.chmod(0o777)
    with pytest.raises(ServerFault, match="not a folder that is open to the server's user alone"):
        server.start()


def test_an_interrupted_first_start_leaves_nothing_half(tmp_path: Path, postgres_binaries: Path | None) -> None:
    server = Server(tmp_path / "data", postgres_binaries)
    half_done = server.cluster.with_suffix(".new")
    half_done.mkdir(parents=True)
    (half_done / "PG_VERSION").write_text("18\n")
    server.start()
    try:
        assert server.is_answering()
        assert not half_done.exists()
    finally:
        server.stop()


def test_a_cluster_of_another_version_is_refused_with_what_to_do(own_server: Server) -> None:
    own_server.start()
    own_server.stop()
    (own_server.cluster / "PG_VERSION").write_text("12\n")
    with pytest.raises(ServerFault, match=r"made by PostgreSQL 12.*YIWANG_POSTGRES_BINARIES"):
        own_server.start()


def test_a_cluster_whose_locale_is_blind_for_chinese_is_refused(
    tmp_path: Path, postgres_binaries: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_run = subprocess.run

    def blind(words: list[str], **options: object) -> object:
        return real_run(["--locale=C" if word == "--locale=C.UTF-8" else word for word in words], **options)  # type: ignore[call-overload]

    server = Server(tmp_path / "data", postgres_binaries)
    with monkeypatch.context() as patch:
        patch.setattr(subprocess, "run", blind)
        with pytest.raises(ServerFault, match="trigrams see no Chinese"):
            server.start()
    assert not server.is_running()


def test_the_app_role_may_change_rows_and_not_tables(own_server: Server) -> None:
    own_server.start()
    own_server.create_database("city")
    rows(own_server.url("city", "owner"), "CREATE TABLE made (id bigserial, n int)")
    assert rows(own_server.url("city", "app"), "INSERT INTO made (n) VALUES (1) RETURNING id") == [(1,)]
    for statement in ("DROP TABLE made", "CREATE TABLE other (n int)", "TRUNCATE made"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            rows(own_server.url("city", "app"), statement)


def test_preparing_a_database_twice_changes_nothing(own_server: Server) -> None:
    own_server.start()
    own_server.create_database("city")
    acl = "SELECT defaclobjtype, defaclacl::text FROM pg_default_acl ORDER BY 1, 2"
    before = rows(own_server.url("city", "superuser"), acl)
    prepare_database(own_server.url("city", "superuser"))
    prepare_database(own_server.url("city", "owner"))
    assert rows(own_server.url("city", "superuser"), acl) == before


def test_an_owner_that_may_not_make_roles_is_told_the_statements(own_server: Server) -> None:
    own_server.start()
    maker = own_server.url("postgres", "superuser")
    rows(maker, f"DROP ROLE {APP}", "CREATE ROLE elsewhere LOGIN", "CREATE DATABASE real OWNER elsewhere")
    url = own_server.url("real", "owner").replace(OWNER, "elsewhere")
    with pytest.raises(ServerFault, match=f"CREATE ROLE {APP} LOGIN"):
        prepare_database(url)


AS_ORDINARY_USER = """
import json, os, pathlib, sys
from yiwang.launch.postgres import Server
server = Server(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]) if sys.argv[2] else None)
server.start()
print(json.dumps([os.geteuid(), server.is_answering()]))
server.stop()
"""


def test_an_ordinary_user_runs_the_server_directly(tmp_path: Path, postgres_binaries: Path | None) -> None:
    words = [sys.executable, "-c", AS_ORDINARY_USER, str(tmp_path / "data"), str(postgres_binaries or "")]
    if os.geteuid() == 0:
        words = ["unshare", "-U", "--map-user=1000", "--map-group=1000", "--", *words]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    user, answered = json.loads(done.stdout)
    assert user != 0
    assert answered
