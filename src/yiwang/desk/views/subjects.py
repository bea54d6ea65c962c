"""Subjects: found by an identifier, shown for a purpose, with the history of each record, and corrected by the source's officer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.catalog import queries as catalog
from yiwang.desk.frame import for_post, page
from yiwang.kernel.errors import Conflict, Invalid, NotFound, problem
from yiwang.records import queries, services

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

SAFE = ("GET", "HEAD", "POST")


@require_http_methods(SAFE)
@for_post
def search(request: FaceRequest) -> HttpResponseBase:
    """Look for a subject. The identifier travels in the body of a POST, never in an address."""
    given = {name: request.POST.get(name, "").strip() for name in ("scheme", "value", "purpose")}
    faults: list[dict[str, str]] = []
    if request.method == "POST":
        known = {one.id for one in queries.purposes()}
        if given["purpose"] not in known:
            faults.append({"field": "purpose", "message": _("Choose what you need it for.")})
        try:
            found = queries.find_subject(request.actor, given["scheme"], given["value"])
            if not faults:
                query = urlencode({"purpose": given["purpose"]})
                return HttpResponseRedirect(f"/desk/subjects/{found}/?{query}", status=303)
        except Invalid as invalid:
            faults += [
                {"field": one.pointer, "message": _(one.message).format_map(one.params)} for one in invalid.faults
            ]
        except NotFound:
            faults.append({"field": "value", "message": _("Nobody bears this identifier today.")})
    context = {
        "schemes": queries.list_schemes(request.actor),
        "purposes": queries.purposes(),
        "given": given,
        "faults": faults,
        "fault_at": {one["field"]: one["message"] for one in reversed(faults)},
    }
    return page(request, "desk/subjects.html", context, 422 if faults else 200)


@require_safe
@for_post
def subject(request: FaceRequest, subject_id: UUID) -> HttpResponse:
    """What this post may know of the subject for the chosen purpose; without one, the choice."""
    purpose = request.GET.get("purpose", "")
    if not purpose:
        return page(request, "desk/subject_purpose.html", {"subject_id": subject_id, "purposes": queries.purposes()})
    found = queries.subject_page(request.actor, subject_id, purpose=purpose)
    return page(request, "desk/subject.html", {"subject": found})


@require_safe
@for_post
def history(request: FaceRequest, subject_id: UUID, resource: str) -> HttpResponse:
    """Every word that a resource has about the subject."""
    purpose = request.GET.get("purpose", "")
    found = queries.history(request.actor, subject_id, resource, purpose=purpose)
    view = catalog.resource(resource)
    context = {
        "subject_id": subject_id,
        "purpose": purpose,
        "rows": found,
        "is_event": view.shape == "event",
        "resource_title": view.title_in(request.language),
    }
    return page(request, "desk/subject_history.html", context)


@require_http_methods(SAFE)
@for_post
def correct(request: FaceRequest, resource: str, record_id: UUID) -> HttpResponseBase:
    """Correct a record, as the source's officer. What is left empty stays as it is."""
    purpose = request.GET.get("purpose", "")
    subject_id, fields = queries.correction_form(request.actor, resource, record_id, purpose=purpose)
    typed = {one.element: request.POST.get(one.element, "").strip() for one in fields}
    gone = {one.element for one in fields if not one.required and request.POST.get(f"none-{one.element}")}
    reason = request.POST.get("reason", "")
    faults: list[dict[str, str]] = []
    lost: Any = None
    status = 200
    if request.method == "POST":
        values: dict[str, object] = {name: value for name, value in typed.items() if value and name not in gone}
        values |= dict.fromkeys(gone)
        try:
            services.correct_record(request.actor, resource, record_id, values, reason=reason)
        except Invalid as invalid:
            status = invalid.status
            faults = [
                {"field": one.pointer, "message": _(one.message).format_map(one.params)} for one in invalid.faults
            ]
        except Conflict as conflict:
            status, lost = conflict.status, problem(conflict, translate=_)
        else:
            messages.success(request, _("Corrected. The record before it stays in the history."))
            return HttpResponseRedirect(f"/desk/subjects/{subject_id}/?{urlencode({'purpose': purpose})}", status=303)
    at = {one["field"].partition("/")[0]: one["message"] for one in reversed(faults)}
    context = {
        "subject_id": subject_id,
        "purpose": purpose,
        "resource_title": catalog.resource(resource).title_in(request.language),
        "rows": [(one, typed[one.element], one.element in gone, at.get(one.element, "")) for one in fields],
        "reason": reason,
        "reason_fault": at.get("reason", ""),
        "nothing_fault": at.get("", ""),
        "faults": faults,
        "lost": lost,
    }
    return page(request, "desk/correct.html", context, status)
