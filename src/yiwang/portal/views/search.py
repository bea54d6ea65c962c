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
    found = cases.list_items(request.language, asked) if asked else []
    bundles = cases.list_bundles(request.language, asked) if asked else []
    topics = cases.search_topics(asked, request.language) if asked else []
    news = content.search_published(cases.meanings_of(asked))
    context = {
        "asked": asked,
        "news": news,
        "items": found,
        "bundles": bundles,
        "topics": topics,
        "others": cases.list_items(request.language) if not (found or bundles or topics or news) else [],
        "count": len(found) + len(bundles) + len(topics) + len(news),
    }
    return render(request, "portal/search.html", context)
