"""Pages of words that editors have published, and the pictures on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import FileResponse, HttpResponseBase
from django.views.decorators.http import require_safe
from wagtail.images.models import Image, Rendition
from wagtail.views import serve

from yiwang.kernel.errors import NotFound
from yiwang.portal.editing.pictures import open_picture
from yiwang.portal.kept import WRITTEN, kept_for_visitors

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_safe
@kept_for_visitors(WRITTEN)
def page(request: FaceRequest, /, path: str) -> HttpResponseBase:
    """The page at this address of the tree. Raises Http404."""
    found: HttpResponseBase = serve(request, path)
    return found


@require_safe
def picture(request: FaceRequest, name: str) -> HttpResponseBase:
    """A picture of the workbench. It never changes under its name. Raises NotFound for any other file of the city."""
    if not (Rendition.objects.filter(file=name).exists() or Image.objects.filter(file=name).exists()):
        raise NotFound
    content, media_type = open_picture(name)
    response = FileResponse(content, content_type=media_type)
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
