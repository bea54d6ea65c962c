"""My space: everything of one's own on one page, what needs one's action first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from yiwang.cases import queries as cases
from yiwang.documents import queries as documents
from yiwang.identity import queries as identity
from yiwang.messaging import queries as messaging
from yiwang.portal.guard import for_oneself
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

SHOWN = 5
LATEST = 3


@require_safe
@for_oneself
def space(request: FaceRequest) -> HttpResponse:
    """Tasks that wait for one and forms that one has begun; then cases, certificates, messages, and who read one's data."""
    actor, language = request.actor, request.language
    mine = cases.my_cases(actor, limit=SHOWN, language=language)
    certificates = documents.certificates_of(actor, actor.capacity_id, language) if actor.capacity_id else ()
    context = {
        "tasks": cases.my_tasks(actor, limit=SHOWN, language=language).rows,
        "drafts": cases.my_drafts(actor, language),
        "cases": mine.rows,
        "together": cases.my_applications(actor, language)[:SHOWN],
        "going": sum(case.outcome is None for case in mine.rows),
        "certificates": certificates[:LATEST],
        "offered": identity.mandates_to_answer(actor),
        "inbox": messaging.inbox(actor, limit=LATEST, language=language),
        "reads": records.list_reads(actor, limit=LATEST, others_only=True).reads,
    }
    return render(request, "portal/space.html", context)
