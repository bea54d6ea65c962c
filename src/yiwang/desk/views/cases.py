"""Cases that the post's units have or had."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yiwang.cases import queries, services
from yiwang.cases.values import CaseState
from yiwang.desk.frame import for_post, page
from yiwang.desk.views.tasks import alerts_on, doubts_in, known_facts
from yiwang.kernel.errors import Invalid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@for_post
def case_list(request: FaceRequest) -> HttpResponseBase:
    """All of them, newest first; a number leads straight to its case."""
    number = request.GET.get("number", "").strip()[:60]
    if number:
        found = queries.unit_cases(request.actor, number=number, language=request.language)
        if len(found.rows) == 1:
            return HttpResponseRedirect(f"/desk/cases/{found.rows[0].id}/")
        if found.rows:
            return page(
                request, "desk/cases.html", {"page": found, "several": True, "keep": urlencode({"number": number})}
            )
    state = request.GET.get("state", "")
    state = state if state in list(CaseState) else ""
    rows = queries.unit_cases(request.actor, request.GET.get("cursor", ""), state=state, language=request.language)
    keep = urlencode({"state": state}) if state else ""
    return page(request, "desk/cases.html", {"page": rows, "state": state, "keep": keep, "number": number})


@require_safe
@for_post
def case_page(request: FaceRequest, case_id: UUID) -> HttpResponse:
    """One case: how far, what was sent, what is known, the course."""
    case = queries.case(request.actor, case_id, request.language)
    shown = {
        "case": case,
        "facts": known_facts(request.actor, case),
        "alerts": alerts_on(request, case_id),
        **doubts_in(request.actor, case),
        "part_of": queries.application_of_case(request.actor, case_id, request.language),
    }
    return page(request, "desk/case.html", shown)


@require_POST
@for_post
def cancel(request: FaceRequest, case_id: UUID) -> HttpResponseBase:
    """End a case that cannot go on."""
    reason = request.POST.get("reason", "").strip()
    try:
        services.cancel(request.actor, case_id, reason=reason, language=request.language)
    except Invalid as invalid:
        case = queries.case(request.actor, case_id, request.language)
        said = " ".join(_(one.message).format_map(one.params) for one in invalid.faults) or _(invalid.title)
        shown = {"case": case, "facts": known_facts(request.actor, case), "cancel_fault": said, "reason": reason}
        shown["alerts"] = alerts_on(request, case_id)
        return page(request, "desk/case.html", shown, invalid.status)
    messages.success(request, _("The case has been ended."))
    return HttpResponseRedirect(f"/desk/cases/{case_id}/", status=303)
