"""Where each face is mounted."""

from __future__ import annotations

from django.urls import include, path, re_path

from yiwang.api.files import file_page
from yiwang.api.operations import healthz, metrics
from yiwang.portal.views.pages import page

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

handler400 = "yiwang.api.pages.bad_request"
handler403 = "yiwang.api.pages.not_allowed"
handler404 = "yiwang.api.pages.not_found"
handler500 = "yiwang.api.pages.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("metrics", metrics),
    path("api/v1/", include("yiwang.api.urls")),
    path("scim/v2/", include("yiwang.api.scim.urls")),
    path("files/<uuid:file_id>/", file_page),
    path("desk/site/", include("yiwang.portal.editing.urls")),
    path("desk/", include("yiwang.desk.urls")),
    path("", include("yiwang.portal.urls")),
    # last, and nothing of the platform's own; by this name Wagtail finds the address of a page
    re_path(r"^(?!(?:api|desk|files|my|scim|static)/)((?:[\w-]+/)*)$", page, name="wagtail_serve"),
]
