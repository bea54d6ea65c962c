"""A file that an engine made, as an answer to a browser or a program: to be kept, not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse

if TYPE_CHECKING:
    from yiwang.documents.values import Download

__all__ = ["as_file"]


def as_file(given: Download) -> HttpResponse:
    """The content under its name."""
    response = HttpResponse(given.content, content_type=given.media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{given.name}"'
    return response
