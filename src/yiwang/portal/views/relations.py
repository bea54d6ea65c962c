"""One's own relations: every word that was said of them, and that one of them is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.forms.doubts import evidence_asked, evidence_given, take_paper
from yiwang.forms.files import REMOVE
from yiwang.forms.relations import change_asked, change_faults, doubt_given
from yiwang.kernel.errors import Invalid, NotFound
from yiwang.portal.guard import for_oneself
from yiwang.records import queries, services

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

OWN_DATA = "own-data"
CHECKING = "fact-checking"


@require_safe
@for_oneself
def history(request: FaceRequest) -> HttpResponse:
    """Who said what, when and why; corrections and retractions, too."""
    person = request.actor.subject_id
    rows = queries.relation_history(request.actor, person, purpose=OWN_DATA) if person else []
    return render(request, "portal/relation_history.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@for_oneself
def doubt(request: FaceRequest, word_id: UUID) -> HttpResponseBase:
    """What is wrong with one of one's relations, and why."""
    person = request.actor.subject_id
    if person is None:
        raise NotFound("There is no such relation.")
    link = queries.related_by(request.actor, person, word_id, purpose=CHECKING)
    taken = take_paper(request.actor, request.POST, request.FILES)
    typed = request.POST if request.method == "POST" else None
    faults, status = tuple(taken.faults), 200
    if typed is not None and REMOVE not in typed:
        status = Invalid.status
        if not faults:
            try:
                id = services.report_discrepancy(
                    request.actor,
                    link.relation,
                    person,
                    link.relation,
                    doubt_given(typed),
                    evidence_given(typed, taken),
                    purpose=CHECKING,
                    record_id=word_id,
                )
            except Invalid as invalid:
                faults = invalid.faults
            else:
                messages.success(request, _("Your report has been sent to the office that keeps the record."))
                return HttpResponseRedirect(f"/my/doubts/{id}/", status=303)
    of_change = [one for one in faults if one.pointer.startswith("proposed")]
    at, lines = change_faults(of_change)
    asked = evidence_asked(typed, taken, [one for one in faults if one not in of_change])
    context = {
        **asked,
        "link": link,
        "given": change_asked(typed, link),
        "may_swap": False,
        "fault_at": at,
        "summary": lines + asked["evidence_summary"],
    }
    return render(request, "portal/doubt_relation.html", context, status=status)
