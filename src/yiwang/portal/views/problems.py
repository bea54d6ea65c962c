"""What a problem's `type` leads to: a page of docs/problems, in the reader's language."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.kernel.errors import NotFound

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

PAGES = Path(__file__).resolve().parents[4] / "docs" / "problems"
LONGEST_CODE = 60


@require_safe
def problem(request: FaceRequest, code: str) -> HttpResponse:
    """One page. Its file has a part for each language: `## zh-Hans` and `## en`, then a title line and paragraphs."""
    if len(code) > LONGEST_CODE:
        raise NotFound
    try:
        text = (PAGES / f"{code}.md").read_text("utf-8")
    except FileNotFoundError:
        raise NotFound from None
    parts = {part.partition("\n")[0].strip(): part.partition("\n")[2].strip() for part in text.split("\n## ")[1:]}
    title, _blank, body = parts[request.language].partition("\n")
    paragraphs = [one.replace("\n", " ") for one in body.strip().split("\n\n")]
    return render(request, "portal/problem.html", {"title": title.strip("# "), "paragraphs": paragraphs, "code": code})
