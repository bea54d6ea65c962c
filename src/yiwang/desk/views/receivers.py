"""Systems to which officers' accounts are supplied 接收系统: the work of the system administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.forms.answers import sentence
from yiwang.forms.entries import Entry, with_faults
from yiwang.identity import queries, services
from yiwang.identity.values.receivers import NewReceiver
from yiwang.kernel.errors import FieldFault, Invalid, format_message, msgid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LIST = "/desk/receivers/"
WORDS = {
    "not-reached": gettext_noop("It was not reached ({more})."),
    "login-taken": gettext_noop("The log-in is taken there by somebody else."),
    "no-answer": gettext_noop("What it answered is not as the protocol says."),
    "died": gettext_noop("Each attempt broke off here; look into the log."),
    "not-sealed": gettext_noop("The token cannot be read any more; enter it again."),
    "refused": gettext_noop("It refused ({more})."),
}
"""Why an attempt failed, by the code before the colon."""


@require_safe
@for_post
def receivers(request: FaceRequest) -> HttpResponse:
    """Every system to which accounts are supplied."""
    return page(request, "desk/receivers.html", {"rows": queries.list_receivers(request.actor)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def connect(request: FaceRequest) -> HttpResponseBase:
    """Connect one."""
    queries.require(request.actor, "receiver.connect")
    if request.method != "POST":
        return _form(request)
    sent = request.POST
    given = NewReceiver(
        title=sent.get("title", ""),
        unit=sent.get("unit", ""),
        units=tuple(dict.fromkeys(one.strip() for one in sent.get("units", "").splitlines() if one.strip())),
        address=sent.get("address", ""),
        token=sent.get("token", ""),
    )
    try:
        made = services.connect_receiver(request.actor, given)
    except Invalid as invalid:
        return _form(request, invalid)
    messages.success(request, _("The system is connected. Its accounts are being supplied."))
    return HttpResponseRedirect(f"{LIST}{made}/", status=303)


@require_safe
@for_post
def receiver(request: FaceRequest, receiver_id: UUID) -> HttpResponse:
    """One of them: what it was told, what failed and why."""
    return _show(request, receiver_id)


@require_POST
@for_post
def act(request: FaceRequest, receiver_id: UUID, what: str) -> HttpResponseBase:
    """Reconcile it, enter another token, or close it."""
    try:
        said = _done(request, receiver_id, what)
    except Invalid as invalid:
        return _show(request, receiver_id, invalid)
    messages.success(request, said)
    return HttpResponseRedirect(f"{LIST}{receiver_id}/", status=303)


def _done(request: FaceRequest, receiver_id: UUID, what: str) -> str:
    if what == "reconcile":
        number = services.reconcile_receiver(request.actor, receiver_id)
        said = ngettext("It is told of {number} account again.", "It is told of {number} accounts again.", number)
        return said.format(number=number)
    if what == "token":
        services.renew_receiver_token(request.actor, receiver_id, request.POST.get("token", ""))
        return _("The token was changed. What failed is told again.")
    queries.require(request.actor, "receiver.close")
    if not request.POST.get("sure"):
        raise Invalid(faults=[FieldFault("sure", "required", msgid("Say that you are sure."))])
    services.close_receiver(request.actor, receiver_id)
    return _("Nothing is supplied to the system any more.")


def _show(request: FaceRequest, receiver_id: UUID, invalid: Invalid | None = None) -> HttpResponse:
    view = queries.receiver_page(request.actor, receiver_id)
    context: dict[str, Any] = {
        "view": view,
        "rows": [(one, _why(one.fault)) for one in view.rows],
        "summary": [{"text": sentence(one), "target": ""} for one in invalid.faults] if invalid else [],
    }
    return page(request, "desk/receiver.html", context, invalid.status if invalid else 200)


def _why(fault: str) -> str:
    code, _colon, more = fault.partition(":")
    return format_message(_(WORDS[code]), {"more": more}) if code in WORDS else fault


def _form(request: FaceRequest, invalid: Invalid | None = None) -> HttpResponse:
    entries, summary = with_faults(_entries(request), invalid.faults if invalid else ())
    context = {"entries": entries, "summary": summary}
    return page(request, "desk/receiver_form.html", context, invalid.status if invalid else 200)


def _entries(request: FaceRequest) -> list[Entry]:
    sent = request.POST

    def text(name: str, label: str, help: str = "", kind: str = "text", **more: Any) -> Entry:
        return Entry(name, label, sent.get(name, ""), help, kind, **more)

    return [
        text("title", _("Name"), _("For instance the mail system of the city.")),
        text("unit", _("Whose system it is"), _("Code of the unit."), short=True),
        text(
            "units",
            _("Whose officers have accounts there"),
            _("One code a line; each counts with all units below it."),
            "lines",
        ),
        text("address", _("Address of its SCIM service"), _("Complete, as its operators give it.")),
        Entry("token", _("Its token"), "", _("As its operators give it. No page shows it again."), "password"),
    ]
