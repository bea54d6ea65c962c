"""The form of an item or of a bundle: fill, correct, send. Nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.cases import queries as cases
from yiwang.cases import services
from yiwang.cases.values import DraftView, FactChanged, FormChanged, FormView, KeyReused, MaterialState
from yiwang.documents.values import FileHandedIn
from yiwang.forms import answers
from yiwang.forms.accounts import safe_next
from yiwang.forms.files import REMOVE, TakenFiles, known_files, take_files
from yiwang.kernel.errors import FieldFault, Invalid, NotFound
from yiwang.kernel.time import CITY_ZONE, today
from yiwang.portal.guard import for_applicant, for_oneself

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

CARRIED = "carried"
CHECK = "check"  # names a question that is to be checked before its step is left


@dataclass(frozen=True, slots=True)
class Showing:
    """What the form is shown with.

    typed: None at first.  files: handed in so far, by field.  changed: by a new release.  facts_changed: facts that are others now.
    sent_before: other content went out under the same key.  draft: what was kept on another day, or has just been kept.
    """

    typed: QueryDict | None = None
    files: Mapping[str, FileHandedIn] = field(default_factory=dict)
    faults: tuple[FieldFault, ...] = ()
    changed: tuple[FieldFault, ...] = ()
    facts_changed: tuple[FieldFault, ...] = ()
    continued: bool = False
    sent_before: bool = False
    draft: DraftView | None = None
    status: int = 200


@dataclass(frozen=True, slots=True)
class Road:
    """For what one applies.  at: the address of its guide, below which the form stands.  title: of the guide.  form: filled for a subject.

    send: takes what `services.submit` takes beyond the item, and gives the address of the receipt.
    """

    at: str
    title: str
    form: Callable[[UUID | None], FormView]
    send: Callable[..., str]


@require_http_methods(["GET", "HEAD", "POST"])
@for_applicant
def apply(request: FaceRequest, item_id: str) -> HttpResponseBase:
    """Show the form of an item; take it."""

    def send(values: Mapping[str, object], **more: Any) -> str:
        return f"/receipts/{services.submit(request.actor, item_id, values, **more).case_id}/"

    def form(subject_id: UUID | None) -> FormView:
        return cases.form_for(request.actor, item_id, request.language, subject_id=subject_id)

    if _is_check(request):
        return _check(request, item_id)
    title = cases.item_guide(item_id, request.language).title
    return _apply(request, Road(f"/items/{item_id}/", title, form, send))


@require_http_methods(["GET", "HEAD", "POST"])
@for_oneself
def apply_bundle(request: FaceRequest, bundle_id: str) -> HttpResponseBase:
    """Show the one form of a bundle; take it."""

    def send(values: Mapping[str, object], **more: Any) -> str:
        return f"/my/applications/{services.submit_bundle(request.actor, bundle_id, values, **more).id}/receipt/"

    def form(subject_id: UUID | None) -> FormView:
        return cases.bundle_form_for(request.actor, bundle_id, request.language, subject_id=subject_id)

    if _is_check(request):
        return _check(request, bundle_id)
    title = cases.bundle_guide(bundle_id, request.language).title
    return _apply(request, Road(f"/bundles/{bundle_id}/", title, form, send))


def _is_check(request: FaceRequest) -> bool:
    return request.method == "POST" and CHECK in request.POST


def _check(request: FaceRequest, id: str) -> HttpResponse:
    """What is wrong with the answers of the step that is about to be left (the page's script asks); nothing is read or kept.

    id: of the item or bundle.
    """
    form = cases.questions_of(id, request.language)
    faults = answers.faults_so_far(form, request.POST.getlist(CHECK), request.POST, today())
    return JsonResponse({"faults": [asdict(one) for one in faults]})


def _apply(request: FaceRequest, road: Road) -> HttpResponseBase:
    form = road.form(_subject(request))
    if form.subject_id is None:
        return _choose(request, road, form)
    if request.method != "POST":
        return _open(request, road, form)
    taken = take_files(request.actor, form.fields, request.POST, request.FILES)
    if "keep" in request.POST:
        return _keep(request, form, taken)
    if request.POST.keys() & {"show_places", REMOVE}:
        return _show(request, road, form, Showing(request.POST, taken.files, faults=taken.faults))
    try:
        receipt_at = road.send(
            answers.read_answers(form, request.POST, taken.files),
            idempotency_key=request.POST.get("idempotency_key", ""),
            form_digest=request.POST.get("form_digest", ""),
            language=request.language,
            subject_id=form.subject_id,
            facts=answers.facts_seen(request.POST),
            found=taken.faults,
        )
    except Invalid as invalid:
        return _show(request, road, form, Showing(request.POST, taken.files, invalid.faults, status=invalid.status))
    except FormChanged as change:
        return _show(
            request, road, form, Showing(request.POST, taken.files, changed=change.faults, status=change.status)
        )
    except FactChanged as change:
        return _show(
            request, road, form, Showing(request.POST, taken.files, facts_changed=change.faults, status=change.status)
        )
    except KeyReused as reused:
        return _show(request, road, form, Showing(request.POST, taken.files, sent_before=True, status=reused.status))
    return HttpResponseRedirect(receipt_at, status=303)


def _open(request: FaceRequest, road: Road, form: FormView) -> HttpResponse:
    """The form with what was typed before the session ended, or on another day, or anew."""
    typed, kept = _carried(request), None
    continued = typed is not None
    if typed is None:
        kept = cases.draft(request.actor, form.item_id, request.language)
    if kept is not None:
        if kept.subject_id in (None, form.subject_id):
            typed = _query(kept.values)
        else:
            kept = None
    before = known_files(request.actor, form.fields, typed).files if typed is not None else {}
    return _show(request, road, form, Showing(typed, before, continued=continued, draft=kept))


def _keep(request: FaceRequest, form: FormView, taken: TakenFiles) -> HttpResponseBase:
    """Keep the form as it stands; its files by their ids."""
    services.save_draft(
        request.actor,
        form.item_id,
        _kept_values(request.POST, taken),
        subject_id=form.subject_id if form.subjects else None,
        language=request.language,
    )
    return HttpResponseRedirect("/my/", status=303)


def _kept_values(typed: QueryDict, taken: TakenFiles) -> dict[str, list[str]]:
    values = {name: given for name, given in typed.lists() if any(given)}
    return values | {f"{name}.id": [str(file.id)] for name, file in taken.files.items()}


@require_POST
@for_applicant
def draft(request: FaceRequest, item_id: str) -> HttpResponseBase:
    """Keep what is typed as it is typed (the page's script asks), or throw away what was kept. item_id: of an item or a bundle."""
    if "discard" in request.POST:
        services.discard_draft(request.actor, item_id)
        messages.success(request, _("Thrown away. Nothing of it is kept."))
        return HttpResponseRedirect(safe_next(request, "/my/"), status=303)
    kept = services.save_draft(
        request.actor,
        item_id,
        {name: given for name, given in request.POST.lists() if any(given)},
        subject_id=_subject(request),
        language=request.language,
    )
    return JsonResponse({"saved_at": kept.saved_at.astimezone(CITY_ZONE).strftime("%H:%M")})


def _subject(request: FaceRequest) -> UUID | None:
    """For whom: as chosen in the address, or as the form carries it."""
    given = request.POST.get("subject_id", "") or request.GET.get("subject", "")
    try:
        return UUID(given) if given else None
    except ValueError:
        raise NotFound from None


def _choose(request: FaceRequest, road: Road, form: FormView) -> HttpResponse:
    """Before the form: for whom. Who represents nobody is told what to do."""
    context = {"form": form, "guide_title": road.title, "guide_at": road.at}
    return render(request, "portal/choose_subject.html", context)


def _carried(request: FaceRequest) -> QueryDict | None:
    """What was typed before the session ended, once."""
    kept = request.session.pop(CARRIED, None)
    if not kept or kept["path"] != request.path:
        return None
    return _query(kept["values"])


def _query(values: Mapping[str, Sequence[str]]) -> QueryDict:
    typed = QueryDict(mutable=True)
    for name, given in values.items():
        typed.setlist(name, list(given))
    return typed


def _show(request: FaceRequest, road: Road, form: FormView, showing: Showing) -> HttpResponse:
    typed = showing.typed
    context = {
        "form": form,
        "guide_title": road.title,
        "guide_at": road.at,
        "sections": answers.sections_of(form, typed, showing.faults, showing.files),
        "checks": answers.checks_of(form),
        "takes_files": any(one.type == "file" for one in form.fields),
        "summary": answers.summary_of(form, showing.faults),
        "changed": [answers.sentence(one) for one in showing.changed],
        "facts_changed": [answers.sentence(one) for one in showing.facts_changed],
        "known_materials": [one for one in form.materials if one.state == MaterialState.KNOWN],
        "lacking_materials": [one for one in form.materials if one.lack],
        "facts_seen": answers.facts_shown(form),
        "filled": typed is not None,
        "continued": showing.continued,
        "draft": showing.draft,
        "files_gone": _files_gone(form, showing),
        "sent_before": showing.sent_before,
        "idempotency_key": _key(typed) if not showing.sent_before else str(uuid4()),
        "draft_key": request.actor.account_id,
    }
    return render(request, "portal/apply.html", context, status=showing.status)


def _files_gone(form: FormView, showing: Showing) -> list[str]:
    """Titles of the questions whose file was kept with the draft and has been discarded meanwhile."""
    if showing.draft is None:
        return []
    return [
        one.title for one in form.fields if f"{one.name}.id" in showing.draft.values and one.name not in showing.files
    ]


def _key(typed: QueryDict | None) -> str:
    """One key for each form that is opened: sent twice it gives one receipt."""
    return (typed.get("idempotency_key", "") if typed is not None else "") or str(uuid4())


@require_safe
def picker(request: FaceRequest) -> HttpResponse:
    """The lists of the place picker for what is chosen so far, in the forms of every face. Places are no secret."""
    name = request.GET.get("field", "")
    if not name or len(name) > 100:
        raise NotFound
    return render(
        request, "widgets/picker.html", {"picker": answers.picker_for(name, answers.chosen_in(name, request.GET))}
    )
