"""Every problem's type is a page that says what happened, what is safe and what to do, in both languages."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from support.demo import Demo

import yiwang
from yiwang.kernel.errors import Fault

PAGES = Path(__file__).parents[2] / "docs" / "problems"


for _module in pkgutil.walk_packages(yiwang.__path__, "yiwang."):
    if _module.name.split(".")[2:3] in (["values"], ["services"], ["pages"]):
        importlib.import_module(_module.name)


def codes(above: type[Fault] = Fault) -> set[str]:
    found = {above.code} if above is not Fault and above.__module__.startswith("yiwang.") else set()
    return found.union(*(codes(one) for one in above.__subclasses__()))


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert codes() == {page.stem for page in PAGES.glob("*.md")}


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("code", sorted(codes()))
def test_the_page_reads_well_in(demo: Demo, code: str, language: str) -> None:
    client = demo.client(language=language)
    answer = client.get(f"/docs/problems/{code}")
    assert answer.status_code == 200
    assert answer.context["title"]
    assert len(answer.context["paragraphs"]) >= 2
    if language == "zh-hans":
        words = " ".join(answer.context["paragraphs"])
        assert not re.search(r"[A-Za-z]{3,}", re.sub(r"/api/v1/session|X-CSRFToken|`yiwang [^`]+`", "", words))
