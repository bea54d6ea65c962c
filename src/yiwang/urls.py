"""Where each face is mounted."""

from __future__ import annotations

from django.urls import include, path

from yiwang.api.files import file_page
from yiwang.api.operations import healthz, metrics

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

handler400 = "yiwang.api.pages.bad_request"
handler403 = "yiwang.api.pages.not_allowed"
handler404 = "yiwang.api.pages.not_found"
handler500 = "yiwang.api.pages.server_error"

urlpatterns = [
    path("healthz", healthz),
    path("metrics", metrics),
    path("api/v1/", include("yiwang.api.urls")),
    path("files/<uuid:file_id>/", file_page),
    path("desk/", include("yiwang.desk.urls")),
    path("", include("yiwang.portal.urls")),
]
