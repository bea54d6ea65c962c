"""One search over all that the public may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.cases import queries as cases
from yiwang.content import queries as content

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LONGEST = 60


@require_safe
def search(request: FaceRequest) -> HttpResponse:
    """What answers what somebody typed: bundles and items, life events and themes that hold more of them, news."""
    asked = request.GET.get("q", "").strip()[:LONGEST]
    found = cases.find(asked, request.language)
    news = content.search_published(cases.meanings_of(asked))
    everything = not asked or not (found.count or news)
    context = {
        "asked": asked,
        "found": found,
        "news": news,
        "count": found.count + len(news) if asked else 0,
        "other_bundles": cases.list_bundles(request.language) if everything else [],
        "other_items": cases.list_items(request.language) if everything else [],
    }
    return render(request, "portal/search.html", context)
