"""The one place from which the city calls others over HTTP: with a time-out, without following anybody elsewhere.

DO NOT pass an address that came with a request: only those that an administrator has entered, or that stand in what was fetched from such
a one and that another has looked at. That is the allow-list. An address of the city's own network may be entered; one that leads to
the machine's own surroundings (link-local, where clouds keep their secrets) is not called, whatever name it has.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event, Timer
from typing import Any
from urllib.parse import urlencode, urlsplit

__all__ = ["Answer", "NotReached", "Reply", "fetch", "post_form", "send_json"]

PATIENCE_SECONDS = 10.0
LARGEST_REPLY = 1_000_000
FORM = "application/x-www-form-urlencoded"


class NotReached(Exception):
    """Nobody answered, or nobody whom we may believe. The message says how, in one word and without personal data."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody answered. body: complete."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. body: the JSON object of the answer, empty where there was none."""

    status: int
    body: dict[str, Any]


def post_form(address: str, fields: Mapping[str, str], *, patience: float = PATIENCE_SECONDS) -> int:
    """Send a form and return the status of the answer; what else it says is not read, and where it points not followed.

    Certificates are checked against those that the machine trusts. Raises NotReached.
    """
    with _asked("POST", address, urlencode(fields), {"Accept": "*/*", "Content-Type": FORM}, patience) as answer:
        return answer.status


def fetch(
    address: str,
    fields: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    *,
    patience: float = PATIENCE_SECONDS,
    largest: int = LARGEST_REPLY,
) -> Reply:
    """Ask for a document, or with `fields` send a form and take what is answered.

    patience: seconds for all of it, however slowly it comes.  largest: bytes; what is longer is not taken. Where the answer points is
    not followed. Raises NotReached.
    """
    sent = {"Accept": "application/json", **(headers or {}), **({} if fields is None else {"Content-Type": FORM})}
    body = None if fields is None else urlencode(fields)
    with _asked("GET" if body is None else "POST", address, body, sent, patience) as answer:
        given = answer.read(largest + 1)
        if len(given) > largest:
            raise NotReached("too-large")
        if answer.length:
            raise NotReached("cut-off")
        return Reply(answer.status, given)


def send_json(
    method: str,
    address: str,
    body: Mapping[str, Any] | None = None,
    *,
    media_type: str = "application/json",
    bearer: str = "",
    patience: float = PATIENCE_SECONDS,
) -> Answer:
    """Ask another system something in JSON, and return what it answers; where it points is not followed.

    bearer: the token that it gave us.  An answer that is longer than LARGEST_REPLY, or is no JSON object, counts as an empty one with its
    status. Raises NotReached.
    """
    headers = {"Accept": media_type}
    if body is not None:
        headers["Content-Type"] = media_type
    if bearer:
        headers["Authorization"] = f"Bearer {bearer}"
    with _asked(method, address, None if body is None else json.dumps(body), headers, patience) as answer:
        return Answer(answer.status, _object(answer.read(LARGEST_REPLY + 1)))


def _object(raw: bytes) -> dict[str, Any]:
    if not raw or len(raw) > LARGEST_REPLY:
        return {}
    try:
        read = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


@contextmanager
def _asked(
    method: str, address: str, body: str | None, headers: Mapping[str, str], patience: float
) -> Iterator[HTTPResponse]:
    made = _connection(address, patience)
    parts = urlsplit(address)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    hung_up = Event()
    too_late = Timer(patience, _hang_up, [made, hung_up])
    too_late.daemon = True
    try:
        with closing(made):
            too_late.start()
            made.connect()
            _check_where(made)
            made.request(method, path, body, {"User-Agent": "Yiwang", **headers})
            yield made.getresponse()
            if hung_up.is_set():  # what came until then may look complete
                raise NotReached("TimeoutError")
    except (OSError, HTTPException, ValueError) as fault:
        raise NotReached(type(fault).__name__) from None
    finally:
        too_late.cancel()


def _connection(address: str, patience: float) -> HTTPConnection:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotReached("address") from None
    if parts.scheme not in {"http", "https"} or not host:
        raise NotReached("address")
    if parts.scheme == "https":
        return HTTPSConnection(host, port, timeout=patience, context=ssl.create_default_context())
    return HTTPConnection(host, port, timeout=patience)


def _check_where(made: HTTPConnection) -> None:
    """Look at whom the name has led to, before anything is said. Raises NotReached."""
    where = ipaddress.ip_address(str(made.sock.getpeername()[0]).partition("%")[0])
    if where.is_link_local or where.is_multicast or where.is_unspecified:
        raise NotReached("address")


def _hang_up(made: HTTPConnection, hung_up: Event) -> None:
    """Somebody answers drop by drop: each read has a time-out, and this is the one of all of them together."""
    hung_up.set()
    if made.sock is not None:
        with suppress(OSError):
            made.sock.shutdown(socket.SHUT_RDWR)
