"""What a file is, is read from the file; what would burst is seen without unpacking."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import contents

from yiwang.catalog.values import FILE_FORMATS
from yiwang.documents.rules.pictures import picture_size
from yiwang.documents.rules.sniffing import clean_name, faults_of, sniff
from yiwang.documents.rules.zips import read_container

SAMPLES = {
    "pdf": (contents.pdf(), "平面图.pdf"),
    "jpeg": (contents.jpeg(), "照片.JPG"),
    "png": (contents.png(), "plan.png"),
    "ofd": (contents.ofd(), "公文.ofd"),
    "docx": (contents.docx(), "制度.docx"),
}
ALL = tuple(FILE_FORMATS)


def codes(content: bytes, name: str, declared: str = "", allowed: tuple[str, ...] = ALL) -> list[str]:
    return [one.code for one in faults_of(sniff(io.BytesIO(content), len(content)), name, declared, allowed)]


def test_there_is_a_sample_of_every_format() -> None:
    assert set(SAMPLES) == set(FILE_FORMATS)


@pytest.mark.parametrize("format", SAMPLES)
def test_each_format_is_recognised_by_its_content(format: str) -> None:
    content, name = SAMPLES[format]
    assert sniff(io.BytesIO(content), len(content)).format == format
    assert codes(content, name) == []
    assert codes(content, name, FILE_FORMATS[format].media_type) == []
    assert codes(content, name, "application/octet-stream") == []


@pytest.mark.parametrize("format", SAMPLES)
@pytest.mark.parametrize("other", SAMPLES)
def test_a_file_under_the_name_of_another_kind_is_refused(format: str, other: str) -> None:
    content, _ = SAMPLES[format]
    _, name = SAMPLES[other]
    assert (codes(content, name) == []) == (format == other)


def test_a_zip_that_calls_itself_pdf_is_told_what_it_is() -> None:
    content = contents.container({"harmless.txt": b"hello"})
    [fault] = faults_of(sniff(io.BytesIO(content), len(content)), "平面图.pdf", "application/pdf", ("pdf", "png"))
    assert fault.code == "file-type-not-taken"
    assert fault.params == {"name": "平面图.pdf", "called": "ZIP", "wanted": "PDF, PNG"}


def test_everything_that_is_wrong_is_told_at_once() -> None:
    assert codes(contents.png(), "plan.pdf", "application/pdf", ("pdf",)) == [
        "file-type-not-taken",
        "file-name",
        "file-declared-otherwise",
    ]


@pytest.mark.parametrize(
    ("content", "called"),
    [(b"Rar!\x1a\x07\x01\0", "RAR"), (b"<!DOCTYPE html><html><script>", "HTML"), (b"GIF89a" + bytes(9), "GIF")],
)
def test_other_kinds_are_named(content: bytes, called: str) -> None:
    assert sniff(io.BytesIO(content), len(content)).called == called


@pytest.mark.parametrize(
    "content", [b"", b"\0", "字".encode(), b"%PDF", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"]
)
def test_halves_and_nothings_are_refused(content: bytes) -> None:
    assert codes(content, "a.pdf") != []


@pytest.mark.parametrize("head", ["pdf", "jpeg", "png"])
def test_a_file_that_ends_as_an_archive_is_refused(head: str) -> None:
    content, name = SAMPLES[head]
    assert codes(content + contents.container({"evil.txt": b"x"}), name) == ["file-two-things"]


@pytest.mark.parametrize("content", [contents.bomb(), contents.overlapping(), contents.lying(), contents.many()])
def test_a_document_that_would_burst_is_refused(content: bytes) -> None:
    assert "file-bomb" in codes(content, "制度.docx")


def test_a_bomb_is_seen_without_unpacking_it() -> None:
    content = contents.bomb()
    tracemalloc.start()
    try:
        read_container(io.BytesIO(content), len(content))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


def test_a_list_of_parts_of_any_length_is_not_read() -> None:
    content = contents.docx()
    at = content.rfind(b"PK\x05\x06")
    elsewhere = content[:at] + b"PK\x06\x07" + bytes(16) + content[at:]
    assert codes(elsewhere, "制度.docx") != []


def test_an_ordinary_document_of_much_white_is_taken() -> None:
    assert codes(contents.docx({"word/white.xml": b" " * (9 << 20)}), "制度.docx") == []


def test_macros_passwords_and_ways_out_are_refused() -> None:
    assert codes(contents.docx({"word/vbaProject.bin": b"x"}), "制度.docx") == ["file-macros"]
    assert codes(contents.docx({"../../etc/passwd": b"x"}), "制度.docx") == ["file-broken"]
    locked = bytearray(contents.docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        locked[locked.find(mark) + offset] |= 1
    assert "file-encrypted" in codes(bytes(locked), "制度.docx")


@pytest.mark.parametrize(("make", "format"), [(contents.png, "png"), (contents.jpeg, "jpeg")])
def test_a_picture_is_measured_by_its_head(make: object, format: str) -> None:
    picture = make(60_000, 60_000)  # type: ignore[operator]
    assert picture_size(io.BytesIO(picture), format) == (60_000, 60_000)
    assert codes(picture, f"plan.{format}") == ["file-bomb"]
    assert codes(make(9_933, 14_043), f"plan.{format}") == []  # type: ignore[operator]  an A0 plan


@given(st.binary(max_size=300), st.sampled_from(list(SAMPLES)), st.integers(0, 400))
def test_no_content_is_a_crash(noise: bytes, format: str, cut: int) -> None:
    content = SAMPLES[format][0][:cut] + noise
    found = sniff(io.BytesIO(content), len(content))
    assert found.format in {"", *FILE_FORMATS}


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("平面图.pdf", "平面图.pdf"),
        ("C:\\Users\\林\\plan.pdf", "plan.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("plan\u202efdp.exe", "planfdp.exe"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "abSet-Cookie: x.pdf"),
        ("", ""),
        ("长" * 300 + ".pdf", "长" * 196 + ".pdf"),
    ],
)
def test_names_are_kept_without_what_harms(given: str, kept: str) -> None:
    assert clean_name(given) == kept
