"""One search over all that the public may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.cases import queries as cases

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LONGEST = 60


@require_safe
def search(request: FaceRequest) -> HttpResponse:
    """What answers the words that somebody typed: bundles and items, then the life events and themes that hold more of them."""
    asked = request.GET.get("q", "").strip()[:LONGEST]
    found = cases.list_items(request.language, asked) if asked else []
    bundles = cases.list_bundles(request.language, asked) if asked else []
    topics = cases.search_topics(asked, request.language) if asked else []
    context = {
        "asked": asked,
        "items": found,
        "bundles": bundles,
        "topics": topics,
        "others": cases.list_items(request.language) if not (found or bundles or topics) else [],
        "count": len(found) + len(bundles) + len(topics),
    }
    return render(request, "portal/search.html", context)
