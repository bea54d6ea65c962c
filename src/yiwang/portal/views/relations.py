"""One's own relations: every word that was said of them, and that one of them is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.forms.relations import report_doubt
from yiwang.kernel.errors import NotFound
from yiwang.portal.guard import for_oneself
from yiwang.records import queries

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
    reported, form, status = report_doubt(request, link, person, purpose=CHECKING)
    if reported is not None:
        messages.success(request, _("Your report has been sent to the office that keeps the record."))
        return HttpResponseRedirect(f"/my/doubts/{reported}/", status=303)
    return render(request, "portal/doubt_relation.html", form, status=status)
