"""Files: named by their content, whole or not there, found when lost."""

from __future__ import annotations

import hashlib
import io
import tracemalloc
from pathlib import Path

import pytest

from yiwang.documents import queries, services
from yiwang.documents.checks import lost_files
from yiwang.documents.models import File
from yiwang.documents.values import FileTooLarge
from yiwang.kernel.errors import Invalid, NotFound

CONTENT = "居住证明".encode()


def store(content: bytes = CONTENT, media_type: str = "text/plain") -> str:
    return services.store(io.BytesIO(content), media_type=media_type).digest


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_named_by_its_content_and_can_be_read_again(folder: Path) -> None:
    reference = services.store(io.BytesIO(CONTENT), media_type="text/plain")
    assert reference.digest == hashlib.sha256(CONTENT).hexdigest()
    assert queries.stored(reference.digest) == reference
    with queries.open_content(reference.digest) as stream:
        assert stream.read() == CONTENT


def test_the_same_content_is_kept_once(folder: Path) -> None:
    assert store() == store()
    assert len(files_in(folder)) == 1
    assert File.objects.count() == 1


def test_nobody_else_on_the_machine_may_read_it(folder: Path) -> None:
    place = queries.path_of(store())
    assert place.stat().st_mode & 0o077 == 0
    assert place.parent.stat().st_mode & 0o077 == 0


def test_a_file_that_is_too_large_leaves_nothing_behind(folder: Path) -> None:
    with pytest.raises(FileTooLarge):
        services.store(io.BytesIO(b"x" * 11), media_type="text/plain", largest_bytes=10)
    assert files_in(folder) == []
    assert not File.objects.exists()


def test_a_stream_that_breaks_leaves_nothing_behind(folder: Path) -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        services.store(Broken(), media_type="text/plain")  # type: ignore[arg-type]
    assert files_in(folder) == []


def test_memory_does_not_grow_with_the_file(folder: Path) -> None:
    class Endless(io.RawIOBase):
        left = 64 << 20

        def read(self, size: int = -1) -> bytes:
            piece = b"\0" * min(size, self.left)
            self.left -= len(piece)
            return piece

    tracemalloc.start()
    try:
        services.store(Endless(), media_type="application/octet-stream")  # type: ignore[arg-type]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 30 << 20


@pytest.mark.parametrize("media_type", ["", "text", "a/b/c", "文本/平", "x/" + "y" * 200])
def test_a_media_type_has_a_form(folder: Path, media_type: str) -> None:
    with pytest.raises(Invalid):
        store(media_type=media_type)


@pytest.mark.parametrize("digest", ["", "..", "../../etc/passwd", "G" * 64, "a" * 63])
def test_a_digest_is_no_path(folder: Path, digest: str) -> None:
    with pytest.raises(ValueError, match="64 hexadecimal"):
        queries.path_of(digest)


def test_an_unknown_file_is_not_found(folder: Path) -> None:
    for ask in (queries.stored, queries.open_content):
        with pytest.raises(NotFound):
            ask("0" * 64)


def test_doctor_names_a_lost_and_a_cut_file(folder: Path) -> None:
    lost, cut, whole = store(b"lost"), store(b"cut short"), store(b"whole")
    assert [one.is_well for one in lost_files()] == [True]
    queries.path_of(lost).unlink()
    queries.path_of(cut).write_bytes(b"cut")
    details = " ".join(one.detail for one in lost_files())
    assert lost in details
    assert cut in details
    assert whole not in details


def test_a_changed_content_is_found(folder: Path) -> None:
    digest = store(b"abc")
    queries.path_of(digest).write_bytes(b"abd")
    assert list(queries.system_list_lost()) == []
    assert list(queries.system_list_damaged()) == [digest]
