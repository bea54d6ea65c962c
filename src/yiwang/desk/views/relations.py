"""Relations of a subject: what was ever said of them, corrected or retracted by the source's officer, doubted by who verifies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.forms.relations import change_asked, change_faults, change_given, report_doubt
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, problem
from yiwang.records import queries, services

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

METHODS = ("GET", "HEAD", "POST")
CHECKING = "fact-checking"


@require_safe
@for_post
def history(request: FaceRequest, subject_id: UUID) -> HttpResponse:
    """Every word about the subject's relations."""
    purpose = request.GET.get("purpose", "")
    rows = queries.relation_history(request.actor, subject_id, purpose=purpose)
    context = {"subject_id": subject_id, "purpose": purpose, "rows": rows}
    return page(request, "desk/relation_history.html", context)


@require_http_methods(METHODS)
@for_post
def correct(request: FaceRequest, word_id: UUID) -> HttpResponseBase:
    """Correct or retract a relation, as its source's officer; one form for each."""
    purpose = request.GET.get("purpose", "")
    form = queries.relation_form(request.actor, word_id, purpose=purpose)
    back_at = f"/desk/subjects/{_seen_from(request, form.start.other_id, form.end.other_id)}/?{urlencode({'purpose': purpose})}"
    retracts = request.POST.get("act") == "retract"
    faults: tuple[FieldFault, ...] = ()
    lost: Any = None
    status = 200
    if request.method == "POST":
        try:
            if retracts:
                reason = request.POST.get("why-never", "")
                services.retract_relation(request.actor, word_id, reason=reason)
                messages.success(request, _("Retracted. The relation stays in the history of both."))
            else:
                number = request.POST.get("case_number", "").strip()
                services.correct_relation(
                    request.actor,
                    word_id,
                    **change_given(request.POST),
                    reason=request.POST.get("reason", ""),
                    evidence={"case_number": number} if number else None,
                )
                messages.success(request, _("Corrected. What stood before stays in the history of both."))
        except Invalid as invalid:
            status, faults = invalid.status, invalid.faults
        except Conflict as conflict:
            status, lost = conflict.status, problem(conflict, translate=_)
        else:
            return HttpResponseRedirect(back_at, status=303)
    at, lines = change_faults(faults)
    if retracts:  # the same pointer stands beside another field
        at, lines = {"never": at.get("reason", "")}, [type(one)(one.text, "why-never") for one in lines]
    context = {
        "form": form,
        "purpose": purpose,
        "back_at": back_at,
        "given": change_asked(request.POST if request.method == "POST" and not retracts else None, form.end)
        | ({"never": request.POST.get("why-never", "")} if retracts else {}),
        "may_swap": form.may_swap,
        "fault_at": at,
        "summary": lines,
        "lost": lost,
    }
    return page(request, "desk/relation_form.html", context, status)


@require_http_methods(METHODS)
@for_post
def doubt(request: FaceRequest, subject_id: UUID, word_id: UUID) -> HttpResponseBase:
    """What is wrong with a relation of the subject, and why."""
    purpose = request.GET.get("purpose") or CHECKING
    link = queries.related_by(request.actor, subject_id, word_id, purpose=purpose)
    reported, form, status = report_doubt(request, link, subject_id, purpose=purpose)
    if reported is not None:
        messages.success(request, _("Your report has been sent to the unit that keeps the record."))
        return HttpResponseRedirect(f"/desk/discrepancies/{reported}/", status=303)
    return page(request, "desk/doubt_relation.html", form, status=status)


def _seen_from(request: FaceRequest, *ends: UUID | None) -> UUID | str:
    """The subject from whose page the officer came, if he is one of the two; else the first whom he may see."""
    came_from = request.GET.get("subject", "")
    known = [one for one in ends if one is not None]
    return next((one for one in known if str(one) == came_from), known[0] if known else came_from)
