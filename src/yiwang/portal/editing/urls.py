"""Addresses of the editors' workbench."""

from __future__ import annotations

from django.urls import include, path
from wagtail.admin import urls as workbench
from wagtail.utils.urlpatterns import decorate_urlpatterns

from yiwang.portal.editing.doors import for_editors, to_account, to_sign_out

urlpatterns = decorate_urlpatterns(
    [
        path("account/", to_account),
        path("login/", to_account),
        path("password_reset/", to_account),
        path("logout/", to_sign_out),
        path("", include(workbench)),
    ],
    for_editors,
)
