"""Both languages are whole: every sentence that code and templates say stands in the Chinese catalogue, with words."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from string import Formatter
from types import ModuleType

import polib
import pytest

LOCALE = Path(__file__).parents[2] / "src" / "yiwang" / "locale"
CATALOGUE = LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po"
LATIN = re.compile(r"[A-Za-z]{2,}")
NAMES = {
    "PDF",
    "JSON",
    "WKB",
    "GeoJSON",
    "CGCS",
    "EPSG",
    "GET",
    "PUT",
    "POST",
    "api",
    "session",
    "capacity",
    "yiwang",
    "doctor",
    "MB",
    "ZIP",
    "DOCX",
}


def collector() -> ModuleType:
    spec = importlib.util.spec_from_file_location("collect", LOCALE / "collect.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def words_of(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_the_catalogue_holds_every_sentence_and_no_other() -> None:
    """Run `python src/yiwang/locale/collect.py` after a change, then give the new sentences their words."""
    listed = {(one.msgid, one.msgid_plural) for one in polib.pofile(str(CATALOGUE))}
    said = set(collector().collect())
    assert said - listed == set()
    assert listed - said == set()


def test_no_sentence_is_without_words_and_none_is_guessed() -> None:
    entries = list(polib.pofile(str(CATALOGUE)))
    assert [one.msgid for one in entries if not all(words_of(one))] == []
    assert [one.msgid for one in entries if "fuzzy" in one.flags] == []


def test_a_translation_keeps_the_places_that_are_filled_in() -> None:
    def places(text: str) -> set[str]:
        named = (
            {name for _text, name, _spec, _conversion in Formatter().parse(text) if name} if "%(" not in text else set()
        )
        return named | set(re.findall(r"%\((\w+)\)s", text))

    lost = {
        one.msgid: sorted(places(one.msgid + one.msgid_plural) ^ places(words))
        for one in polib.pofile(str(CATALOGUE))
        for words in words_of(one)
        if places(words) != places(one.msgid + one.msgid_plural)
    }
    assert lost == {}


def test_chinese_sentences_hold_no_latin_words() -> None:
    mixed = {
        one.msgid: sorted(found)
        for one in polib.pofile(str(CATALOGUE))
        for words in words_of(one)
        if (found := set(LATIN.findall(re.sub(r"\{\w+.*?\}|%\(\w+\)s", "", words))) - NAMES)
    }
    assert mixed == {}


@pytest.mark.parametrize("blame", ["材料不合规", "非法", "无效操作", "操作失败", "错误代码"])
def test_no_sentence_blames_or_hides_behind_office_language(blame: str) -> None:
    assert [one.msgid for one in polib.pofile(str(CATALOGUE)) for words in words_of(one) if blame in words] == []


HANDED_OUT = {"templates/desk/hall_receipt.html", "templates/desk/hall_application_receipt.html"}
"""Pages of the desk that are printed for the public."""


def test_the_desk_speaks_to_colleagues_and_the_portal_to_guests() -> None:
    spoken = collector().collect()
    polite = [
        one.msgid
        for one in polib.pofile(str(CATALOGUE))
        for words in words_of(one)
        if "您" in words
        and (said_in := spoken[one.msgid, one.msgid_plural] - HANDED_OUT)
        and all(file.startswith(("desk/", "templates/desk/")) for file in said_in)
    ]
    assert polite == []
