"""The page of one's messages and the forms on it, which a person and an officer fill alike: read, want them by mail, enter the code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _

from yiwang.forms.answers import sentence
from yiwang.kernel.errors import Fault
from yiwang.messaging import queries, services

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["Mailbox"]


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What a face does with one's messages.  at: the address of its page.  render: draws that page, with a context and a status."""

    at: str
    render: Callable[[FaceRequest, Mapping[str, Any], int], HttpResponse]

    def show(self, request: FaceRequest, more: Mapping[str, Any] | None = None, status: int = 200) -> HttpResponse:
        """All messages, newest first, and where else they go.  more: what was typed, and what is wrong with it."""
        shown = {
            "inbox": queries.inbox(request.actor, request.GET.get("cursor", ""), language=request.language),
            "contact": queries.contact(request.actor),
        }
        return self.render(request, {**shown, **(more or {})}, status)

    def mark_read(self, request: FaceRequest, message_id: UUID) -> HttpResponseBase:
        """Say that one has read it."""
        services.mark_read(request.actor, message_id)
        return HttpResponseRedirect(self.at, status=303)

    def address(self, request: FaceRequest) -> HttpResponseBase:
        """Want one's messages by mail as well, or no longer."""
        if "stop" in request.POST:
            services.stop_mail(request.actor)
            messages.success(request, _("Messages no longer go out by e-mail."))
            return HttpResponseRedirect(self.at, status=303)
        typed = request.POST.get("address", "")
        asked = _("A code has been sent to {address}. Enter it here.").format(address=typed.strip())
        return self._try(
            request, "address", asked, lambda: services.ask_for_mail(request.actor, typed, request.language)
        )

    def confirm(self, request: FaceRequest) -> HttpResponseBase:
        """Enter the code that was sent."""
        code = request.POST.get("code", "")
        done = _("From now on your messages also come by e-mail.")
        return self._try(request, "code", done, lambda: services.confirm_mail(request.actor, code))

    def _try(self, request: FaceRequest, field: str, done: str, change: Callable[[], None]) -> HttpResponseBase:
        """Make the change, or show the page again with what was typed and what is wrong with it."""
        try:
            change()
        except Fault as fault:
            said = " ".join(sentence(one) for one in fault.at(field))
            typed = {f"{field}_fault": said, f"{field}_typed": request.POST.get(field, "")}
            return self.show(request, typed, fault.status)
        messages.success(request, done)
        return HttpResponseRedirect(self.at, status=303)
