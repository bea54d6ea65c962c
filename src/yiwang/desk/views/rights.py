"""Rights on application 权限申请: what one's post may do, asking for more for a while, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.desk.frame import for_post, page, post_of
from yiwang.desk.views.organisation import Shown, day_or_none, in_words
from yiwang.forms.answers import sentence
from yiwang.forms.entries import Entry, with_faults
from yiwang.identity import queries, services
from yiwang.identity.registry import action_words
from yiwang.identity.values import DutyView
from yiwang.identity.values.duty_requests import AskableDuty, DutyRequestState, DutyRequestView
from yiwang.kernel.errors import FieldFault, Invalid
from yiwang.kernel.texts import text

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

STATES = {
    DutyRequestState.WAITS: gettext_noop("waits for an answer"),
    DutyRequestState.GRANTED: gettext_noop("granted"),
    DutyRequestState.REFUSED: gettext_noop("not granted"),
    DutyRequestState.WITHDRAWN: gettext_noop("withdrawn"),
    DutyRequestState.ENDED: gettext_noop("ended"),
}
FIELDS = {"reason": "why"}
"""What the service calls a field, and the form."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An application as the page shows it. title: of the right."""

    of: DutyRequestView
    title: str
    state: str


@dataclass(frozen=True, slots=True)
class Had:
    """A duty of the post, in words. until: the last civil date with it, where it was granted on application."""

    id: str
    title: str
    may: tuple[tuple[str, tuple[str, ...]], ...]
    until: date | None

    @classmethod
    def of(cls, duty: Shown, until: date | None) -> Had:
        """With its end, if it has one."""
        return cls(duty.id, duty.title, duty.may, until)


@require_safe
@for_post
def rights(request: FaceRequest) -> HttpResponse:
    """What the post may do, with an end where it has one, and what it asked for."""
    post = post_of(request)
    known = queries.duties()
    had = [(known[id], post.asked.get(id)) for id in sorted(post.duties) if id in known] if post else []
    context = {
        "post": post,
        "had": [Had.of(in_words(one, request.language), until) for one, until in had],
        "asked": [_asked(request, one) for one in queries.duty_requests(request.actor)],
        "may_ask": queries.may_ask_for_duties(request.actor),
    }
    return page(request, "desk/rights.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def ask(request: FaceRequest) -> HttpResponseBase:
    """Ask for a right."""
    if request.method != "POST":
        return _form(request)
    sent = request.POST
    try:
        services.ask_for_duty(
            request.actor, sent.get("duty", ""), day_or_none(sent.get("last_day", "")), sent.get("why", "")
        )
    except Invalid as fault:
        return _form(request, fault)
    messages.success(
        request, _("The application is with who decides for your unit. The answer comes to your messages.")
    )
    return HttpResponseRedirect("/desk/rights/", status=303)


@require_POST
@for_post
def withdraw(request: FaceRequest, request_id: UUID) -> HttpResponseBase:
    """Take it back before it is decided."""
    services.withdraw_duty_request(request.actor, request_id)
    messages.success(request, _("The application has been taken back."))
    return HttpResponseRedirect("/desk/rights/", status=303)


@require_POST
@for_post
def give_back(request: FaceRequest, request_id: UUID) -> HttpResponseBase:
    """Let what was granted end today."""
    services.give_duty_back(request.actor, request_id)
    messages.success(request, _("The right has been given back and serves no more."))
    return HttpResponseRedirect("/desk/rights/", status=303)


def _form(request: FaceRequest, fault: Invalid | None = None) -> HttpResponse:
    listed = queries.askable_duties(request.actor)
    free = [one for one in listed if one.against is None]
    chosen = request.POST.get("duty", free[0].duty.id if len(free) == 1 else "")
    entries = [
        Entry(
            "duty",
            _("Which right"),
            kind="radios",
            options=tuple((one.duty.id, text(one.duty.title, request.language), _may(one)) for one in free),
            chosen=frozenset({chosen}),
            nothing=_("Your post has, or has asked for, everything that is given on application."),
        ),
        Entry(
            "why",
            _("What for"),
            request.POST.get("why", ""),
            _("Who decides for your unit reads it."),
            "lines",
            longest=200,
        ),
        Entry(
            "last_day",
            _("Until (last day)"),
            request.POST.get("last_day", ""),
            _("The right then ends by itself. Ask for as long as the work takes, no longer."),
            "date",
            short=True,
        ),
    ]
    faults = [_at_field(one) for one in fault.faults] if fault else []
    entries, summary = with_faults(entries, faults)
    context = {
        "post": post_of(request),
        "entries": entries,
        "summary": summary,
        "free": free,
        "decides": queries.who_decides(request.actor),
        "barred": [
            {"title": text(one.duty.title, request.language), "why": sentence(one.against)}
            for one in listed
            if one.against
        ],
    }
    return page(request, "desk/rights_ask.html", context, fault.status if fault else 200)


def _may(one: AskableDuty) -> str:
    """What the duty may do, and for how long it is given."""
    acts = "；".join(_(action_words.get(each.action, each.action)) for each in one.duty.may)
    days = ngettext("at most {n} day", "at most {n} days", one.longest_days).format(n=one.longest_days)
    return _("{acts} ({days})").format(acts=acts, days=days)


def _asked(request: FaceRequest, one: DutyRequestView) -> Asked:
    return Asked(one, _title(one.duty, one.duty_id, request.language), _(STATES[one.state]))


def _title(duty: DutyView | None, id: str, language: str) -> str:
    return text(duty.title, language) if duty else id


def _at_field(fault: FieldFault) -> FieldFault:
    return FieldFault(FIELDS.get(fault.pointer, fault.pointer), fault.code, fault.message, fault.params)
