"""Discrepancies: those that the post answers for or reported, both values side by side, and a form to report one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.cases import queries as cases
from yiwang.cases.queries import element_field
from yiwang.cases.values import CaseView, FormField
from yiwang.desk.frame import for_post, page
from yiwang.forms.doubts import evidence_asked, evidence_files, evidence_given, take_paper
from yiwang.forms.files import REMOVE, TakenFiles
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound
from yiwang.records import queries, services
from yiwang.records.values import FactView

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

CHECKING = "fact-checking"
WHICH = ("open", "reported", "ended")
WIDGETS = {"date": "date", "code": "code", "boolean": "boolean"}


@require_safe
@for_post
def discrepancy_list(request: FaceRequest) -> HttpResponse:
    """Open ones first asked for; those that this post reported; those that are over."""
    which = request.GET.get("which", "open")
    which = which if which in WHICH else "open"
    found = queries.list_discrepancies(request.actor, request.GET.get("cursor", ""), only=which)
    return page(request, "desk/discrepancies.html", {"page": found, "which": which, "keep": f"which={which}"})


@require_safe
@for_post
def discrepancy_page(request: FaceRequest, discrepancy_id: UUID) -> HttpResponse:
    """Both values, who doubts and why, what happened."""
    found = queries.discrepancy(request.actor, discrepancy_id, purpose=CHECKING)
    return page(request, "desk/discrepancy.html", {"doubt": found, "files": evidence_files(request.actor, [found])})


@require_POST
@for_post
def withdraw(request: FaceRequest, discrepancy_id: UUID) -> HttpResponseBase:
    """Take back what this post reported."""
    try:
        services.withdraw_discrepancy(request.actor, discrepancy_id, reason=request.POST.get("reason", ""))
        messages.success(request, _("You have taken back your report."))
    except Conflict as late:
        messages.warning(request, _(late.title))
    return HttpResponseRedirect(f"/desk/discrepancies/{discrepancy_id}/", status=303)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def doubt(request: FaceRequest, subject_id: UUID) -> HttpResponseBase:
    """What the record says, what it should be, and why."""
    given = request.POST if request.method == "POST" else request.GET
    element, resource = given.get("element", ""), given.get("resource", "")
    case = _case(request, subject_id, given.get("case", ""))
    item = case.item_id if case else None
    purpose = given.get("purpose") or CHECKING
    known = queries.facts(request.actor, subject_id, purpose=purpose, elements=[element], item=item)
    fact = next((one for one in known if one.resource == resource), None)
    if fact is None:
        raise NotFound("There is no such fact.")
    field = element_field(element, request.language)
    taken = take_paper(request.actor, request.POST, request.FILES)
    if request.method != "POST" or REMOVE in request.POST:
        return _show(request, subject_id, fact, field, case, taken, request.POST or None, taken.faults)
    if taken.faults:
        return _show(request, subject_id, fact, field, case, taken, request.POST, taken.faults, Invalid.status)
    try:
        id = services.report_discrepancy(
            request.actor,
            resource,
            subject_id,
            element,
            _proposed(field, request.POST),
            evidence_given(request.POST, taken),
            purpose=purpose,
            item=item,
        )
    except Invalid as invalid:
        return _show(request, subject_id, fact, field, case, taken, request.POST, invalid.faults, invalid.status)
    messages.success(request, _("Your report has been sent to the unit that keeps the record."))
    return HttpResponseRedirect(f"/desk/discrepancies/{id}/", status=303)


def _case(request: FaceRequest, subject_id: UUID, named: str) -> CaseView | None:
    """The case in which the officer reads the fact: whoever sees it reads under the standing agreement of its item."""
    try:
        id = UUID(named) if named else None
    except ValueError:
        raise NotFound("There is no such case.") from None
    if id is None:
        return None
    found = cases.case(request.actor, id, request.language)
    if found.applicant_id != subject_id:
        raise NotFound("There is no such fact.")
    return found


def _proposed(field: FormField, typed: QueryDict) -> object:
    if field.type == "address":
        return {"place": typed.get("proposed", "").strip(), "detail": typed.get("proposed.detail", "").strip()}
    if field.type == "boolean":
        return typed.get("proposed") == "true"
    return typed.get("proposed", "").strip()


def _show(
    request: FaceRequest,
    subject_id: UUID,
    fact: FactView,
    field: FormField,
    case: CaseView | None,
    taken: TakenFiles,
    typed: QueryDict | None = None,
    faults: tuple[FieldFault, ...] = (),
    status: int = 200,
) -> HttpResponse:
    at_value = [one for one in faults if one.pointer.startswith("proposed")]
    elsewhere = [one for one in faults if not one.pointer.startswith("proposed")]
    widget: Mapping[str, Any] = {
        "id": "proposed",
        "name": "proposed",
        "title": _("Correct value of {title}").format(title=field.title),
        "template": f"widgets/{WIDGETS.get(field.type, 'text')}.html",
        "help": _("Code of the place, 12 digits") if field.type == "address" else field.help,
        "input_type": "text",
        "required": True,
        "choices": field.choices,
        "value": typed.get("proposed", "") if typed else "",
        "fault": " ".join(_said(one) for one in at_value),
    }
    context = {
        **evidence_asked(typed, taken, elsewhere, case_number=case.number if case else ""),
        "subject_id": subject_id,
        "fact": fact,
        "widget": widget,
        "is_address": field.type == "address",
        "detail": typed.get("proposed.detail", "") if typed else "",
        "purpose": (typed or request.GET).get("purpose", ""),
        "case_id": case.id if case else "",
    }
    return page(request, "desk/doubt_form.html", context, status=status)


def _said(fault: FieldFault) -> str:
    return _(fault.message).format_map(fault.params)
