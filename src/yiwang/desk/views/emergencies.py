"""Emergency access 应急查阅: opening one thing with the consent of another administrator, reading it, and reviewing that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.cases import services as cases
from yiwang.desk.frame import for_post, page
from yiwang.forms.entries import Entry, with_faults
from yiwang.identity import queries, services
from yiwang.identity.values.emergencies import EmergencyState, EmergencyView
from yiwang.kernel.errors import FieldFault, Invalid
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@for_post
def emergencies(request: FaceRequest) -> HttpResponse:
    """What is open, what waits to be reviewed, and what was."""
    found = queries.emergencies(request.actor)
    context = {
        "pending": [one for one in found if one.state is not EmergencyState.REVIEWED],
        "past": [one for one in found if one.state is EmergencyState.REVIEWED],
        "names": _names(request, found),
        "may_open": queries.why(request.actor, "emergency.open").allowed,
        "minutes": queries.emergency_minutes(),
    }
    return page(request, "desk/emergencies.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def open_one(request: FaceRequest) -> HttpResponseBase:
    """Say what is to be opened and why; the other administrator then consents."""
    queries.require(request.actor, "emergency.open")
    if request.method != "POST":
        return _form(request)
    sent = request.POST
    try:
        made = services.open_emergency(
            request.actor, sent.get("kind", ""), sent.get("reference", "").strip(), sent.get("why", "").strip()
        )
    except Invalid as invalid:
        return _form(request, invalid)
    return HttpResponseRedirect(f"/desk/emergencies/{made}/", status=303)


@require_safe
@for_post
def emergency(request: FaceRequest, access_id: UUID) -> HttpResponse:
    """One of them: who, why, until when, each look, and what the auditor found."""
    return _show(request, access_id)


@require_POST
@for_post
def look(request: FaceRequest, access_id: UUID) -> HttpResponse:
    """Read the case that was opened. Each look is written down, so it takes a press of a button."""
    case = cases.read_in_emergency(request.actor, access_id, request.language)
    one = queries.emergency(request.actor, access_id)
    return page(request, "desk/emergency_case.html", {"one": one, "case": case, "files_closed": True})


@require_POST
@for_post
def end(request: FaceRequest, access_id: UUID) -> HttpResponseBase:
    """End it before its time is up."""
    services.end_emergency(request.actor, access_id)
    messages.success(request, _("The emergency access has ended. The audit administrator reviews it."))
    return HttpResponseRedirect(f"/desk/emergencies/{access_id}/", status=303)


@require_POST
@for_post
def review(request: FaceRequest, access_id: UUID) -> HttpResponseBase:
    """Enter what the audit administrator finds."""
    sent = request.POST
    try:
        services.review_emergency(request.actor, access_id, sent.get("verdict", ""), sent.get("remark", ""))
    except Invalid as invalid:
        return _show(request, access_id, invalid)
    messages.success(request, _("Your finding is entered. It stands beside the access and in the audit log."))
    return HttpResponseRedirect(f"/desk/emergencies/{access_id}/", status=303)


def _show(request: FaceRequest, access_id: UUID, invalid: Invalid | None = None) -> HttpResponse:
    one = queries.emergency(request.actor, access_id)
    entries, summary = with_faults(_finding(request), invalid.faults if invalid else ())
    context: dict[str, Any] = {
        "one": one,
        "names": _names(request, [one]),
        "title": _(one.title),
        "entries": entries,
        "summary": summary,
    }
    return page(request, "desk/emergency.html", context, invalid.status if invalid else 200)


def _finding(request: FaceRequest) -> list[Entry]:
    chosen = frozenset({request.POST.get("verdict", "")})
    options = (
        ("proper", _("Proper"), _("the reason holds, and no more was read than it takes")),
        ("improper", _("Improper"), _("to be followed up by the unit that is answerable")),
    )
    return [
        Entry("verdict", _("What you find"), kind="radios", options=options, chosen=chosen),
        Entry("remark", _("In words"), request.POST.get("remark", ""), kind="lines"),
    ]


def _form(request: FaceRequest, invalid: Invalid | None = None) -> HttpResponse:
    faults = [_at_field(one) for one in invalid.faults] if invalid else []
    entries, summary = with_faults(_asking(request), faults)
    context = {"entries": entries, "summary": summary, "minutes": queries.emergency_minutes()}
    return page(request, "desk/emergency_form.html", context, invalid.status if invalid else 200)


def _at_field(fault: FieldFault) -> FieldFault:
    """`reason` is what the page that asks for consent sends; the form calls its own field otherwise."""
    return FieldFault("why", fault.code, fault.message, fault.params) if fault.pointer == "reason" else fault


def _asking(request: FaceRequest) -> list[Entry]:
    sent, kinds = request.POST, queries.emergency_kinds()
    options = tuple((kind, _(title), "") for kind, title in kinds.items())
    return [
        Entry("kind", _("What is to be opened"), sent.get("kind", ""), kind="choice", options=options, short=True),
        Entry("reference", _("Number"), sent.get("reference", ""), _("Of the case, as it stands on the receipt.")),
        Entry(
            "why",
            _("Why"),
            sent.get("why", ""),
            _("What has happened, who needs it, and why nobody who may read it anyway can do it in time."),
            "lines",
        ),
    ]


def _names(request: FaceRequest, found: list[EmergencyView]) -> Mapping[UUID, str]:
    ids = {id for one in found for id in (one.by_subject, one.consented_by_subject) if id is not None}
    return records.officer_names(request.actor, list(ids))
