"""What the city knows about one, and who has read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.portal.guard import for_oneself
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

OWN_DATA = "own-data"


@require_safe
@for_oneself
def facts(request: FaceRequest) -> HttpResponse:
    """One's own facts: value, whose, since when, how old."""
    person = request.actor.subject_id
    found = records.facts(request.actor, person, purpose=OWN_DATA) if person else []
    return render(request, "portal/facts.html", {"facts": found})


@require_safe
@for_oneself
def reads(request: FaceRequest) -> HttpResponse:
    """Who has read one's data."""
    return render(
        request, "portal/reads.html", {"page": records.list_reads(request.actor, request.GET.get("cursor", ""))}
    )
