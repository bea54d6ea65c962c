"""Templates as text: nothing inline, no attribute that htmx 4 does not define, no code in attributes, none too long."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "src" / "yiwang").rglob("templates/**/*.html"))
HTMX = ROOT / "frontend" / "node_modules" / "htmx.org" / "dist" / "editors" / "jetbrains" / "htmx.web-types.json"
LONGEST = 120
EXTENSIONS = {
    "hx-sse:connect",
    "hx-sse:close",
    "hx-ws:connect",
    "hx-ws:send",
    "hx-live",
    "hx-nonce",
    "hx-prompt",
    "hx-ptag",
}
"""Attributes that the same file lists for extensions, which these pages do not load."""


def names(path: Path) -> str:
    return str(path.relative_to(ROOT / "src" / "yiwang"))


def htmx_attributes() -> set[str]:
    listed = json.loads(HTMX.read_text("utf-8"))["contributions"]["html"]["attributes"]
    return {one["name"] for one in listed} - EXTENSIONS - {"hx-on"}


def test_there_are_templates_to_look_at() -> None:
    assert len(TEMPLATES) > 50


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_a_template_holds_nothing_inline(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"<style\b", text)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"javascript:|\bjs:", text)
    assert not [tag for tag in re.findall(r"<script\b[^>]*>", text) if " src=" not in tag]


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_a_template_uses_only_what_htmx_defines_and_nothing_that_evaluates(path: Path) -> None:
    text = path.read_text("utf-8")
    used = set(re.findall(r"\s((?:data-)?hx-[\w:.*-]+)\s*=", text))
    assert not [name for name in used if name.startswith(("hx-on", "data-"))]
    known = htmx_attributes()
    unknown = {name for name in used if name not in known and name.split(":")[0] not in {"hx-status"}}
    inherited = {name for name in unknown if name.removesuffix(":inherited").removesuffix(":append") in known}
    assert not unknown - inherited
    assert not re.search(r"hx-trigger=\"[^\"]*\[", text)  # a filter in brackets is evaluated


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_a_template_is_not_too_long(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= LONGEST


@pytest.mark.parametrize("path", TEMPLATES, ids=names)
def test_a_template_says_everything_through_the_catalogue(path: Path) -> None:
    """Between the tags stands no word that is not a variable or translated; the other language's own name and marks may."""
    text = re.sub(r"\{%\s*blocktranslate.*?endblocktranslate\s*%\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    text = re.sub(r"\{% block face %\}\w+\{% endblock %\}", "", text)
    text = re.sub(r"\{[%{#].*?[%}#]\}", "", text)
    text = re.sub(r"<!doctype html>|<(?:title|kbd|svg).*?</(?:title|kbd|svg)>", "", text, flags=re.DOTALL)
    if "<" not in text:
        return  # a part of a tag
    words = [one.strip() for one in re.findall(r">([^<]*)<", f">{text}<") if re.search(r"\w", one)]
    assert set(words) <= {"中文", "English", "、"}


def test_scripts_load_no_other_place_and_evaluate_nothing() -> None:
    for path in (ROOT / "frontend" / "src").rglob("*.ts"):
        text = path.read_text("utf-8")
        assert not re.search(r"https?://", text), path
        assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", text), path


def test_only_the_tokens_choose_colours() -> None:
    for path in (ROOT / "frontend" / "src" / "styles").glob("*.css"):
        chosen = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", path.read_text("utf-8")))
        if path.name != "print.css":
            assert chosen <= {"#fff"}, f"{path.name}: {sorted(chosen)}"
