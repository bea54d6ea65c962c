"""What is asked of the applicant: everything that is missing, at once, and the form in which to give it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from yiwang.cases import queries, services
from yiwang.cases.values import FormSection, FormView, TaskView
from yiwang.documents.values import FileHandedIn
from yiwang.forms import answers
from yiwang.forms.files import REMOVE, take_files
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, problem
from yiwang.portal.guard import for_applicant

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_http_methods(["GET", "HEAD", "POST"])
@for_applicant
def task(request: FaceRequest, task_id: UUID) -> HttpResponseBase:
    """Show what is missing; take it, whole."""
    found = queries.task(request.actor, task_id, request.language)
    if request.method != "POST":
        return _show(request, found)
    form = _form(found)
    taken = take_files(request.actor, form.fields, request.POST, request.FILES)
    if request.POST.keys() & {"show_places", REMOVE}:
        return _show(request, found, request.POST, taken.faults, files=taken.files)
    version = request.POST.get("version", "")
    try:
        services.answer_task(
            request.actor,
            task_id,
            answers.read_answers(form, request.POST, taken.files),
            version=int(version) if version.isdecimal() and len(version) < 10 else 0,
            language=request.language,
            found=taken.faults,
        )
    except Invalid as invalid:
        return _show(request, found, request.POST, invalid.faults, files=taken.files, status=invalid.status)
    except Conflict as lost:
        said = problem(lost, translate=_)
        return _show(request, found, request.POST, files=taken.files, lost=said, status=lost.status)
    messages.success(request, _("It has arrived. The office goes on with your case."))
    return HttpResponseRedirect(f"/my/cases/{found.case.id}/", status=303)


def _form(found: TaskView) -> FormView:
    """The questions of the notice as a form."""
    fields = tuple(one.field for one in found.wanted if one.field is not None)
    return FormView(
        id=str(found.id),
        item_id=found.case.item_id,
        title=found.title,
        sections=(FormSection("", fields),),
        digest="",
        release=found.case.release,
        materials=found.case.materials,
    )


def _show(
    request: FaceRequest,
    found: TaskView,
    typed: QueryDict | None = None,
    faults: Sequence[FieldFault] = (),
    *,
    files: Mapping[str, FileHandedIn] = answers.NO_FILES,
    lost: Any = None,
    status: int = 200,
) -> HttpResponse:
    form = _form(found)
    [section] = answers.sections_of(form, typed, faults, files)
    context = {
        "task": found,
        "case_at": f"/my/cases/{found.case.id}/",
        "widgets": section.widgets,
        "takes_files": any(one.type == "file" for one in form.fields),
        "summary": answers.summary_of(form, faults),
        "lost": lost,
    }
    return render(request, "portal/task.html", context, status=status)
