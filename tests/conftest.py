"""One database server for each process of the run, a migrated template in it, and a clone of it for whoever asks.

Not one for the whole run: a transaction that one test holds open is the oldest of the whole server, and the readers of
outbox and audit log in every other database on it would rightly wait for it.

- `db` (or the mark `django_db`): the process's own clone; each test's changes are rolled back.
- `city`: a clone of the test's own, which may be committed to and given to child processes.
- `server`: the server itself.

`YIWANG_TEST_POSTGRES=15` runs everything on the distribution's PostgreSQL 15 instead of the embedded 18.
`YIWANG_TEST_STRICT=1` makes a skip, an expected failure or an empty parametrisation fail the run.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from support.databases import connected_to, connected_to_a_clone, one_at_a_time

from yiwang.launch.configuration import Configuration, load
from yiwang.launch.postgres import Server

MEMORY, ROOM = Path("/dev/shm"), 6 * 2**30


def _spacious() -> Path | None:
    """Where the files of the run go: into memory, if there is plenty; None is the usual place.

    Clones of databases are 1,500 files that live for a second, and ext4 looks long for a place for a file after many were deleted.
    """
    if not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return None
    found = re.search(r"^MemAvailable: +(\d+) kB$", Path("/proc/meminfo").read_text(), re.MULTILINE)
    available = int(found[1]) * 1024 if found else 0
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.exists() and (most := limit.read_text().strip()).isdecimal():
        available = min(available, int(most))
    return MEMORY if available >= 2 * ROOM else None


# The folder of this run, which processes of pytest-xdist inherit, and in it one of this process.
RUN = Path(os.environ.setdefault("YIWANG_TEST_RUN", "") or tempfile.mkdtemp(prefix="yiwang-test-", dir=_spacious()))
os.environ["YIWANG_TEST_RUN"] = str(RUN)
HOME = RUN / os.environ.get("PYTEST_XDIST_WORKER", "alone")
TEMPLATE = "template_city"
LEFT_OUT = ("skipped", "xfailed", "xpassed", "rerun")
ENGINES = {
    "outbox",
    "audit",
    "acts",
    "subjects",
    "identity",
    "places",
    "catalog",
    "records",
    "documents",
    "cases",
    "messaging",
    "supervision",
}

# A busy machine is no fault of a rule: no test fails for the time that an example took.
settings.register_profile("yiwang", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("yiwang")


def binaries() -> Path | None:
    """The PostgreSQL under test; None is the embedded one."""
    version = os.environ.get("YIWANG_TEST_POSTGRES", "")
    if not version:
        return None
    folder = Path(f"/usr/lib/postgresql/{version}/bin")
    if not (folder / "initdb").exists():
        raise pytest.UsageError(f"PostgreSQL {version} is not here. Run: apt-get install postgresql-{version}")
    return folder


def _configuration() -> Configuration:
    given = {
        "YIWANG_DATA_DIR": str(HOME / "data"),
        "YIWANG_DEMO": "true",
        "YIWANG_SIZE": "tiny",
        "YIWANG_LOG_FORMAT": "console",
        # Tests of what one administrator does let him do it alone. What waits for another: test_consents.py.
        "YIWANG_CONSENT_DAYS": "0",
    }
    if found := binaries():
        given["YIWANG_POSTGRES_BINARIES"] = str(found)
    return load(given)


def _make_server() -> Server:
    return Server(HOME / "data", binaries(), fsync=False)


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


_server: Server | None = None


def pytest_configure(config: pytest.Config) -> None:
    """Configure Django before pytest-django looks for it; say where files of tests go before pytest makes the folder."""
    from yiwang import settings

    settings.set_up(_configuration())
    if not _is_worker(config) and config.option.basetemp is None:
        config.option.basetemp = str(RUN / "files")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The server ends with its process, the folder with the run."""
    if _server is not None:
        _server.stop()
    if not _is_worker(config):
        shutil.rmtree(RUN, ignore_errors=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as `engine` what needs only an engine and the database: these tests run once more on the oldest supported server, but for
    those that kill processes: what they prove is ours and not the server's.
    """
    here = Path(__file__).parent
    for item in items:
        is_engine = item.path.is_relative_to(here) and item.path.relative_to(here).parts[0] in ENGINES
        fixtures = set(getattr(item, "fixturenames", ()))
        if is_engine and fixtures & {"db", "city", "template"}:
            item.add_marker("engine")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Name what a strict run does not allow."""
    if os.environ.get("YIWANG_TEST_STRICT") == "1":
        for outcome in LEFT_OUT:
            for report in terminalreporter.stats.get(outcome, []):
                terminalreporter.write_line(f"STRICT: {outcome} {getattr(report, 'nodeid', report)}", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """In a strict run nothing may be left out."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("YIWANG_TEST_STRICT") != "1" or reporter is None or _is_worker(session.config):
        return
    if any(reporter.stats.get(outcome) for outcome in LEFT_OUT):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


# ── No network ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Sockets reach this machine only."""
    real_connect = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host = str(address[0])
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise AssertionError(f"A test reached for the network: {address}")
        real_connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True)
def no_kept_pages() -> None:
    """No test sees a page of the portal that another made from another database."""
    from yiwang.api.kept import forget_pages

    forget_pages()


# ── Database ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def postgres_binaries() -> Path | None:
    """The PostgreSQL under test, for tests that start servers of their own; None is the embedded one."""
    return binaries()


@pytest.fixture(scope="session")
def server(django_db_blocker: Any) -> Server:
    """This process's PostgreSQL with the template in it, started when the first test asks for it."""
    global _server
    if _server is None:
        _server = _make_server()
        with django_db_blocker.unblock():
            start_with_template(_server)
    return _server


@pytest.fixture(scope="session")
def template(server: Server) -> str:
    """The name of a database with every table and nothing in it."""
    return TEMPLATE


def start_with_template(server: Server) -> None:
    """Start a server whose folder is new. Tables are laid down by the first process of the run; everybody else copies its files."""
    laid = RUN / "laid"
    with one_at_a_time():
        server.start()
        if not laid.exists():
            _lay_down(server, laid)
        else:
            server.stop()
            shutil.rmtree(server.cluster)
            _copy_files(laid, server.cluster)
    if not server.is_running():
        server.start()


def _lay_down(server: Server, laid: Path) -> None:
    from django.core.management import call_command

    server.create_database(TEMPLATE)
    with connected_to(TEMPLATE, "yiwang_owner"):
        call_command("migrate", verbosity=0)
    server.stop()
    _copy_files(server.cluster, laid)


def _copy_files(cluster: Path, to: Path) -> None:
    """The files of a server that does not run, with their owners."""
    subprocess.run(["cp", "--archive", cluster, to], check=True)


@pytest.fixture
def server_with_fsync(server: Server, tmp_path: Path, postgres_binaries: Path | None) -> Iterator[Server]:
    """A server of the test's own in `tmp_path/data` that writes to the disk as a city's does, with the template in it."""
    made = Server(tmp_path / "data", postgres_binaries)
    start_with_template(made)
    yield made
    made.stop()


@pytest.fixture(scope="session")
def rehearsal_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder that the rehearsals of this process share, so that tables, packs and samples are laid down once."""
    return tmp_path_factory.mktemp("rehearsals")


@pytest.fixture(scope="session")
def django_db_setup(server: Server, template: str) -> Iterator[None]:
    """pytest-django's database is a clone that lasts as long as the process."""
    name = "rolled_back"
    server.create_database(name, template)
    with connected_to(name):
        yield


@dataclass(frozen=True, slots=True)
class TestCity:
    """A database of one test's own: `name` on `server`, and the environment with which a child process finds it."""

    __test__ = False

    name: str
    server: Server
    environment: dict[str, str]

    def url(self, role: str = "app") -> str:
        """Its libpq URL for `app`, `owner` or `superuser`."""
        return self.server.url(self.name, role)  # type: ignore[arg-type]


@contextmanager
def clone_city(server: Server, template: str) -> Iterator[TestCity]:
    """Make a clone of `template`, point Django at it, and take both back afterwards."""
    with connected_to_a_clone(server, template, "city") as name:
        urls = {"YIWANG_DATABASE_URL": server.url(name, "owner"), "YIWANG_APP_DATABASE_URL": server.url(name, "app")}
        yield TestCity(name, server, dict(os.environ) | _configuration().as_environment() | urls)


@pytest.fixture
def city(server: Server, template: str, django_db_blocker: Any) -> Iterator[TestCity]:
    """A city of this test's own: Django is connected to it, what is committed stays until the test ends."""
    with django_db_blocker.unblock(), clone_city(server, template) as made:
        yield made
