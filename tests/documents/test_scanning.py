"""The scanner: asked about every content by the protocol of clamd; what cannot be scanned is not taken."""

from __future__ import annotations

import io
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from support import contents

from yiwang.documents import registry, services
from yiwang.documents.checks import scanner_answers
from yiwang.documents.models import Upload
from yiwang.documents.services.scanning import ClamAV
from yiwang.documents.values import FileInfected, ScannerAway

from .conftest import files_in

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LONGEST_STREAM = 1 << 20


class FakeClamd:
    """A server that speaks INSTREAM and PING as clamd(8) describes them."""

    def __init__(self) -> None:
        self.hangs_up = False
        self.scanned: list[bytes] = []
        self.listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.serve, daemon=True).start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.listening.getsockname()[1]}"

    def stop(self) -> None:
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()

    def serve(self) -> None:
        while True:
            try:
                session, _ = self.listening.accept()
            except OSError:
                return
            with session, session.makefile("rb") as read:
                command = b""
                while not command.endswith(b"\0"):
                    command += read.read(1)
                session.sendall(self.answer(command, read))

    def answer(self, command: bytes, read: Any) -> bytes:
        if self.hangs_up:
            return b""
        if command == b"zPING\0":
            return b"PONG\0"
        content = b""
        while length := struct.unpack("!I", read.read(4))[0]:
            if len(content) + length > LONGEST_STREAM:
                return b"INSTREAM size limit exceeded. ERROR\0"
            content += read.read(length)
        self.scanned.append(content)
        return b"stream: Eicar-Signature FOUND\0" if EICAR in content else b"stream: OK\0"


@pytest.fixture
def clamd() -> Iterator[FakeClamd]:
    server = FakeClamd()
    yield server
    with suppress(OSError):
        server.stop()


@pytest.fixture
def scanner(clamd: FakeClamd) -> Iterator[ClamAV]:
    made = ClamAV(clamd.address, answer_seconds=5)
    before = registry._scanners["ClamAV"]
    registry._scanners["ClamAV"] = lambda: made
    yield made
    registry._scanners["ClamAV"] = before


def hand_in(actor: Any, content: bytes) -> Any:
    return services.receive(actor, io.BytesIO(content), name="a.pdf", allowed=("pdf",), largest_bytes=9 << 20)


def test_a_clean_file_is_taken_and_its_row_says_who_looked(lin: Any, scanner: ClamAV, clamd: FakeClamd) -> None:
    content = contents.pdf() + bytes(300_000)  # several pieces
    taken = hand_in(lin, content)
    assert clamd.scanned == [content]
    assert Upload.objects.get(pk=taken.id).scanned_by == "ClamAV"


def test_harmful_software_is_named_and_not_kept(lin: Any, scanner: ClamAV, folder: Path) -> None:
    with pytest.raises(FileInfected) as fault:
        hand_in(lin, contents.pdf() + EICAR)
    assert fault.value.params == {"found": "Eicar-Signature"}
    assert files_in(folder) == []


def test_a_scanner_that_is_away_stops_the_file(lin: Any, scanner: ClamAV, clamd: FakeClamd, folder: Path) -> None:
    clamd.stop()
    with pytest.raises(ScannerAway):
        hand_in(lin, contents.pdf())
    assert files_in(folder) == []


def test_a_scanner_that_says_nothing_stops_the_file(lin: Any, scanner: ClamAV, clamd: FakeClamd, folder: Path) -> None:
    clamd.hangs_up = True
    with pytest.raises(ScannerAway):
        hand_in(lin, contents.pdf())
    assert files_in(folder) == []


def test_what_is_longer_than_the_scanner_takes_is_not_passed(lin: Any, scanner: ClamAV, folder: Path) -> None:
    with pytest.raises(ScannerAway):
        hand_in(lin, contents.pdf() + bytes(4 << 20))
    assert files_in(folder) == []


def test_a_scanner_that_hangs_is_given_up(lin: Any, clamd: FakeClamd) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    with silent, pytest.raises(ScannerAway):
        ClamAV(f"127.0.0.1:{silent.getsockname()[1]}", answer_seconds=0.2)(io.BytesIO(b"x"))


def test_it_may_listen_on_a_socket_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(ScannerAway):
        ClamAV(f"unix:{tmp_path}/none")(io.BytesIO(b"x"))


def test_doctor_says_whether_it_answers(scanner: ClamAV, clamd: FakeClamd) -> None:
    assert [one.is_well for one in scanner_answers()] == [True]
    clamd.stop()
    [finding] = scanner_answers()
    assert not finding.is_well
    assert scanner.address in finding.detail
    assert "YIWANG_CLAMAV" in finding.mend


def test_doctor_says_that_there_is_none() -> None:
    [finding] = scanner_answers()
    assert finding.is_well
    assert "not scanned" in finding.detail
