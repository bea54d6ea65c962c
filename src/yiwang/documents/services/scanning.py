"""Ask the scanners about a content; the adapter for ClamAV."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import structlog

from yiwang.documents.registry import scanners
from yiwang.documents.values import FileInfected, ScannerAway
from yiwang.kernel.errors import msgid

__all__ = ["ClamAV", "scan"]

log = structlog.get_logger(__name__)

PIECE = 64 << 10
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0
LONGEST_ANSWER = 4096


def scan(path: Path) -> list[str]:
    """Have every scanner look at a content; return their names. Raises FileInfected, and ScannerAway when one cannot say."""
    for name, look in scanners().items():
        with path.open("rb") as stream:
            found = look(stream)
        if found:
            log.warning("documents.file-infected", scanner=name, found=found)
            raise FileInfected(msgid("The scanner calls it {found}."), found=found)
    return sorted(scanners())


@dataclass(frozen=True, slots=True)
class ClamAV:
    """The daemon of ClamAV, by its protocol (clamd(8): `INSTREAM`, `PING`).

    address: `host:port`, or `unix:` and the path of its socket.
    """

    address: str
    answer_seconds: float = ANSWER_SECONDS

    def __call__(self, content: BinaryIO) -> str:
        """What the daemon found in the content, empty for nothing. Raises ScannerAway when it does not say one or the other."""

        def send(session: socket.socket) -> None:
            session.sendall(b"zINSTREAM\0")
            while piece := content.read(PIECE):
                session.sendall(struct.pack("!I", len(piece)) + piece)
            session.sendall(struct.pack("!I", 0))

        answer = self._ask(send)
        if answer == "stream: OK":
            return ""
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")[:100]
        log.error("documents.scanner-refused", answer=answer[:200])
        raise ScannerAway

    def ping(self) -> None:
        """Raise ScannerAway unless the daemon answers."""
        if self._ask(lambda session: session.sendall(b"zPING\0")) != "PONG":
            raise ScannerAway

    def _ask(self, send: Callable[[socket.socket], None]) -> str:
        try:
            with closing(self._connect()) as session:
                session.settimeout(self.answer_seconds)
                # It answers and hangs up when a content is longer than it takes; the answer says so.
                with suppress(BrokenPipeError, ConnectionResetError):
                    send(session)
                return self._answer(session)
        except (OSError, ValueError) as fault:
            log.error("documents.scanner-away", reason=type(fault).__name__)  # noqa: TRY400  the reason is enough
            raise ScannerAway from fault

    def _answer(self, session: socket.socket) -> str:
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < LONGEST_ANSWER and (piece := session.recv(PIECE)):
            answer += piece
        return answer.decode("utf-8", "replace").rstrip("\0\n").strip()

    def _connect(self) -> socket.socket:
        if path := self.address.removeprefix("unix:") if self.address.startswith("unix:") else "":
            session = socket.socket(socket.AF_UNIX)
            session.settimeout(CONNECT_SECONDS)
            try:
                session.connect(path)
            except OSError:
                session.close()
                raise
            return session
        host, _, port = self.address.rpartition(":")
        return socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS)
