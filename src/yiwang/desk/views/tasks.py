"""Tasks: the table of what waits for this post, and the page on which one is done."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.acts.values import Actor
from yiwang.cases import queries, services
from yiwang.cases.values import CaseView
from yiwang.desk.frame import for_post, page
from yiwang.kernel.errors import Conflict, Invalid, NotAllowed, problem
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

HANDLING = "case-handling"


@require_safe
@for_post
def task_list(request: FaceRequest) -> HttpResponse:
    """Fifty rows, the most urgent first."""
    found = queries.my_tasks(request.actor, request.GET.get("cursor", ""), language=request.language)
    return page(request, "desk/tasks.html", {"page": found})


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def task(request: FaceRequest, task_id: UUID) -> HttpResponseBase:
    """Facts left, the act right. The loser of a race reads who decided what."""
    if request.method != "POST":
        return _show(request, task_id)
    reason = request.POST.get("reason", "").strip()
    version = request.POST.get("version", "")
    try:
        services.advance(
            request.actor,
            task_id,
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            act=request.POST.get("act", ""),
            reason=reason,
            language=request.language,
        )
    except Invalid as invalid:
        said = [_(one.message).format_map(one.params) for one in invalid.faults] or [_(invalid.detail or invalid.title)]
        return _show(request, task_id, {"reason": reason, "reason_fault": " ".join(said)}, invalid.status)
    except Conflict as lost:
        return _show(request, task_id, {"reason": reason, "lost": problem(lost, translate=_)}, lost.status)
    messages.success(request, _("Done. The applicant is being told."))
    return HttpResponseRedirect("/desk/tasks/", status=303)


def _show(
    request: FaceRequest, task_id: UUID, more: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    found = queries.task(request.actor, task_id, request.language)
    context = {"task": found, "facts": known_facts(request.actor, found.case), **(more or {})}
    return page(request, "desk/task.html", context, status)


def known_facts(actor: Actor, case: CaseView) -> Any:
    """What the city knows of the applicant in what the form asks for; None when this post may not read it.

    Whoever sees the case reads under the standing agreement of its item.
    """
    asked = [one.name for one in case.values]
    try:
        return records.facts(actor, case.applicant_id, purpose=HANDLING, elements=asked, item=case.item_id)
    except NotAllowed:
        return None
