"""Bundles: what one application begins, its receipt, how far it is, taking it back, and the answer to what is asked on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yiwang.acts.values import CapacityKind
from yiwang.cases import queries, services
from yiwang.forms.answers import sentence
from yiwang.kernel.errors import Invalid
from yiwang.places import queries as places
from yiwang.portal.guard import for_oneself
from yiwang.portal.kept import kept_for_visitors

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@kept_for_visitors(places.who_answers())
def bundle(request: FaceRequest, bundle_id: str) -> HttpResponse:
    """What it is, in which order it goes, what is needed, and what happens when one part is not granted."""
    own = request.actor.capacity is CapacityKind.SELF
    context = {
        "guide": queries.bundle_guide(bundle_id, request.language),
        "draft": queries.draft(request.actor, bundle_id, request.language) if own else None,
        "barred": request.actor.capacity is CapacityKind.AGENT,
    }
    return render(request, "portal/bundle.html", context)


@require_safe
@for_oneself
def receipt(request: FaceRequest, application_id: UUID) -> HttpResponse:
    """One number for all, and the numbers of what has begun."""
    found = queries.application(request.actor, application_id, request.language)
    return render(request, "portal/application_receipt.html", {"application": found})


@require_safe
@for_oneself
def progress(request: FaceRequest, application_id: UUID) -> HttpResponse:
    """How far it is: each part with who has it, until when and what comes next."""
    return _show(request, application_id)


@require_POST
@for_oneself
def withdraw(request: FaceRequest, application_id: UUID) -> HttpResponseBase:
    """Take back one part (`item`), or all that is not decided yet."""
    item, reason = request.POST.get("item", ""), request.POST.get("reason", "").strip()
    try:
        services.withdraw_application(
            request.actor, application_id, item=item, reason=reason, language=request.language
        )
    except Invalid as invalid:
        said = " ".join(sentence(one) for one in invalid.faults) or _(invalid.title)
        return _show(request, application_id, {"fault": said, "fault_in": item, "reason": reason}, invalid.status)
    messages.success(request, _("It has been taken back."))
    return HttpResponseRedirect(f"/my/applications/{application_id}/", status=303)


@require_POST
@for_oneself
def answer(request: FaceRequest, application_id: UUID) -> HttpResponseBase:
    """Say whether a part goes on although another was not granted."""
    goes_on = request.POST.get("goes_on", "") == "yes"
    item = request.POST.get("item", "")
    services.answer_part(request.actor, application_id, item=item, goes_on=goes_on, language=request.language)
    messages.success(request, _("It goes on.") if goes_on else _("It has been taken back."))
    return HttpResponseRedirect(f"/my/applications/{application_id}/", status=303)


def _show(
    request: FaceRequest, application_id: UUID, more: dict[str, str] | None = None, status: int = 200
) -> HttpResponse:
    found = queries.application(request.actor, application_id, request.language)
    return render(request, "portal/application.html", {"application": found, **(more or {})}, status=status)
