"""The first page, life events and themes, and the pages about the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.cases import queries as cases
from yiwang.content import queries as content
from yiwang.portal.kept import WRITTEN, kept_for_visitors
from yiwang.portal.models import ContentPage, HomePage, ThemePage
from yiwang.portal.showing import SHOWN_AT_HOME, life_event_context, topic_context

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@kept_for_visitors(content.latest_published(SHOWN_AT_HOME), WRITTEN)
def home(request: FaceRequest) -> HttpResponse:
    """What editors have arranged: search, what one has under way, life events, themes, what changed."""
    page = HomePage.of_site(request)
    return render(request, page.template, page.get_context(request))


@require_safe
@kept_for_visitors()
def life_event(request: FaceRequest, event_id: str) -> HttpResponse:
    """What can be done when this happens."""
    return render(request, "portal/topic.html", life_event_context(request, event_id))


@require_safe
@kept_for_visitors(WRITTEN)
def theme(request: FaceRequest, theme_id: str) -> HttpResponse:
    """What can be done under this theme, for people and for organisations, below what editors say about it."""
    context = topic_context(request, theme_id)
    return render(
        request, "portal/topic.html", {**context, "words": ThemePage.objects.live().filter(theme=theme_id).first()}
    )


@require_safe
@kept_for_visitors(WRITTEN)
def sitemap(request: FaceRequest) -> HttpResponse:
    """Everything that there is, on one page."""
    context = {
        "life_events": cases.life_events(request.language),
        "themes": cases.themes(request.language),
        "bundles": cases.list_bundles(request.language),
        "items": cases.list_items(request.language),
        "pages": ContentPage.objects.live().order_by("path"),
    }
    return render(request, "portal/sitemap.html", context)


@require_safe
def contact(request: FaceRequest) -> HttpResponse:
    """Who runs the site, and how to reach them."""
    return render(request, "portal/contact.html")


@require_safe
def help_page(request: FaceRequest) -> HttpResponse:
    """How to use the site."""
    return render(request, "portal/help.html")


@require_safe
def accessibility(request: FaceRequest) -> HttpResponse:
    """What the site does for those who see, hear or move differently."""
    return render(request, "portal/accessibility.html")
