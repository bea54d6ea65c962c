"""One's own cases: the receipt, the list, the page, withdrawing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yiwang.cases import queries, services
from yiwang.forms.answers import sentence
from yiwang.forms.downloads import as_file
from yiwang.kernel.errors import Invalid
from yiwang.portal.guard import for_applicant

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@for_applicant
def receipt(request: FaceRequest, case_id: UUID) -> HttpResponse:
    """The number, what happens next, by when, who has it, how one is told."""
    context = {
        "case": queries.case(request.actor, case_id, request.language),
        "office": queries.office_open(request.actor, case_id, request.language),
    }
    return render(request, "portal/receipt.html", context)


@require_safe
@for_applicant
def case_list(request: FaceRequest) -> HttpResponse:
    """All of one's cases, newest first."""
    page = queries.my_cases(request.actor, request.GET.get("cursor", ""), language=request.language)
    together = () if request.GET.get("cursor") else queries.my_applications(request.actor, request.language)
    return render(request, "portal/cases.html", {"page": page, "together": together})


@require_safe
@for_applicant
def case_page(request: FaceRequest, case_id: UUID) -> HttpResponse:
    """How far it is: a sentence first, then the course."""
    context = {
        "case": queries.case(request.actor, case_id, request.language),
        "part_of": queries.application_of_case(request.actor, case_id, request.language),
    }
    return render(request, "portal/case.html", context)


@require_safe
@for_applicant
def clock(request: FaceRequest, case_id: UUID, limit: str) -> HttpResponse:
    """Why a limit ends on its day: every civil date with the reason."""
    explained = queries.explain_clock(request.actor, case_id, limit, request.language)
    return render(request, "portal/clock.html", {"explained": explained, "case_at": f"/my/cases/{case_id}/"})


@require_safe
@for_applicant
def clock_sheet(request: FaceRequest, case_id: UUID, limit: str) -> HttpResponse:
    """The same as a signed PDF, for an objection."""
    return as_file(services.print_clock(request.actor, case_id, limit, request.language))


@require_POST
@for_applicant
def withdraw(request: FaceRequest, case_id: UUID) -> HttpResponseBase:
    """End one's own case."""
    reason = request.POST.get("reason", "").strip()
    try:
        services.withdraw(request.actor, case_id, reason=reason, language=request.language)
    except Invalid as invalid:
        context = {
            "case": queries.case(request.actor, case_id, request.language),
            "withdraw_fault": " ".join(sentence(one) for one in invalid.faults) or _(invalid.title),
            "reason": reason,
        }
        return render(request, "portal/case.html", context, status=invalid.status)
    messages.success(request, _("The case has been withdrawn."))
    return HttpResponseRedirect(f"/my/cases/{case_id}/", status=303)
