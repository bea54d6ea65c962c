"""Mandates 委托: letting somebody act for oneself or for one's enterprise, being asked to, ending it; and acting for another."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.acts.values import CapacityKind
from yiwang.forms.accounts import take_capacity, told
from yiwang.forms.answers import sentence
from yiwang.forms.entries import Entry, with_faults
from yiwang.identity import queries, services
from yiwang.identity.services import NewMandate
from yiwang.identity.values import SELF, UNDER
from yiwang.identity.values.mandates import Principal
from yiwang.kernel.errors import Fault, FieldFault, Invalid, NotFound, NotSignedIn, msgid
from yiwang.kernel.time import today
from yiwang.portal.guard import for_oneself

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

ALL, SOME = "all", "some"
HALF_A_YEAR = timedelta(days=183)


@require_safe
@for_oneself
def mandates(request: FaceRequest) -> HttpResponse:
    """What one has given, for oneself and for whom one represents, and what one was asked to do for others."""
    return render(request, "portal/mandates.html", {"found": queries.mandates(request.actor)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_oneself
def give(request: FaceRequest) -> HttpResponseBase:
    """Let somebody act. Who it is to be is named by number and name, as they stand on his card."""
    able = queries.possible_principals(request.actor)
    if request.method != "POST":
        return _form(request, able)
    sent = request.POST
    try:
        given = _given(request, able)
        agent = services.find_agent(
            request.actor, sent.get("number", ""), sent.get("name", ""), address=request.META.get("REMOTE_ADDR", "")
        )
        made = services.give_mandate(request.actor, agent, given)
    except Invalid as invalid:
        return _form(request, able, invalid.faults, status=invalid.status)
    except (services.AgentUnknown, services.MandateStands, services.SignInLocked) as fault:
        return _form(request, able, refused=fault)
    messages.success(request, _("The mandate has been offered. It counts as soon as it is accepted."))
    return HttpResponseRedirect(f"/my/mandates/{made}/", status=303)


@require_safe
@for_oneself
def mandate(request: FaceRequest, mandate_id: UUID) -> HttpResponse:
    """Who may act for whom, in what, until when; and what one can do about it."""
    return _show(request, mandate_id)


@require_POST
@for_oneself
def answer(request: FaceRequest, mandate_id: UUID) -> HttpResponseBase:
    """Accept what one was offered, or decline it."""
    try:
        if request.POST.get("decision") == "accept":
            services.accept_mandate(request.actor, mandate_id)
            messages.success(request, _("You have accepted. You can act for the other now: “Act as somebody else”."))
        else:
            services.decline_mandate(request.actor, mandate_id, request.POST.get("reason", ""))
            messages.success(request, _("You have declined. The other side has been told."))
    except Invalid as invalid:
        return _show(request, mandate_id, invalid)
    return HttpResponseRedirect(f"/my/mandates/{mandate_id}/", status=303)


@require_POST
@for_oneself
def end(request: FaceRequest, mandate_id: UUID) -> HttpResponseBase:
    """Take it back, or give it back."""
    try:
        services.end_mandate(request.actor, mandate_id, request.POST.get("reason", ""))
    except Invalid as invalid:
        return _show(request, mandate_id, invalid)
    messages.success(
        request, _("The mandate has ended. Nothing more can be done under it; the other side has been told.")
    )
    return HttpResponseRedirect(f"/my/mandates/{mandate_id}/", status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def capacity(request: FaceRequest) -> HttpResponseBase:
    """As whom one acts: oneself, or another under a mandate. One at a time. Posts are taken up on the desk."""
    if not request.user.is_authenticated:
        raise NotSignedIn
    if request.method == "POST":
        chosen = request.POST.get("capacity", SELF)
        if chosen != SELF and not chosen.startswith(UNDER):
            raise NotFound
        take_capacity(request, chosen)
        return HttpResponseRedirect("/my/" if chosen == SELF else "/my/cases/", status=303)
    able = queries.capacities_of(request.user.pk)
    context = {
        "able": [one for one in able if one.capacity is CapacityKind.AGENT],
        "stands_for_person": any(one.capacity is CapacityKind.SELF for one in able),
        "holds_posts": any(one.capacity is CapacityKind.POST for one in able),
        "mark": UNDER,
    }
    return render(request, "portal/capacity.html", context)


def _show(request: FaceRequest, mandate_id: UUID, invalid: Invalid | None = None) -> HttpResponse:
    context = {
        "one": queries.mandate(request.actor, mandate_id),
        "fault": " ".join(sentence(each) for each in invalid.faults) if invalid else "",
        "reason": request.POST.get("reason", ""),
        "mark": UNDER,
    }
    return render(request, "portal/mandate.html", context, status=invalid.status if invalid else 200)


def _given(request: FaceRequest, able: tuple[Principal, ...]) -> NewMandate:
    """What was typed. Raises Invalid for what cannot be read, all at once."""
    sent, faults = request.POST, list[FieldFault]()
    whose = next((one for one in able if str(one.subject_id) == sent.get("subject_id")), None)
    if whose is None:
        faults.append(FieldFault("subject_id", "required", msgid("Say for whom the mandate is.")))
    days: dict[str, date] = {}
    for name in ("valid_from", "last_day"):
        try:
            days[name] = date.fromisoformat(sent.get(name, ""))
        except ValueError:
            faults.append(FieldFault(name, "required", msgid("Enter a date.")))
    if not sent.get("number", "").strip():
        faults.append(FieldFault("number", "required", msgid("Enter the citizen ID number of who is to act.")))
    if not sent.get("name", "").strip():
        faults.append(FieldFault("name", "required", msgid("Enter the name of who is to act.")))
    if sent.get("extent") not in (ALL, SOME):
        faults.append(FieldFault("extent", "required", msgid("Say whether it is for everything or for some things.")))
    if faults or whose is None:
        raise Invalid(faults=faults)
    items = None if sent.get("extent") == ALL else sent.getlist("items")
    after = min(days["last_day"], date.max - timedelta(days=1)) + timedelta(days=1)
    return NewMandate(whose.subject_id, items, days["valid_from"], after, sent.get("document", ""))


AT = {"valid_to": "last_day", "agent": "number"}
"""Pointer of a fault → the entry that it is about."""


def _form(
    request: FaceRequest,
    able: tuple[Principal, ...],
    faults: Any = (),
    refused: Fault | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    moved = [FieldFault(AT.get(one.pointer, one.pointer), one.code, one.message, one.params) for one in faults]
    entries, summary = with_faults(_entries(request, able), moved)
    context = {"entries": entries, "summary": summary, "refused": told(refused) if refused else None}
    return render(request, "portal/mandate_form.html", context, status=refused.status if refused else status)


def _entries(request: FaceRequest, able: tuple[Principal, ...]) -> list[Entry]:
    sent = request.POST
    first = today()

    def text(name: str, label: str, help: str = "", kind: str = "text", default: str = "") -> Entry:
        return Entry(name, label, sent.get(name, default), help, kind, short=True)

    whom = tuple(
        (str(one.subject_id), _("Myself") if one.is_oneself else one.title, one.title if one.is_oneself else "")
        for one in able
    )
    chosen = sent.get("subject_id", whom[0][0] if len(whom) == 1 else "")
    titles = {matter.id: matter.title for one in able for matter in one.matters}
    whose = {matter.id: _whose(one, able) for one in able for matter in one.matters}
    extents = ((ALL, _("Everything that an agent can do for it"), ""), (SOME, _("Only what is ticked below"), ""))
    return [
        Entry(
            "subject_id",
            _("For whom is something to be done?"),
            kind="radios",
            options=whom,
            chosen=frozenset({chosen}),
        ),
        text(
            "number",
            _("Citizen ID number of who is to act"),
            _("As it stands on the ID card. He needs an account here."),
        ),
        text(
            "name",
            _("Name of who is to act"),
            _("Both have to belong together, so that it is not given to a stranger."),
        ),
        Entry(
            "extent",
            _("What is to be done?"),
            kind="radios",
            options=extents,
            chosen=frozenset({sent.get("extent", SOME)}),
        ),
        Entry(
            "items",
            _("These things"),
            kind="checks",
            options=tuple((id, title, whose[id]) for id, title in sorted(titles.items(), key=lambda one: one[1])),
            chosen=frozenset(sent.getlist("items")),
            nothing=_("There is nothing yet that an agent could do."),
        ),
        text("valid_from", _("First day"), kind="date", default=first.isoformat()),
        text(
            "last_day",
            _("Until, that day included"),
            _("Three years at most. You can take it back on any day before."),
            "date",
            (first + HALF_A_YEAR).isoformat(),
        ),
        text("document", _("Number of the paper mandate"), _("May be left empty.")),
    ]


def _whose(one: Principal, able: tuple[Principal, ...]) -> str:
    """Beside a matter, for whom it can be done, where there is more than one."""
    return "" if len(able) == 1 else _("for oneself") if one.is_oneself else _("for enterprises")
