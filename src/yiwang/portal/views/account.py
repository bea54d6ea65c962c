"""My account, in the frame of the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from yiwang.forms.accounts import account_context, change_password, change_second_factor, end_link, end_sessions

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: FaceRequest) -> HttpResponseBase:
    """Who one is here, and another password."""
    if request.method != "POST":
        return render(request, "portal/account.html", account_context(request))
    context, status = change_password(request)
    if status != 303:
        return render(request, "portal/account.html", context, status=status)
    messages.success(request, _("The password has been changed. Everywhere else you have been signed out."))
    return HttpResponseRedirect("/my/account/", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def second_factor(request: FaceRequest) -> HttpResponseBase:
    """Set up, confirm, renew or take away the second factor."""
    if request.method != "POST":
        return HttpResponseRedirect("/my/account/#second-factor")
    context, status = change_second_factor(request)
    if status != 303:
        return render(request, "portal/account.html", context, status=status)
    return HttpResponseRedirect("/my/account/#second-factor", status=status)


@require_POST
def sign_out_there(request: FaceRequest) -> HttpResponseBase:
    """End one other session, or every other one."""
    messages.success(request, end_sessions(request))
    return HttpResponseRedirect("/my/account/", status=303)


@require_POST
def end_outside_link(request: FaceRequest) -> HttpResponseBase:
    """A provider is to know its person no more."""
    messages.success(request, end_link(request))
    return HttpResponseRedirect("/my/account/", status=303)
