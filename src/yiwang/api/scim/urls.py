"""Addresses of `/scim/v2`: scim2-server finds its way by what is left of the path."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt


@csrf_exempt  # who asks shows a token that no browser sends by itself
def door(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer a system that keeps officers here. Its library takes long to load: the first that asks waits for it, and no process else."""
    from yiwang.api.scim.views import serve

    return serve(request, path)


urlpatterns = [path("", door, name="scim-root"), path("<path:path>", door, name="scim")]
