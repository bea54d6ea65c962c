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
from yiwang.cases.values import CaseView, Outcome
from yiwang.forms.answers import sentence
from yiwang.forms.downloads import as_file
from yiwang.kernel.errors import Invalid
from yiwang.portal.guard import for_applicant

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

NOT_GRANTED = (Outcome.WITHDRAWN, Outcome.CANCELLED, Outcome.REFUSED, Outcome.NOT_ACCEPTED)


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
    return _show(request, case_id)


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
        said = " ".join(sentence(one) for one in invalid.faults) or _(invalid.title)
        return _show(request, case_id, {"withdraw_fault": said, "reason": reason}, invalid.status)
    messages.success(request, _("The case has been withdrawn."))
    return HttpResponseRedirect(f"/my/cases/{case_id}/", status=303)


def _show(request: FaceRequest, case_id: UUID, more: dict[str, str] | None = None, status: int = 200) -> HttpResponse:
    found = queries.case(request.actor, case_id, request.language)
    context = {
        "case": found,
        "part_of": queries.application_of_case(request.actor, case_id, request.language),
        "again_at": _again_at(found),
        **(more or {}),
    }
    return render(request, "portal/case.html", context, status=status)


def _again_at(case: CaseView) -> str:
    """Where one may apply again for what has ended without being granted; empty when there is nothing to apply for."""
    if case.outcome not in NOT_GRANTED or not queries.may_begin(case.item_id):
        return ""
    return f"/items/{case.item_id}/"
