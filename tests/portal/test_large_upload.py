"""A huge upload against the real server: refused early, answers kept, memory as before, nothing left on the disk."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.demo import PASSWORD, RESIDENT, Demo
from support.handing_in import ITEM, PLAN
from support.waiting import eventually

HUGE = 200 << 20
PIECE = bytes(1 << 20)
MOST_GROWTH = 30 << 10  # KiB


class Web:
    """The web process of `yiwang serve` with one worker, and a browser without scripts in front of it."""

    def __init__(self, environment: dict[str, str], folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        more = {"YIWANG_PORT": str(self.port), "YIWANG_WEB_WORKERS": "1", "YIWANG_FILES_DIR": str(folder)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "yiwang.cli", "web"],
            env={**environment, **more},
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.cookies: dict[str, str] = {}

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/healthz")[0] == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, str]:
        session = self.connection()
        session.request(method, path, body, {"Cookie": self.cookie(), **headers})
        answer = session.getresponse()
        for given in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value
        text = answer.read().decode()
        session.close()
        return answer.status, text

    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def token(self) -> str:
        return str(json.loads(self.ask("GET", "/api/v1/session")[1])["csrf_token"])

    def sign_in(self) -> None:
        body = json.dumps({"login": RESIDENT, "password": PASSWORD})
        status, _ = self.ask(
            "POST", "/api/v1/session", body, **{"Content-Type": "application/json", "X-CSRFToken": self.token()}
        )
        assert status == 200

    def send(self, path: str, fields: dict[str, str], field: str, *, stop_after: int = HUGE) -> tuple[int, str, int]:
        """Send a form with a huge file as a browser does; the answer, and by how much the server grew meanwhile (KiB)."""
        before = "".join(
            f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{fields[name]}\r\n' for name in fields
        )
        before += f'--x\r\nContent-Disposition: form-data; name="{field}"; filename="a.pdf"\r\nContent-Type: application/pdf\r\n\r\n'
        after = b"\r\n--x--\r\n"
        token, grown, began = self.token(), 0, self.memory()
        session = self.connection()
        session.putrequest("POST", path)
        length = len(before.encode()) + HUGE + len(after)
        for name, value in {
            "Cookie": self.cookie(), "X-CSRFToken": token, "Content-Length": str(length),
            "Content-Type": "multipart/form-data; boundary=x",
        }.items():  # fmt: skip
            session.putheader(name, value)
        session.endheaders()
        try:
            session.send(before.encode())
            for sent in range(0, HUGE, len(PIECE)):
                if sent >= stop_after:
                    session.close()
                    return 0, "", grown
                session.send(PIECE)
                grown = max(grown, self.memory() - began)
            session.send(after)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has answered and does not want the rest
        answer = session.getresponse()
        text = answer.read().decode()
        session.close()
        return answer.status, text, grown

    def memory(self) -> int:
        """Resident memory of the web process and its workers, in KiB."""
        found = 0
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    if os.getpgid(int(folder.name)) == self.process.pid:
                        status = (folder / "status").read_text("ascii")
                        found += int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]
                except (OSError, TypeError):
                    continue
        return found

    def open_files(self, folder: Path) -> list[str]:
        """Nameless files of the folder that are still open."""
        found = []
        for process in Path("/proc").iterdir():
            try:
                if process.name.isdigit() and os.getpgid(int(process.name)) == self.process.pid:
                    found += [
                        link for one in (process / "fd").iterdir() if (link := os.readlink(one)).startswith(str(folder))
                    ]
            except OSError:
                continue
        return found


@pytest.fixture
def web(filing: Demo, tmp_path: Path) -> Iterator[Web]:
    running = Web(filing.environment, tmp_path / "files")
    try:
        eventually(running.answers, "the web process answers", seconds=60)
        running.sign_in()
        yield running
    finally:
        os.killpg(running.process.pid, signal.SIGKILL)
        running.process.wait()


def test_a_huge_upload_does_no_harm(web: Web, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    status, text, grown = web.send("/api/v1/files", {"element": PLAN}, "file")
    assert (status, json.loads(text)["type"]) == (413, "/docs/problems/file-too-large")
    assert grown < MOST_GROWTH

    page = web.ask("GET", f"/items/{ITEM}/apply/")[1]
    fields: dict[str, Any] = {
        name: re.search(rf'name="{name}" value="([^"]+)"', page)[1]  # type: ignore[index]
        for name in ("csrfmiddlewaretoken", "form_digest", "idempotency_key")
    }
    status, text, grown = web.send(f"/items/{ITEM}/apply/", {**fields, "residence.address.detail": "金盘路30号"}, PLAN)
    assert status == 422
    assert "最大 50 MB" in text
    assert 'value="金盘路30号"' in text
    assert grown < MOST_GROWTH

    web.send(f"/items/{ITEM}/apply/", fields, PLAN, stop_after=8 << 20)  # the browser goes away
    eventually(lambda: web.open_files(folder) == [], "the file of a browser that went away is closed")
    assert [path for path in folder.rglob("*") if path.is_file()] == []
