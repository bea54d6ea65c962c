"""Give a file to somebody who may open it, so that it can do nothing but be looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import FileResponse, HttpResponseBase
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from yiwang.acts.values import CapacityKind
from yiwang.documents import queries
from yiwang.kernel.errors import NotSignedIn

if TYPE_CHECKING:
    from yiwang.acts.values import Actor
    from yiwang.api.pages import FaceRequest

__all__ = ["file_page", "file_response"]

SHOWN_IN_THE_BROWSER = {"image/jpeg", "image/png"}
"""Everything else is saved: a document must not run in a page of the city."""
ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def file_response(actor: Actor, file_id: UUID, *, save: bool) -> FileResponse:
    """The content in pieces.  save: as a file to save even where a browser could show it. Raises NotFound, NotSignedIn."""
    if actor.capacity is CapacityKind.VISITOR:
        raise NotSignedIn
    found, content = queries.open_file(actor, file_id)
    response = FileResponse(content, content_type=found.media_type)
    response.headers["Content-Length"] = str(found.size)
    saved = save or found.media_type not in SHOWN_IN_THE_BROWSER
    response.headers["Content-Disposition"] = content_disposition_header(saved, found.name) or "attachment"
    response.headers["Content-Security-Policy"] = ALONE
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@require_safe
def file_page(request: FaceRequest, file_id: UUID) -> HttpResponseBase:
    """For people: the same address on the portal and the desk."""
    return file_response(request.actor, file_id, save="save" in request.GET)
