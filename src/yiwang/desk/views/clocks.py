"""A limit of a case: why it ends on its day, and its extension."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yiwang.cases import queries, services
from yiwang.desk.frame import for_post, page
from yiwang.forms.downloads import as_file
from yiwang.kernel.errors import Conflict, Fault, Invalid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest
    from yiwang.cases.values import LimitShown


@require_safe
@for_post
def register(request: FaceRequest) -> HttpResponse:
    """Every limit that is declared, by its law: how long, how it counts, whether somebody has read it there."""
    rows = queries.limit_register(request.language)
    by_law = [(law, list(limits)) for law, limits in groupby(rows, key=lambda row: _law(row.limit))]
    unread = sum(row.limit.verified != "text" for row in rows)
    return page(request, "desk/limits.html", {"laws": by_law, "total": len(rows), "unread": unread})


def _law(limit: LimitShown) -> str:
    return "" if limit.verified == "unknown" else limit.law


@require_safe
@for_post
def days(request: FaceRequest, case_id: UUID, limit: str) -> HttpResponse:
    """Every civil date with the reason for which it counts or does not."""
    explained = queries.explain_clock(request.actor, case_id, limit, request.language)
    return page(request, "desk/clock_days.html", {"explained": explained})


@require_safe
@for_post
def sheet(request: FaceRequest, case_id: UUID, limit: str) -> HttpResponse:
    """The same as a signed PDF, for the file or for who decides on an objection."""
    return as_file(services.print_clock(request.actor, case_id, limit, request.language))


@require_POST
@for_post
def extend(request: FaceRequest, case_id: UUID, limit: str) -> HttpResponseBase:
    """Approve an extension."""
    reason, length = request.POST.get("reason", "").strip(), request.POST.get("length", "")
    try:
        services.extend_clock(
            request.actor,
            case_id,
            limit,
            reason,
            length=int(length) if length.isdecimal() and len(length) < 6 else 0,
            language=request.language,
        )
    except (Invalid, Conflict) as fault:
        return _again(request, case_id, limit, fault)
    messages.success(request, _("The limit has been extended. The applicant is being told."))
    return HttpResponseRedirect(f"/desk/cases/{case_id}/clocks/{limit}/", status=303)


def _again(request: FaceRequest, case_id: UUID, limit: str, fault: Fault) -> HttpResponse:
    said = [_(one.message).format_map(one.params) for one in fault.faults] or [
        _(fault.detail or fault.title).format_map(fault.params)
    ]
    context = {
        "explained": queries.explain_clock(request.actor, case_id, limit, request.language),
        "extend_fault": " ".join(said),
        "extend_reason": request.POST.get("reason", ""),
        "extend_length": request.POST.get("length", ""),
    }
    return page(request, "desk/clock_days.html", context, fault.status)
