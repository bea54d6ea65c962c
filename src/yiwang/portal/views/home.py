"""The first page, life events and themes, and the pages about the site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yiwang.acts import queries as acts
from yiwang.acts.values import CapacityKind, DefinitionChange
from yiwang.cases import queries as cases
from yiwang.cases.values import ItemSummary, Topic
from yiwang.content import queries as content
from yiwang.kernel.errors import NotFound
from yiwang.kernel.time import today
from yiwang.portal.kept import kept_for_visitors

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

SHOWN_AT_HOME = 3
LARGE_TILES = 8
NATURAL = frozenset({"person"})
WHO = ("person", "organisation")


@require_safe
@kept_for_visitors(lambda: content.latest_published(SHOWN_AT_HOME))
def home(request: FaceRequest) -> HttpResponse:
    """Search, what one has under way, life events, themes, what changed."""
    going, together = [], []
    if request.actor.capacity is CapacityKind.SELF:
        mine = cases.my_cases(request.actor, limit=SHOWN_AT_HOME, language=request.language)
        going = [case for case in mine.rows if case.outcome is None]
        together = [one for one in cases.my_applications(request.actor, request.language) if one.ended_at is None]
    items = cases.list_items(request.language)
    who = _who(request)
    context = {
        "going": going,
        "together": together[:SHOWN_AT_HOME],
        "bundles": cases.list_bundles(request.language),
        "life_events": cases.life_events(request.language)[:LARGE_TILES],
        "themes": [_for(topic, who) for topic in cases.themes(request.language)],
        "who": who,
        "tabs": _tabs(who),
        "items": items,
        "figures": cases.figures_of_the_day(today()),
        "changes": _changes(items),
        "news": content.published(limit=SHOWN_AT_HOME).rows,
    }
    return render(request, "portal/home.html", context)


def _who(request: FaceRequest) -> str:
    given = request.GET.get("for", "")
    return given if given in WHO else WHO[0]


def _tabs(who: str) -> list[tuple[str, str, bool]]:
    titles = {"person": _("For people"), "organisation": _("For organisations")}
    return [(one, titles[one], one == who) for one in WHO]


def _for(topic: Topic, who: str) -> Topic:
    """The topic with the items for people, or for organisations; one that does not say for whom it is stands under both."""
    wanted = [one for one in topic.items if not one.serves or _serves(one, who)]
    return replace(topic, items=tuple(wanted))


def _serves(item: ItemSummary, who: str) -> bool:
    served = frozenset(item.serves)
    return bool(served & NATURAL) if who == "person" else bool(served - NATURAL)


def _changes(items: Sequence[ItemSummary]) -> list[tuple[ItemSummary, DefinitionChange]]:
    """What came or changed last among the items open to the public."""
    titled = {one.id: one for one in items}
    return [(titled[one.name], one) for one in acts.list_changes("item") if one.name in titled]


@require_safe
@kept_for_visitors()
def life_event(request: FaceRequest, event_id: str) -> HttpResponse:
    """What can be done when this happens."""
    return _topic(request, cases.life_events(request.language), event_id)


@require_safe
@kept_for_visitors()
def theme(request: FaceRequest, theme_id: str) -> HttpResponse:
    """What can be done under this theme, for people and for organisations."""
    return _topic(request, cases.themes(request.language), theme_id, divided=True)


def _topic(request: FaceRequest, topics: Sequence[Topic], id: str, *, divided: bool = False) -> HttpResponse:
    found = next((one for one in topics if one.id == id), None)
    if found is None:
        raise NotFound
    who = _who(request)
    context = {
        "topic": _for(found, who) if divided else found,
        "tabs": _tabs(who) if divided else [],
        "others": [one for one in topics if one.id != id],
        "at": "themes" if divided else "life",
    }
    return render(request, "portal/topic.html", context)


@require_safe
@kept_for_visitors()
def sitemap(request: FaceRequest) -> HttpResponse:
    """Everything that there is, on one page."""
    context = {
        "life_events": cases.life_events(request.language),
        "themes": cases.themes(request.language),
        "items": cases.list_items(request.language),
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
