"""One full life of a case, as two people with programs of their own would live it through `/api/v1`."""

from __future__ import annotations

import json
import multiprocessing
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from uuid import uuid4

ITEM = "address-statement"
PASSWORD = "Yiwang-demo-2026"
# resident, officer, a place that the officer's unit answers for
PAIRS = (
    ("lin.xiuying", "wu.qing", "460105002004"),
    ("chen.dawen", "fu.hai", "460105001001"),
    ("wu.qing", "fu.hai", "460105001001"),
    ("fu.hai", "wu.qing", "460105002004"),
)
REQUESTS_OF_A_LIFE = 3  # send the form; the officer looks at the case; decides


class Session:
    """One signed-in person. The connection is kept alive until `leave`."""

    def __init__(self, port: int, login: str, *, in_post: bool) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=120)
        self._cookies: dict[str, str] = {}
        self._token = ""
        self._token = self.ask("GET", "/api/v1/session")["csrf_token"]
        found = self.ask("POST", "/api/v1/session", {"login": login, "password": PASSWORD})
        self._token = found["csrf_token"]
        if in_post:
            post = next(one["post"]["id"] for one in found["capacities"] if one["post"])
            self._token = self.ask("PUT", "/api/v1/session/capacity", {"capacity": "post", "post_id": post})[
                "csrf_token"
            ]

    def leave(self) -> None:
        """Close the connection. The next request opens another one, as another visit does."""
        self._connection.close()

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
        """Ask and return the answer's JSON; stop the measurement on anything but success."""
        sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items()), **headers}
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            sent |= {"Content-Type": "application/json", "X-CSRFToken": self._token}
        self._connection.request(method, path, content, sent)
        answer = self._connection.getresponse()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self._cookies[key] = rest.partition(";")[0]
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:500].decode()}")
        return json.loads(text) if text else None


@dataclass
class Pair:
    """A resident and the officer who answers."""

    resident: Session
    officer: Session
    place: str
    digest: str

    @classmethod
    def signed_in(cls, port: int, number: int) -> Pair:
        """The pair of this number."""
        resident, officer, place = PAIRS[number % len(PAIRS)]
        session = Session(port, resident, in_post=False)
        digest = session.ask("GET", f"/api/v1/items/{ITEM}/form")["digest"]
        return cls(session, Session(port, officer, in_post=True), place, digest)

    def send(self) -> dict[str, Any]:
        """The resident sends the form; the receipt."""
        values = {
            "residence.address": {"place": self.place, "detail": "滨海大道 1 号 2 栋 301"},
            "residence.since": "2026-03-01",
            "residence.phone": "13800000001",
        }
        sent = {"values": values, "form_digest": self.digest}
        key = {"Idempotency-Key": str(uuid4())}
        receipt: dict[str, Any] = self.resident.ask("POST", f"/api/v1/items/{ITEM}/cases", sent, **key)
        return receipt

    def look(self, receipt: Mapping[str, Any]) -> dict[str, Any]:
        """The officer looks at the case; the case."""
        case: dict[str, Any] = self.officer.ask("GET", f"/api/v1/cases/{receipt['case_id']}")
        return case

    def decide(self, case: Mapping[str, Any]) -> None:
        """The officer accepts."""
        task = case["tasks"][0]["id"]
        self.officer.ask("POST", f"/api/v1/tasks/{task}", {"act": "accept", "version": case["version"]})

    def leave(self) -> None:
        """Close the connections: each life has its own. Over one for all lives, a few clients can all meet the same process of web by
        chance, and the rate then tells of that.
        """
        self.resident.leave()
        self.officer.leave()

    def live(self) -> str:
        """Send, look, accept, leave; return the case's number. The record is written; the message follows."""
        receipt = self.send()
        self.decide(self.look(receipt))
        self.leave()
        return str(receipt["number"])


def run_lives(port: int, lives: int, workers: int, when_signed_in: Callable[[], None] = lambda: None) -> float:
    """Live `lives` lives with so many workers; return the seconds from the first request to the last answer."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Barrier(workers + 1), context.Event()
    share = [lives // workers + (number < lives % workers) for number in range(workers)]
    processes = [
        context.Process(target=_work, args=(port, number, share[number], ready, go)) for number in range(workers)
    ]
    for process in processes:
        process.start()
    ready.wait(120)
    when_signed_in()
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - began
    faults = [process.exitcode for process in processes if process.exitcode]
    if faults:
        raise SystemExit(f"{len(faults)} of {workers} workers failed; the reason stands above.")
    return seconds


def _work(port: int, number: int, lives: int, ready: Any, go: Any) -> None:
    pair = Pair.signed_in(port, number)
    ready.wait(120)
    go.wait()
    for _ in range(lives):
        pair.live()
