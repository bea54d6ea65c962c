"""Messages to an officer."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.messaging import queries, services

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@for_post
def inbox(request: FaceRequest) -> HttpResponse:
    """All messages, newest first."""
    return page(
        request,
        "desk/messages.html",
        {"inbox": queries.inbox(request.actor, request.GET.get("cursor", ""), language=request.language)},
    )


@require_POST
@for_post
def mark_read(request: FaceRequest, message_id: UUID) -> HttpResponseBase:
    """Say that one has read it."""
    services.mark_read(request.actor, message_id)
    return HttpResponseRedirect("/desk/messages/", status=303)
