"""News and notices for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yiwang.content import queries as content

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
def news(request: FaceRequest) -> HttpResponse:
    """What was published, the latest first."""
    asked = request.GET.get("kind", "")
    kinds = [("", _("All")), ("news", _("News")), ("notice", _("Notices"))]
    context = {
        "page": content.published(request.GET.get("cursor", ""), kind=asked),
        "kinds": [(id, title, id == asked) for id, title in kinds],
        "keep": f"kind={asked}" if asked else "",
    }
    return render(request, "portal/news.html", context)


@require_safe
def article(request: FaceRequest, article_id: UUID) -> HttpResponse:
    """One of them, with who published it and when."""
    return render(request, "portal/article.html", {"article": content.published_article(article_id)})
