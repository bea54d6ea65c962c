"""Messages to a person, and where else they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from yiwang.forms.mailbox import Mailbox
from yiwang.portal.guard import for_oneself

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


def _draw(request: FaceRequest, context: Mapping[str, Any], status: int) -> HttpResponse:
    return render(request, "portal/messages.html", dict(context), status=status)


MAILBOX = Mailbox("/my/messages/", _draw)


@require_safe
@for_oneself
def inbox(request: FaceRequest) -> HttpResponse:
    """All messages, newest first, and where else they go."""
    return MAILBOX.show(request)


@require_POST
@for_oneself
def mark_read(request: FaceRequest, message_id: UUID) -> HttpResponseBase:
    """Say that one has read it."""
    return MAILBOX.mark_read(request, message_id)


@require_POST
@for_oneself
def address(request: FaceRequest) -> HttpResponseBase:
    """Want one's messages by mail as well, or no longer."""
    return MAILBOX.address(request)


@require_POST
@for_oneself
def confirm(request: FaceRequest) -> HttpResponseBase:
    """Enter the code that was sent."""
    return MAILBOX.confirm(request)
