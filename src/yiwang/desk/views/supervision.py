"""Alerts: the supervisor's list, and the page that says of each which rule, which law, which arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.kernel.errors import Invalid, NotFound
from yiwang.supervision import queries, services
from yiwang.supervision.values import AlertFilter, AlertState, Level

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

ACTS = {"explain": services.explain, "close": services.close, "withdraw": services.withdraw}


@require_safe
@for_post
def alert_list(request: FaceRequest) -> HttpResponse:
    """Alerts of the units that this post supervises, the latest first."""
    wanted = _wanted(request)
    found = queries.list_alerts(request.actor, wanted, request.GET.get("cursor", ""), language=request.language)
    chosen = {"level": wanted.level, "state": wanted.state, "unit": str(wanted.unit_id or ""), "item": wanted.item}
    context = {
        "page": found,
        "chosen": chosen,
        "levels": list(found.counts.by_level.items()),
        "all_levels": list(reversed(Level)),
        "states": list(AlertState),
        "keep": urlencode({name: value for name, value in chosen.items() if value}),
        "keep_but_level": urlencode({name: value for name, value in chosen.items() if value and name != "level"}),
    }
    return page(request, "desk/supervision.html", context)


def _wanted(request: HttpRequest) -> AlertFilter:
    """The filter as the address names it; what it does not know is left out."""
    given = request.GET
    try:
        unit = UUID(given["unit"]) if given.get("unit") else None
    except ValueError:
        unit = None
    level, state = given.get("level", ""), given.get("state", "")
    return AlertFilter(
        level=level if level in list(Level) else "",
        state=state if state in list(AlertState) else "",
        unit_id=unit,
        item=given.get("item", "")[:100],
    )


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def alert(request: FaceRequest, alert_id: UUID) -> HttpResponseBase:
    """One alert; the unit explains it here, the supervisor closes or withdraws it."""
    if request.method != "POST":
        return _show(request, alert_id)
    act = ACTS.get(request.POST.get("act", ""))
    if act is None:
        raise NotFound
    reason = request.POST.get("reason", "").strip()
    try:
        act(request.actor, alert_id, reason, language=request.language)
    except Invalid as invalid:
        said = " ".join(_(one.message).format_map(one.params) for one in invalid.faults) or _(invalid.title)
        return _show(request, alert_id, reason, said, invalid.status)
    messages.success(request, _("Written down."))
    return HttpResponseRedirect(f"/desk/supervision/{alert_id}/", status=303)


def _show(
    request: FaceRequest, alert_id: UUID, reason: str = "", reason_fault: str = "", status: int = 200
) -> HttpResponse:
    found = queries.alert(request.actor, alert_id, request.language)
    context = {"alert": found, "reason": reason, "reason_fault": reason_fault}
    return page(request, "desk/alert.html", context, status)
