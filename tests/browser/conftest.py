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
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from axe_playwright_python.sync_playwright import Axe
from browser.look import ARGUMENTS, CHROMIUM
from playwright.sync_api import sync_playwright
from support.clock import own_time
from support.demo import NEIGHBOUR, OFFICER, PASSWORD, RESIDENT, Demo, call, cloned, demo_template

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


def be_busy(demo: Demo, folder: Path) -> dict[str, UUID]:
    """Cases in every state, one over its limit and one on its way there, messages, a fact, readings, audit entries."""
    from yiwang.kernel.time import now
    from yiwang.outbox.services import deliver_due
    from yiwang.supervision.services import system_tick

    resident, officer = demo.client(RESIDENT), demo.client(OFFICER, post=True)
    cases = {}
    for ending, act, reason in (
        ("accepted", "accept", ""),
        ("refused", "refuse", "门牌写的是旧楼号，请核对后重新申请。"),
    ):
        cases[ending] = demo.send(resident)
        task, version = demo.task_of(officer, cases[ending])
        call(officer, "POST", f"/api/v1/tasks/{task}", {"act": act, "version": version, "reason": reason})
        demo.settle()
    cases["withdrawn"] = demo.send(resident)
    call(resident, "POST", f"/api/v1/cases/{cases['withdrawn']}/withdrawal", {"reason": "填错了"})
    cases["open"] = demo.send(resident)
    for number in range(12):
        demo.send(demo.client(NEIGHBOUR), **{"residence.address.detail": f"金盘路{number + 1}号"})
    with own_time(folder) as clock:
        for name, days in (("late", 20), ("soon", 6)):
            clock.set(now() - timedelta(days=days))
            cases[name] = demo.send(demo.client(NEIGHBOUR), **{"residence.address.detail": f"海港路{days}号"})
            clock.set(now() + timedelta(days=days))
    deliver_due()
    system_tick()
    officer.get(f"/desk/cases/{cases['open']}/")
    return cases


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    # Playwright's loop runs in this very thread from here on, and Django would refuse to speak to the database beside it. Nothing
    # here is asynchronous: one thing happens after the other.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> Axe:
    return Axe()


@contextmanager
def visiting(
    chromium: Any, site: Site, login: str = "", *, post: bool = False, language: str = "zh-Hans", **more: Any
) -> Iterator[Any]:
    """A page of a browser of its own, in which `login` has signed in through the session of the Django client."""
    context = chromium.new_context(
        locale="zh-CN", viewport={"width": 1440, "height": 900}, reduced_motion="reduce", **more
    )
    context.add_cookies([{"name": "yiwang_language", "value": language.lower(), "url": site.root}])
    if login:
        client = site.demo.client(login, post=post)
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
