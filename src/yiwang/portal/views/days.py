"""Days off and service hours, for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.cases import queries
from yiwang.portal.kept import kept_for_visitors

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@kept_for_visitors()
def days(request: FaceRequest) -> HttpResponse:
    """By which calendars limits are counted, the nation's and those of places, and when each window is open."""
    context = {"days": queries.days_page(request.language), "windows": queries.windows_open("", request.language)}
    return render(request, "portal/days.html", context)
