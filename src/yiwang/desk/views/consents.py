"""Consent of another administrator 双人复核: what waits, what each is about, and consenting or refusing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.forms.answers import sentence
from yiwang.identity import queries, services
from yiwang.identity.values import ConsentView
from yiwang.kernel.errors import Fault, Invalid
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

GIVE, REFUSE, WITHDRAW = "give", "refuse", "withdraw"
SAID = {
    GIVE: gettext_noop("You have consented, and it has been done."),
    REFUSE: gettext_noop("You have refused. Nothing was changed; whoever asked sees your reason."),
    WITHDRAW: gettext_noop("You have withdrawn your request. Nothing was changed."),
}


@require_safe
@for_post
def consents(request: FaceRequest) -> HttpResponse:
    """What waits for consent, and what was decided lately."""
    found = queries.consents(request.actor)
    context = {
        "waiting": [one for one in found if one.state == "waits"],
        "past": [one for one in found if one.state != "waits"],
        "words": {one.id: _(one.words) for one in found},
        "names": _names(request, found),
    }
    return page(request, "desk/consents.html", context)


@require_safe
@for_post
def consent(request: FaceRequest, request_id: UUID) -> HttpResponse:
    """One request."""
    return _show(request, request_id)


@require_POST
@for_post
def decide(request: FaceRequest, request_id: UUID, act: str) -> HttpResponseBase:
    """Consent, refuse or withdraw."""
    queries.require(request.actor, "consent.read")
    reason = request.POST.get("reason", "")
    try:
        if act == GIVE:
            services.give_consent(request.actor, request_id)
        elif act == REFUSE:
            services.refuse_consent(request.actor, request_id, reason)
        elif act == WITHDRAW:
            services.withdraw_consent(request.actor, request_id)
        else:
            raise Http404
    except (Invalid, services.ConsentFails) as fault:
        return _show(request, request_id, fault, reason=reason)
    messages.success(request, _(SAID[act]))
    return HttpResponseRedirect(f"/desk/consents/{request_id}/", status=303)


def _show(request: FaceRequest, request_id: UUID, fault: Fault | None = None, reason: str = "") -> HttpResponse:
    found = queries.consent(request.actor, request_id)
    context: dict[str, Any] = {
        "one": found,
        "lines": [(_(label), value) for label, value in found.lines],
        "words": _(found.words),
        "name": _names(request, [found]).get(found.by_subject, "") if found.by_subject else "",
        "reason": reason,
    }
    if isinstance(fault, Invalid):
        context["fault"] = " ".join(sentence(one) for one in fault.faults)
    elif fault is not None:
        context |= {
            "summary": [{"text": sentence(one), "target": ""} for one in fault.faults],
            "summary_title": _(fault.title),
            "next_step": _(fault.next_step),
        }
    return page(request, "desk/consent.html", context, fault.status if fault else 200)


def _names(request: FaceRequest, found: list[ConsentView]) -> Mapping[UUID, str]:
    subjects = {one.by_subject for one in found if one.by_subject is not None}
    return records.officer_names(request.actor, list(subjects))
