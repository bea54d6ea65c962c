"""Say that a fact about oneself, or about whom one represents, is wrong; see what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.cases.queries import element_field
from yiwang.cases.values import FormSection, FormView
from yiwang.forms import answers
from yiwang.forms.doubts import evidence_asked, evidence_files, evidence_given, take_paper
from yiwang.forms.files import REMOVE, TakenFiles
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotFound
from yiwang.portal.guard import for_oneself
from yiwang.records import queries as records
from yiwang.records import services
from yiwang.records.values import FactView

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

CHECKING = "fact-checking"


@require_http_methods(["GET", "HEAD", "POST"])
@for_oneself
def doubt(request: FaceRequest) -> HttpResponseBase:
    """What the record says, what it should be, and why."""
    given = request.POST if request.method == "POST" else request.GET
    about = _about(request, given.get("about", ""))
    fact = _fact(request, about, given.get("resource", ""), given.get("element", ""))
    form = _form(fact, request.language)
    taken = take_paper(request.actor, request.POST, request.FILES)
    if request.method != "POST" or "show_places" in request.POST or REMOVE in request.POST:
        return _show(request, about, fact, form, request.POST or None, taken, taken.faults)
    if taken.faults:
        return _show(request, about, fact, form, request.POST, taken, taken.faults, Invalid.status)
    try:
        id = services.report_discrepancy(
            request.actor,
            fact.resource,
            about,
            fact.element,
            answers.read_answers(form, request.POST).get(fact.element, ""),
            evidence_given(request.POST, taken),
            purpose=CHECKING,
        )
    except Invalid as invalid:
        return _show(request, about, fact, form, request.POST, taken, invalid.faults, invalid.status)
    messages.success(request, _("Your report has been sent to the office that keeps the record."))
    return HttpResponseRedirect(f"/my/doubts/{id}/", status=303)


@require_safe
@for_oneself
def doubt_list(request: FaceRequest) -> HttpResponse:
    """Every doubt about one's own facts, whoever reported it."""
    found = records.list_discrepancies(request.actor, request.GET.get("cursor", ""), only="")
    return render(request, "portal/doubts.html", {"page": found})


@require_safe
@for_oneself
def doubt_page(request: FaceRequest, discrepancy_id: UUID) -> HttpResponse:
    """How far one is."""
    found = records.discrepancy(request.actor, discrepancy_id, purpose=CHECKING)
    return render(request, "portal/doubt.html", {"doubt": found, "files": evidence_files(request.actor, [found])})


@require_POST
@for_oneself
def withdraw(request: FaceRequest, discrepancy_id: UUID) -> HttpResponseBase:
    """Take back what one reported."""
    try:
        services.withdraw_discrepancy(request.actor, discrepancy_id, reason=request.POST.get("reason", ""))
        messages.success(request, _("You have taken back your report."))
    except Conflict as late:
        messages.warning(request, _(late.title))
    return HttpResponseRedirect(f"/my/doubts/{discrepancy_id}/", status=303)


def _about(request: FaceRequest, given: str) -> UUID:
    """Whom the fact is about: oneself, or whom one represents (which reading it decides)."""
    try:
        about = UUID(given) if given else request.actor.subject_id
    except ValueError:
        about = None
    if about is None:
        raise NotFound("There is no such fact.")
    return about


def _fact(request: FaceRequest, about: UUID, resource: str, element: str) -> FactView:
    found = records.facts(request.actor, about, purpose=CHECKING, elements=[element])
    for one in found:
        if one.resource == resource:
            return one
    raise NotFound("There is no such fact.")


def _form(fact: FactView, language: str) -> FormView:
    field = element_field(fact.element, language)
    field = replace(field, title=_("Correct value of {title}").format(title=field.title))
    return FormView(fact.element, "", "", (FormSection("", (field,)),), "", 0)


def _show(
    request: FaceRequest,
    about: UUID,
    fact: FactView,
    form: FormView,
    typed: QueryDict | None,
    taken: TakenFiles,
    faults: tuple[FieldFault, ...] = (),
    status: int = 200,
) -> HttpResponse:
    about_value = [
        FieldFault(one.pointer.replace("proposed", fact.element, 1), one.code, one.message, one.params)
        for one in faults
        if one.pointer.startswith("proposed")
    ]
    asked = evidence_asked(typed, taken, [one for one in faults if not one.pointer.startswith("proposed")])
    [section] = answers.sections_of(form, typed or QueryDict(), about_value)
    summary = answers.summary_of(form, about_value) + asked["evidence_summary"]
    context = {**asked, "fact": fact, "about": about, "widget": section.widgets[0], "summary": summary}
    return render(request, "portal/doubt_form.html", context, status=status)
