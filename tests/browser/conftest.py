"""The demonstration city behind real web processes, with people who have been busy in it; and Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from browser.busy import be_busy
from browser.look import ARGUMENTS, CHROMIUM
from playwright.sync_api import sync_playwright
from support.demo import PASSWORD, RESIDENT, Demo, cloned, demo_template

__all__ = ["demo_template"]
FIRST_ANSWER_SECONDS = 60.0


@dataclass
class Site:
    """Where the faces answer, and what stands in the city.  cases: by how they ended."""

    root: str
    demo: Demo
    cases: dict[str, UUID]


@pytest.fixture(scope="session")
def site(server: Any, demo_template: str, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[Site]:
    """Web workers of our own over a clone of the demonstration city, in which some cases have been handled."""
    with django_db_blocker.unblock(), cloned(server, demo_template) as demo:
        cases = be_busy(demo, tmp_path_factory.mktemp("time"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        log = tmp_path_factory.mktemp("site") / "web.log"
        environment = {
            **demo.environment,
            "YIWANG_PORT": str(port),
            "YIWANG_WEB_WORKERS": "1",
            "YIWANG_CONSENT_DAYS": "7",
            "YIWANG_SUPERVISOR": str(os.getpid()),
        }
        with log.open("wb") as out:
            web = subprocess.Popen([sys.executable, "-m", "yiwang.cli", "web"], env=environment, stdout=out, stderr=out)
        try:
            wait_for(port, web, log)
            yield Site(f"http://127.0.0.1:{port}", demo, cases)
        finally:
            web.terminate()
            web.wait(20)


def wait_for(port: int, web: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + FIRST_ANSWER_SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
    raise AssertionError(log.read_text("utf-8", "replace")[-3000:])


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """One browser for the tests of a file, and for no longer: tests of other files may run loops of their own in this process."""
    # Playwright's loop runs in this very thread until the browser ends, and Django would refuse to speak to the database beside
    # it. Nothing here is asynchronous: one thing happens after the other.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@contextmanager
def visiting(
    chromium: Any,
    site: Site,
    login: str = "",
    *,
    post: bool | str = False,
    agent: bool = False,
    language: str = "zh-Hans",
    **more: Any,
) -> Iterator[Any]:
    """A page of a browser of its own, in which `login` has signed in through the session of the Django client."""
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 1440, "height": 900}, reduced_motion="reduce", **more
    )
    context.add_cookies([{"name": "yiwang_language", "value": language.lower(), "url": site.root}])
    if login:
        client = site.demo.client(login, post=post, agent=agent)
        context.add_cookies(
            [{"name": one.key, "value": one.value, "url": site.root} for one in client.cookies.values()]
        )
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.fixture
def resident_page(chromium: Any, site: Site) -> Iterator[Any]:
    with visiting(chromium, site, RESIDENT) as page:
        yield page


@pytest.fixture
def password() -> str:
    return PASSWORD
