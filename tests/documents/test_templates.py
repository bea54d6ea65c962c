"""Templates lay out what is signed, the same everywhere, and can do nothing else."""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from documents.certificates import PLAIN, PORTRAIT, content
from pypdf import PdfReader

from yiwang.documents import registry
from yiwang.documents.rules.layout import NOTICES, layout_data, qr_code
from yiwang.documents.rules.templates import REFUSED, template_faults, title_of
from yiwang.documents.rules.typesetting import Attached, FontsMissing, TypesettingFault, typeset
from yiwang.documents.values import Content

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)


def laid_out(template: str = PORTRAIT, given: Content | None = None, **more: Any) -> bytes:
    one = given or content()
    return typeset(template, layout_data(one), qr=qr_code(one.verify), fonts=registry.fonts(), at=AT, **more)


def text_of(pdf: bytes) -> str:
    [page] = PdfReader(io.BytesIO(pdf)).pages
    return page.extract_text().replace("\u200b", "").replace("\n", "").replace(" ", "")


def test_the_page_says_everything_that_is_signed_and_shows() -> None:
    said = text_of(laid_out())
    one = content()
    for words in (
        one.title,
        one.number,
        one.identifier,
        one.issuer.name,
        "2026年11月21日至2031年11月20日",
        "第三十九条",
    ):
        assert words.replace(" ", "") in said
    for field in one.fields:
        assert field.title in said
        assert field.shown.replace(" ", "") in said


def test_a_certificate_without_an_end_says_so() -> None:
    assert "长期" in text_of(laid_out(given=content(valid_until=None)))


@pytest.mark.parametrize("origin", ["invented", "rehearsal", "sample"])
def test_what_is_no_certificate_says_so_across_the_page(origin: str) -> None:
    notice = NOTICES[origin].replace(" ", "")
    assert notice in text_of(laid_out(given=content(origin=origin)))
    assert notice not in text_of(laid_out())


def test_the_same_data_give_the_same_bytes_in_another_process() -> None:
    program = (
        "import hashlib, sys; sys.path[:0] = ['tests']; from pathlib import Path\n"
        "from yiwang.documents import registry; registry.find_fonts_in(lambda: Path(sys.argv[1]))\n"
        "from documents.test_templates import laid_out; print(hashlib.sha256(laid_out()).hexdigest())"
    )
    there = subprocess.run(
        [sys.executable, "-c", program, registry.fonts()],
        capture_output=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "LANG": "C", "TZ": "America/New_York", "HOME": "/nonexistent"},
        text=True,
    )
    assert there.stdout.strip() == hashlib.sha256(laid_out()).hexdigest()


def test_the_page_carries_the_files_it_is_given() -> None:
    file = Attached("certificate.json", b'{"a":1}', "application/json", "source", "What is signed")
    assert PdfReader(io.BytesIO(laid_out(attached=(file,)))).attachments == {"certificate.json": [b'{"a":1}']}


def test_every_font_of_the_page_is_embedded() -> None:
    reader = PdfReader(io.BytesIO(laid_out()))
    fonts: Any = reader.pages[0]["/Resources"]["/Font"]  # type: ignore[index]
    names = {str(font.get_object()["/BaseFont"]) for font in fonts.values()}
    assert names
    assert all("NotoSansSC" in name and "+" in name for name in names)


@pytest.mark.parametrize("word", sorted(REFUSED))
@pytest.mark.parametrize("form", ['#{0}("a")', "{{ {0} }}", "// {0}", "data.at({0})", "std.{0}", "/*{0}*/", '"{0}"'])
def test_a_template_with_a_word_that_reaches_out_is_refused(word: str, form: str) -> None:
    assert word in " ".join(fault.message for fault in template_faults(PLAIN + form.format(word)))


def test_a_word_that_merely_looks_alike_is_not() -> None:
    assert list(template_faults(PLAIN + "#let spread = 1\n#let read-x = 2\n#let thread = [reading]\n")) == []


@pytest.mark.parametrize(
    "reach",
    ['read("/etc/passwd")', 'json("../data.json")', 'image("/etc/hostname")', '{ import "@preview/x:1.0.0": y }'],
)
def test_even_a_template_that_got_past_the_words_reaches_nothing(reach: str) -> None:
    with pytest.raises(TypesettingFault):
        laid_out(f"#let certificate(data) = {reach}\n")


def test_what_does_not_fit_is_told_with_its_line() -> None:
    with pytest.raises(TypesettingFault, match="nosuch") as caught:
        laid_out("// x\n#let certificate(data) = {\n  data.title\n  data.nosuch\n}\n")
    assert caught.value.line == 4


def test_a_character_that_the_font_lacks_is_a_fault_and_no_empty_box() -> None:
    with pytest.raises(TypesettingFault, match="could not be displayed"):
        laid_out(given=content(title="开店\U0001f000证"))


def test_without_fonts_it_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(FontsMissing, match="make setup"):
        typeset(PLAIN, layout_data(content()), qr=qr_code("https://x/"), fonts=tmp_path, at=AT)


def test_the_first_line_is_the_title() -> None:
    assert title_of(PORTRAIT) == {"zh-Hans": "证照（A4 竖版）", "en": "Certificate, A4 portrait"}
    assert title_of("// 朴素\n") == {"zh-Hans": "朴素"}
    assert title_of("#let x = 1") == {}
