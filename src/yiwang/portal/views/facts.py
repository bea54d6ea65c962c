"""What the city knows about one, and who has read it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yiwang.kernel.time import today
from yiwang.portal.guard import for_oneself
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

OWN_DATA = "own-data"
PERIODS = (7, 30, 365)


@require_safe
@for_oneself
def facts(request: FaceRequest) -> HttpResponse:
    """One's own facts: value, whose, since when, how old; and to whom one is related. Sensitive facts are covered until one asks."""
    person = request.actor.subject_id
    context = {
        "facts": records.facts(request.actor, person, purpose=OWN_DATA) if person else [],
        "relations": records.related(request.actor, person, purpose=OWN_DATA) if person else [],
        "related_before": person is not None and records.ever_related(request.actor, person, purpose=OWN_DATA),
        "uncovered": request.GET.getlist("show"),
    }
    return render(request, "portal/facts.html", context)


@require_safe
@for_oneself
def reads(request: FaceRequest) -> HttpResponse:
    """Who has read one's data, or that of whom one represents."""
    represented = [(str(id), title) for id, title in records.represented_subjects(request.actor)]
    asked = {name: request.GET.get(name, "") for name in ("about", "days", "unit")}
    about = asked["about"] if asked["about"] in dict(represented) else ""
    whose = UUID(about) if about else None
    units = [(str(id), title) for id, title in records.list_readers(request.actor, about=whose)]
    unit = asked["unit"] if asked["unit"] in dict(units) else ""
    days = int(asked["days"]) if asked["days"] in {str(one) for one in PERIODS} else 0
    with_own = request.GET.get("own") == "1"  # one's own looks are many and tell one nothing
    page = records.list_reads(
        request.actor,
        request.GET.get("cursor", ""),
        about=whose,
        since=today() - timedelta(days=days) if days else None,
        unit_id=UUID(unit) if unit else None,
        others_only=not with_own,
    )
    periods = [
        (0, _("All")),
        *((one, _("last {days} days").format(days=one)) for one in PERIODS),
    ]
    kept = {"about": about, "days": str(days) if days else "", "unit": unit, "own": "1" if with_own else ""}
    context = {
        "page": page,
        "represented": represented,
        "units": units,
        "periods": periods,
        "about": about,
        "unit": unit,
        "days": days,
        "own": with_own,
        "keep": urlencode({name: value for name, value in kept.items() if value}),
    }
    return render(request, "portal/reads.html", context)
