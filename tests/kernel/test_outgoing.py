"""Whatever somebody else's server answers, the city waits for a bounded time and takes a bounded answer."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from yiwang.kernel import outgoing
from yiwang.kernel.outgoing import NotReached, fetch, post_form


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server that does with each connection what it is told."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    one.recv(65536)
                    try:
                        answer(one)
                    except OSError:
                        continue

        Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/at?a=1"


def says(text: bytes) -> Callable[[socket.socket], None]:
    return lambda one: one.sendall(text)


def drips(one: socket.socket) -> None:
    one.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        one.sendall(b"x")
        time.sleep(0.1)


def drips_headers(one: socket.socket) -> None:
    one.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        one.sendall(b"X: y\r\n")
        time.sleep(0.1)


def test_an_answer_comes_whole() -> None:
    with answering(says(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")) as address:
        assert fetch(address, {"a": "b"}) == outgoing.Reply(200, b"ok")
        assert post_form(address, {"a": "b"}) == 200


def test_nobody_is_followed_elsewhere() -> None:
    with answering(
        says(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
    ) as address:
        assert fetch(address).status == 302


@pytest.mark.parametrize("slow", [drips, drips_headers])
def test_drop_by_drop_is_bounded_as_a_whole(slow: Callable[[socket.socket], None]) -> None:
    with answering(slow) as address:
        began = time.monotonic()
        with pytest.raises(NotReached):
            fetch(address, patience=0.5)
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000,
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nxx",
        b"nonsense\r\n\r\n",
        b"",
    ],
)
def test_too_much_or_too_little_is_nothing(answer: bytes) -> None:
    with answering(says(answer)) as address, pytest.raises(NotReached):
        fetch(address, largest=1000)


@pytest.mark.parametrize(
    "address", ["", "ftp://a/", "http://", "http://a:port/", "//a", "http://[", "http://127.0.0.1:1/"]
)
def test_an_address_that_is_none_is_not_reached(address: str) -> None:
    with pytest.raises(NotReached):
        fetch(address, patience=2)


@pytest.mark.parametrize(
    ("where", "fits"),
    [
        ("169.254.169.254", False),
        ("fe80::1%eth0", False),
        ("224.0.0.1", False),
        ("10.1.2.3", True),
        ("127.0.0.1", True),
    ],
)
def test_the_machine_s_surroundings_are_not_called_whatever_their_name(where: str, fits: bool) -> None:
    made: Any = HTTPConnection("cloud.example")
    made.sock = SimpleNamespace(getpeername=lambda: (where, 80))
    if fits:
        outgoing._check_where(made)
    else:
        with pytest.raises(NotReached):
            outgoing._check_where(made)
