"""The form of an item: fill, correct, send. Nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.cases import queries as cases
from yiwang.cases import services
from yiwang.cases.values import FactChanged, FormChanged, FormView, KeyReused, MaterialState
from yiwang.documents.values import FileHandedIn
from yiwang.kernel.errors import FieldFault, Invalid, NotFound
from yiwang.portal import answers
from yiwang.portal.files import REMOVE, known_files, take_files
from yiwang.portal.guard import for_oneself

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Showing:
    """What the form is shown with.

    typed: None at first.  files: handed in so far, by field.  changed: by a new release.  facts_changed: facts that are others now.
    sent_before: other content went out under the same key.
    """

    typed: QueryDict | None = None
    files: Mapping[str, FileHandedIn] = field(default_factory=dict)
    faults: tuple[FieldFault, ...] = ()
    changed: tuple[FieldFault, ...] = ()
    facts_changed: tuple[FieldFault, ...] = ()
    continued: bool = False
    sent_before: bool = False
    status: int = 200


@require_http_methods(["GET", "HEAD", "POST"])
@for_oneself
def apply(request: FaceRequest, item_id: str) -> HttpResponseBase:
    """Show the form; take it."""
    subject_id = _subject(request)
    form = cases.form_for(request.actor, item_id, request.language, subject_id=subject_id)
    if form.subject_id is None:
        return _choose(request, form)
    if request.method != "POST":
        typed = _carried(request)
        before = known_files(request.actor, form.fields, typed).files if typed is not None else {}
        return _show(request, form, Showing(typed, before, continued=typed is not None))
    taken = take_files(request.actor, form.fields, request.POST, request.FILES)
    if request.POST.keys() & {"show_places", REMOVE}:
        return _show(request, form, Showing(request.POST, taken.files, faults=taken.faults))
    try:
        receipt = services.submit(
            request.actor,
            item_id,
            answers.read_answers(form, request.POST, taken.files),
            idempotency_key=request.POST.get("idempotency_key", ""),
            form_digest=request.POST.get("form_digest", ""),
            language=request.language,
            subject_id=form.subject_id,
            facts=answers.facts_seen(request.POST),
            found=taken.faults,
        )
    except Invalid as invalid:
        return _show(request, form, Showing(request.POST, taken.files, invalid.faults, status=invalid.status))
    except FormChanged as change:
        return _show(request, form, Showing(request.POST, taken.files, changed=change.faults, status=change.status))
    except FactChanged as change:
        return _show(
            request, form, Showing(request.POST, taken.files, facts_changed=change.faults, status=change.status)
        )
    except KeyReused as reused:
        return _show(request, form, Showing(request.POST, taken.files, sent_before=True, status=reused.status))
    return HttpResponseRedirect(f"/receipts/{receipt.case_id}/", status=303)


def _subject(request: FaceRequest) -> UUID | None:
    """For whom: as chosen in the address, or as the form carries it."""
    given = request.POST.get("subject_id", "") or request.GET.get("subject", "")
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NotFound from None


def _choose(request: FaceRequest, form: FormView) -> HttpResponse:
    """Before the form: for whom. Who represents nobody is told what to do."""
    guide = cases.item_guide(form.item_id, request.language)
    context = {"form": form, "guide": guide, "guide_at": f"/items/{form.item_id}/"}
    return render(request, "portal/choose_subject.html", context)


def _carried(request: FaceRequest) -> QueryDict | None:
    """What was typed before the session ended, once."""
    kept = request.session.pop(CARRIED, None)
    if not kept or kept["path"] != request.path:
        return None
    typed = QueryDict(mutable=True)
    for name, values in kept["values"].items():
        typed.setlist(name, values)
    return typed


def _show(request: FaceRequest, form: FormView, showing: Showing) -> HttpResponse:
    typed = showing.typed
    guide = cases.item_guide(form.item_id, request.language)
    context = {
        "form": form,
        "guide": guide,
        "guide_at": f"/items/{form.item_id}/",
        "sections": answers.sections_of(form, typed, showing.faults, showing.files),
        "takes_files": any(one.type == "file" for one in form.fields),
        "summary": answers.summary_of(form, showing.faults),
        "changed": [answers.sentence(one) for one in showing.changed],
        "facts_changed": [answers.sentence(one) for one in showing.facts_changed],
        "known_materials": [one for one in form.materials if one.state == MaterialState.KNOWN],
        "facts_seen": answers.facts_shown(form),
        "filled": typed is not None,
        "continued": showing.continued,
        "sent_before": showing.sent_before,
        "idempotency_key": _key(typed) if not showing.sent_before else str(uuid4()),
        "draft_key": request.actor.account_id,
    }
    return render(request, "portal/apply.html", context, status=showing.status)


def _key(typed: QueryDict | None) -> str:
    """One key for each form that is opened: sent twice it gives one receipt."""
    return (typed.get("idempotency_key", "") if typed is not None else "") or str(uuid4())


@require_safe
@for_oneself
def picker(request: FaceRequest) -> HttpResponse:
    """The lists of the place picker for what is chosen so far."""
    name = request.GET.get("field", "")
    if not name or len(name) > 100:
        raise NotFound
    return render(
        request, "widgets/picker.html", {"picker": answers.picker_for(name, answers.chosen_in(name, request.GET))}
    )
