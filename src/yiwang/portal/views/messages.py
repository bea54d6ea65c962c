"""Messages to a person."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from yiwang.messaging import queries, services
from yiwang.portal.guard import for_oneself

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@for_oneself
def inbox(request: FaceRequest) -> HttpResponse:
    """All messages, newest first."""
    return render(
        request,
        "portal/messages.html",
        {"inbox": queries.inbox(request.actor, request.GET.get("cursor", ""), language=request.language)},
    )


@require_POST
@for_oneself
def mark_read(request: FaceRequest, message_id: UUID) -> HttpResponseBase:
    """Say that one has read it."""
    services.mark_read(request.actor, message_id)
    return HttpResponseRedirect("/my/messages/", status=303)
