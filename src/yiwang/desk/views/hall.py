"""The window 窗口代办: somebody comes, shows who he is, agrees, and the officer fills the form for him and prints the receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.cases import queries, services
from yiwang.cases.values import (
    ConsentMeans,
    FactChanged,
    FormChanged,
    FormView,
    IdentityShown,
    KeyReused,
    MaterialState,
    ReceptionView,
)
from yiwang.desk.frame import for_post, page
from yiwang.documents.values import FileHandedIn
from yiwang.forms import answers
from yiwang.forms.files import REMOVE, take_files
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotFound

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

SAFE = ("GET", "HEAD", "POST")


@require_safe
@for_post
def items(request: FaceRequest) -> HttpResponse:
    """What somebody may come for: every bundle and every item, whosever it is."""
    search = request.GET.get("search", "").strip()[:60]
    schemes = queries.reception_schemes(request.actor, request.language)
    answers = queries.find(search, request.language)
    found = [*answers.bundles, *answers.items]
    return page(request, "desk/hall.html", {"items": found, "search": search, "schemes": schemes})


@require_http_methods(SAFE)
@for_post
def receive(request: FaceRequest, item_id: str) -> HttpResponseBase:
    """Who he is, by which document, and that he agreed. The identifier travels in the body of a POST, never in an address."""
    given = {name: request.POST.get(name, "").strip() for name in ("scheme", "value", "shown", "means", "agreed")}
    faults: tuple[FieldFault, ...] = ()
    if request.method == "POST":
        try:
            made = services.open_reception(
                request.actor,
                item_id,
                scheme=given["scheme"],
                value=given["value"],
                shown=given["shown"],
                means=given["means"],
                agreed=given["agreed"] == "true",
                language=request.language,
            )
            return HttpResponseRedirect(f"/desk/hall/receptions/{made.id}/", status=303)
        except Invalid as invalid:
            faults = invalid.faults
    context = {
        "item_id": item_id,
        "title": queries.title_of(item_id, request.language),
        "schemes": queries.reception_schemes(request.actor, request.language),
        "consent": queries.consent_text(item_id, request.language),
        "documents": list(_documents().items()),
        "means": list(_means().items()),
        "given": given,
        "summary": [{"text": answers.sentence(one), "target": one.pointer} for one in faults],
        "fault_at": {one.pointer: answers.sentence(one) for one in reversed(faults)},
    }
    return page(request, "desk/hall_receive.html", context, 422 if faults else 200)


def _documents() -> dict[str, str]:
    return {
        IdentityShown.CARD: _("Original identity card, compared with the face"),
        IdentityShown.ELECTRONIC: _("Electronic identity card on the phone"),
        IdentityShown.OTHER: _("Another original with number and photograph"),
    }


def _means() -> dict[str, str]:
    return {
        ConsentMeans.SIGNED: _("He signed the sheet with this text"),
        ConsentMeans.SPOKEN: _("It was read to him, and he said yes at a window that records"),
        ConsentMeans.ELECTRONIC: _("He confirmed it on the device at the window"),
    }


@dataclass(frozen=True, slots=True)
class Showing:
    """What the form is shown with.  typed: None at first.  changed: sentences of what is another now."""

    typed: QueryDict | None = None
    files: Mapping[str, FileHandedIn] = field(default_factory=dict)
    faults: tuple[FieldFault, ...] = ()
    changed: tuple[FieldFault, ...] = ()
    refused: str = ""
    status: int = 200


@require_http_methods(SAFE)
@for_post
def fill(request: FaceRequest, reception_id: UUID) -> HttpResponseBase:
    """The form of the item or bundle, filled with what the city knows of who is at the window; send it for him."""
    reception = queries.reception(request.actor, reception_id, request.language)
    if reception.case_id is not None:
        return HttpResponseRedirect(_receipt_of_case(reception.case_id))
    if reception.application_id is not None:
        return HttpResponseRedirect(_receipt_of_application(reception.application_id))
    form_for = queries.bundle_form_for if reception.is_bundle else queries.form_for
    form = form_for(request.actor, reception.item_id, request.language, subject_id=_whom(request, reception))
    if form.subject_id is None:
        return page(request, "desk/hall_choose.html", {"form": form, "reception": reception})
    if request.method != "POST":
        return _show(request, reception, form, Showing())
    taken = take_files(request.actor, form.fields, request.POST, request.FILES)
    typed = request.POST
    if typed.keys() & {"show_places", REMOVE}:
        return _show(request, reception, form, Showing(typed, taken.files, taken.faults))
    try:
        receipt_at = _send(
            request,
            reception,
            answers.read_answers(form, typed, taken.files),
            idempotency_key=typed.get("idempotency_key", ""),
            form_digest=typed.get("form_digest", ""),
            language=request.language,
            subject_id=form.subject_id,
            facts=answers.facts_seen(typed),
            found=taken.faults,
        )
    except Invalid as invalid:
        return _show(request, reception, form, Showing(typed, taken.files, invalid.faults, status=invalid.status))
    except (FormChanged, FactChanged) as change:
        return _show(request, reception, form, Showing(typed, taken.files, changed=change.faults, status=change.status))
    except (KeyReused, NotAllowed) as refused:
        said = _(refused.detail or refused.title).format_map(refused.params)
        return _show(request, reception, form, Showing(typed, taken.files, refused=said, status=refused.status))
    return HttpResponseRedirect(receipt_at, status=303)


def _send(request: FaceRequest, reception: ReceptionView, values: Mapping[str, object], **more: Any) -> str:
    """Send the form; the address of the receipt. more: what `services.submit` takes beyond the item."""
    if reception.is_bundle:
        return _receipt_of_application(services.submit_bundle(request.actor, reception.item_id, values, **more).id)
    return _receipt_of_case(services.submit(request.actor, reception.item_id, values, **more).case_id)


def _receipt_of_case(case_id: UUID) -> str:
    return f"/desk/hall/receipts/{case_id}/"


def _receipt_of_application(application_id: UUID) -> str:
    return f"/desk/hall/applications/{application_id}/"


def _whom(request: FaceRequest, reception: ReceptionView) -> UUID:
    """The person at the window, or the subject that he represents and chose."""
    given = request.POST.get("subject_id", "") or request.GET.get("subject", "")
    try:
        return UUID(given) if given else reception.subject_id
    except ValueError:
        raise NotFound from None


def _show(request: FaceRequest, reception: ReceptionView, form: FormView, showing: Showing) -> HttpResponse:
    typed = showing.typed
    context = {
        "form": form,
        "reception": reception,
        "document": _documents()[reception.shown],
        "means": _means()[reception.means],
        "sections": answers.sections_of(form, typed, showing.faults, showing.files),
        "checks": answers.checks_of(form),
        "takes_files": any(one.type == "file" for one in form.fields),
        "summary": answers.summary_of(form, showing.faults),
        "changed": [answers.sentence(one) for one in showing.changed],
        "refused": showing.refused,
        "known_materials": [one for one in form.materials if one.state == MaterialState.KNOWN],
        "facts_seen": answers.facts_shown(form),
        "idempotency_key": (typed.get("idempotency_key", "") if typed is not None else "") or str(uuid4()),
    }
    return page(request, "desk/hall_form.html", context, showing.status)


@require_safe
@for_post
def receipt(request: FaceRequest, case_id: UUID) -> HttpResponse:
    """The receipt, to be printed in large type: the number, what comes next, until when, whom to ask."""
    case = queries.case(request.actor, case_id, request.language)
    if not case.entered_by:
        raise NotFound
    return page(request, "desk/hall_receipt.html", {"case": case})


@require_safe
@for_post
def application_receipt(request: FaceRequest, application_id: UUID) -> HttpResponse:
    """The receipt for a bundle: one number for all, each part with who does it and what it waits for."""
    found = queries.application(request.actor, application_id, request.language)
    if not found.entered_by:
        raise NotFound
    return page(request, "desk/hall_application_receipt.html", {"application": found})
