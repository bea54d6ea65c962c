"""Messages to a person, and where else they go."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yiwang.forms.answers import sentence
from yiwang.kernel.errors import Fault
from yiwang.messaging import queries, services
from yiwang.portal.guard import for_oneself

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

AT = "/my/messages/"


@require_safe
@for_oneself
def inbox(request: FaceRequest) -> HttpResponse:
    """All messages, newest first, and where else they go."""
    return _show(request)


def _show(request: FaceRequest, more: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    shown = {
        "inbox": queries.inbox(request.actor, request.GET.get("cursor", ""), language=request.language),
        "contact": queries.contact(request.actor),
    }
    return render(request, "portal/messages.html", {**shown, **(more or {})}, status=status)


@require_POST
@for_oneself
def mark_read(request: FaceRequest, message_id: UUID) -> HttpResponseBase:
    """Say that one has read it."""
    services.mark_read(request.actor, message_id)
    return HttpResponseRedirect(AT, status=303)


@require_POST
@for_oneself
def address(request: FaceRequest) -> HttpResponseBase:
    """Want one's messages by mail as well, or no longer."""
    if "stop" in request.POST:
        services.stop_mail(request.actor)
        messages.success(request, _("Messages no longer go out by e-mail."))
        return HttpResponseRedirect(AT, status=303)
    typed = request.POST.get("address", "")
    asked = _("A code has been sent to {address}. Enter it here.").format(address=typed.strip())
    return _try(request, "address", asked, lambda: services.ask_for_mail(request.actor, typed, request.language))


@require_POST
@for_oneself
def confirm(request: FaceRequest) -> HttpResponseBase:
    """Enter the code that was sent."""
    code = request.POST.get("code", "")
    done = _("From now on your messages also come by e-mail.")
    return _try(request, "code", done, lambda: services.confirm_mail(request.actor, code))


def _try(request: FaceRequest, field: str, done: str, change: Callable[[], None]) -> HttpResponseBase:
    """Make the change, or show the page again with what was typed and what is wrong with it."""
    try:
        change()
    except Fault as fault:
        said = " ".join(sentence(one) for one in fault.at(field))
        return _show(request, {f"{field}_fault": said, f"{field}_typed": request.POST.get(field, "")}, fault.status)
    messages.success(request, done)
    return HttpResponseRedirect(AT, status=303)
