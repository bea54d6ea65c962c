"""Addresses of `/scim/v2`: scim2-server finds its way by what is left of the path."""

from __future__ import annotations

from django.urls import path

from yiwang.api.scim.views import serve

urlpatterns = [path("", serve, name="scim-root"), path("<path:path>", serve, name="scim")]
