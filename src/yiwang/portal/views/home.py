"""The first page, the guide of an item, and the pages about the site."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.acts import queries as acts
from yiwang.acts.values import CapacityKind, DefinitionChange
from yiwang.cases import queries as cases
from yiwang.cases.values import ItemSummary

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

SHOWN_AT_HOME = 3


@require_safe
def home(request: FaceRequest) -> HttpResponse:
    """Search, what one has under way, what can be done."""
    search = request.GET.get("search", "").strip()[:60]
    going = []
    if request.actor.capacity is CapacityKind.SELF and not search:
        mine = cases.my_cases(request.actor, limit=SHOWN_AT_HOME, language=request.language)
        going = [case for case in mine.rows if case.outcome is None]
    items = cases.list_items(request.language, search)
    context = {"items": items, "search": search, "going": going, "changes": [] if search else _changes(items)}
    return render(request, "portal/home.html", context)


def _changes(items: Sequence[ItemSummary]) -> list[tuple[ItemSummary, DefinitionChange]]:
    """What came or changed last among the items open to the public."""
    titled = {one.id: one for one in items}
    return [(titled[one.name], one) for one in acts.list_changes("item") if one.name in titled]


@require_safe
def item(request: FaceRequest, item_id: str) -> HttpResponse:
    """Can I, what do I need, how long and how much, what happens."""
    return render(request, "portal/item.html", {"guide": cases.item_guide(item_id, request.language)})


@require_safe
def help_page(request: FaceRequest) -> HttpResponse:
    """How to use the site."""
    return render(request, "portal/help.html")


@require_safe
def accessibility(request: FaceRequest) -> HttpResponse:
    """What the site does for those who see, hear or move differently."""
    return render(request, "portal/accessibility.html")
