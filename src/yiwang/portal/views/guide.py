"""The guide of an item, made from its declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.acts.values import CapacityKind
from yiwang.cases import queries as cases
from yiwang.cases.values import ItemGuide, MaterialState
from yiwang.identity.queries import unit_titles
from yiwang.places import queries as places
from yiwang.portal.kept import kept_for_visitors
from yiwang.settings import configuration

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@kept_for_visitors(places.who_answers())
def item(request: FaceRequest, item_id: str) -> HttpResponse:
    """Can I, what do I need, how long and how much, what happens and with whom, where; then law and codes."""
    guide = cases.item_guide(item_id, request.language)
    prepared = cases.prepared_for(request.actor, item_id, request.language)
    city = places.city()
    areas = places.children(city.code) if city else []
    area = next((one for one in areas if one.code == request.GET.get("area", "")), None)
    code = area.code if area else ""
    units = unit_titles(places.units_answering(code, guide.duty)).values() if code and guide.duty else ()
    event = next(iter(guide.life_events), None)
    own = request.actor.capacity is CapacityKind.SELF
    context = {
        "guide": guide,
        "prepared": prepared,
        "spared": [one for one in prepared.materials if one.state == MaterialState.KNOWN],
        "areas": areas,
        "area": area,
        "windows": cases.windows_open(code, request.language),
        "units": list(units),
        "draft": cases.draft(request.actor, item_id, request.language) if own else None,
        "barred": request.actor.capacity is CapacityKind.AGENT and not cases.covered(request.actor, item_id),
        "parent": event.title if event else "",
        "parent_at": f"/life/{event.id}/" if event else "",
        "graph": _graph(guide, city.title if city else "", request.language),
    }
    return render(request, "portal/item.html", context)


def _graph(guide: ItemGuide, city: str, language: str) -> dict[str, Any]:
    """The item as schema.org's `GovernmentService`, for search engines and assistants."""
    root = configuration().public_url
    graph: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "GovernmentService",
        "@id": f"{root}/items/{guide.id}/",
        "url": f"{root}/items/{guide.id}/",
        "name": guide.title,
        "description": guide.summary,
        "identifier": guide.codes["basic_code"],
        "inLanguage": language,
        "serviceType": ", ".join(one.title for one in (*guide.life_events, *guide.themes)) or guide.title,
        "serviceOutput": {"@type": "Thing", "name": guide.result},
        "provider": {"@type": "GovernmentOrganization", "name": guide.answering_duty or city},
        "areaServed": {"@type": "AdministrativeArea", "name": city},
        "availableChannel": {
            "@type": "ServiceChannel",
            "serviceUrl": f"{root}/items/{guide.id}/apply/",
            "availableLanguage": ["zh-Hans", "en"],
        },
    }
    if guide.published is not None:
        graph["audience"] = {"@type": "Audience", "audienceType": guide.published.serves}
    if guide.published is not None and not guide.published.fees:
        graph["isAccessibleForFree"] = True
    return graph
