"""The city as other programs meet it: a web process and a worker at an address of their own, and a real browser between them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from browser.conftest import wait_for
from support.demo import OFFICER, PASSWORD, Demo, call, cloned
from support.relying import a_unit

PATIENCE_MS = 20_000


@dataclass
class City:
    """Where the city answers, for browsers and programs alike."""

    root: str
    demo: Demo


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def city_at_work(server: Any, demo_template: str, django_db_blocker: Any, tmp_path_factory: Any) -> Iterator[City]:
    """A city with a web process and a worker, at an address of its own."""
    with django_db_blocker.unblock(), cloned(server, demo_template) as demo:
        port, folder = free_port(), tmp_path_factory.mktemp("city")
        environment = {
            **demo.environment,
            "YIWANG_PORT": str(port),
            "YIWANG_PUBLIC_ADDRESS": f"http://127.0.0.1:{port}",
            "YIWANG_WEB_WORKERS": "1",
            "YIWANG_SUPERVISOR": str(os.getpid()),
        }
        started = []
        try:
            for name in ("web", "worker"):
                with (folder / f"{name}.log").open("wb") as out:
                    command = [sys.executable, "-m", "yiwang.cli", name]
                    started.append(subprocess.Popen(command, env=environment, stdout=out, stderr=out))
            wait_for(port, started[0], folder / "web.log")
            yield City(f"http://127.0.0.1:{port}", demo)
        finally:
            for one in started:
                one.terminate()
            for one in started:
                one.wait(30)


def connected(city: City, **given: Any) -> dict[str, str]:
    """Connect a system of officers, as the administrator does; its id and secret."""
    administrator = city.demo.client("sys.admin", post=True)
    system = {"unit": a_unit(), "people": "officers", "asks_consent": False, **given}
    answer = call(administrator, "POST", "/api/v1/clients", system)
    assert answer.status_code == 201, answer.content
    said: dict[str, str] = answer.json()
    return said


def sign_in(page: Any) -> None:
    page.get_by_label("登录名或身份证号码").fill(OFFICER)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


@contextmanager
def a_page(chromium: Any) -> Iterator[Any]:
    context = chromium.new_context(locale="zh-CN")
    try:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        yield page
    finally:
        context.close()
