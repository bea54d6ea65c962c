"""What pages of the portal show: gathered here for the views, and for an editor's preview of the same pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from yiwang.acts import queries as acts
from yiwang.acts.values import CapacityKind, DefinitionChange
from yiwang.cases import queries as cases
from yiwang.cases.values import ItemSummary, Topic
from yiwang.content import queries as content
from yiwang.kernel.errors import NotFound
from yiwang.kernel.time import today

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["SHOWN_AT_HOME", "home_context", "life_event_context", "theme_titles", "topic_context"]

SHOWN_AT_HOME = 3
LARGE_TILES = 8
NATURAL = frozenset({"person"})
WHO = ("person", "organisation")


def home_context(request: FaceRequest) -> dict[str, Any]:
    """What the sections of the first page show: what one has under way, bundles, life events, themes, figures, news, changes."""
    going, together = [], []
    if request.actor.capacity is CapacityKind.SELF:
        mine = cases.my_cases(request.actor, limit=SHOWN_AT_HOME, language=request.language)
        going = [case for case in mine.rows if case.outcome is None]
        together = [one for one in cases.my_applications(request.actor, request.language) if one.ended_at is None]
    items = cases.list_items(request.language)
    who = _who(request)
    return {
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


def theme_titles() -> list[tuple[str, str]]:
    """Every theme that packs declare: its id and its title in the language of the page."""
    language = "en" if get_language() == "en" else "zh-Hans"
    return [(one.id, one.title) for one in cases.themes(language)]


def topic_context(request: FaceRequest, theme_id: str) -> dict[str, Any]:
    """A theme with its items, for people or for organisations. Raises NotFound."""
    return _topic(request, cases.themes(request.language), theme_id, divided=True)


def life_event_context(request: FaceRequest, event_id: str) -> dict[str, Any]:
    """A life event with its items. Raises NotFound."""
    return _topic(request, cases.life_events(request.language), event_id)


def _topic(request: FaceRequest, topics: Sequence[Topic], id: str, *, divided: bool = False) -> dict[str, Any]:
    found = next((one for one in topics if one.id == id), None)
    if found is None:
        raise NotFound
    who = _who(request)
    return {
        "topic": _for(found, who) if divided else found,
        "tabs": _tabs(who) if divided else [],
        "others": [one for one in topics if one.id != id],
        "at": "themes" if divided else "life",
    }


def _who(request: FaceRequest) -> str:
    given = request.GET.get("for", "")
    return given if given in WHO else WHO[0]


def _tabs(who: str) -> list[tuple[str, str, bool]]:
    titles = {"person": _("For people"), "organisation": _("For organisations")}
    return [(one, titles[one], one == who) for one in WHO]


def _for(topic: Topic, who: str) -> Topic:
    """The topic with what is for people, or for organisations; what does not say for whom it is stands under both."""

    def wanted(rows: Sequence[ItemSummary]) -> tuple[ItemSummary, ...]:
        return tuple(one for one in rows if not one.serves or _serves(one, who))

    return replace(topic, items=wanted(topic.items), bundles=wanted(topic.bundles))


def _serves(item: ItemSummary, who: str) -> bool:
    served = frozenset(item.serves)
    return bool(served & NATURAL) if who == "person" else bool(served - NATURAL)


def _changes(items: Sequence[ItemSummary]) -> list[tuple[ItemSummary, DefinitionChange]]:
    """What came or changed last among the items open to the public."""
    titled = {one.id: one for one in items}
    return [(titled[one.name], one) for one in acts.list_changes("item") if one.name in titled]
