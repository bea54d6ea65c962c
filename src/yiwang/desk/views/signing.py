"""Signing in to the desk and choosing the post in which one acts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_http_methods, require_safe

from yiwang.acts.values import CapacityKind
from yiwang.desk.frame import for_post, menu_of
from yiwang.forms.accounts import (
    GO_ON,
    begin_at_desk,
    complete_sign_in,
    proved_password,
    remember_proved,
    safe_next,
    second_step,
    sign_in_as_sent,
    take_capacity,
    told,
)
from yiwang.identity import queries, services
from yiwang.identity.values import SELF, UNDER
from yiwang.kernel.errors import Fault, NotSignedIn

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

HOME = "/desk/"


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: FaceRequest) -> HttpResponseBase:
    """Ask who it is; then which post."""
    context: dict[str, object] = {"next": safe_next(request, HOME, desk=True), "sign_in_at": "/desk/sign-in/"}
    if request.method != "POST":
        return render(request, "desk/sign_in.html", context)
    name = request.POST.get("login", "").strip()
    try:
        account = sign_in_as_sent(request, name)
    except services.SecondFactorAsked as asked:
        remember_proved(request, asked.account_id, str(context["next"]), {})
        return HttpResponseRedirect("/desk/sign-in/code/", status=303)
    except Fault as fault:
        return render(
            request, "desk/sign_in.html", {**context, "refused": told(fault), "login": name}, status=fault.status
        )
    return HttpResponseRedirect(begin_at_desk(request, account, str(context["next"])), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_code(request: FaceRequest) -> HttpResponseBase:
    """The second of two factors: the code of the app, or a recovery code."""
    proved = proved_password(request)
    if proved is None:
        return HttpResponseRedirect("/desk/sign-in/", status=303)
    if request.method != "POST":
        return render(request, "desk/sign_in_code.html", second_step(proved))
    try:
        account = complete_sign_in(request, proved)
    except Fault as fault:
        shown = second_step(proved) | {"refused": told(fault)}
        return render(request, "desk/sign_in_code.html", shown, status=fault.status)
    return HttpResponseRedirect(begin_at_desk(request, account, proved.next, through=proved.through), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def choose_post(request: FaceRequest) -> HttpResponseBase:
    """Which post, another under a mandate, or oneself. One capacity at a time."""
    if not request.user.is_authenticated:
        raise NotSignedIn
    account_id = request.user.pk
    if request.method == "POST":
        chosen = request.POST.get("post", "")
        take_capacity(request, chosen)
        if chosen == SELF or chosen.startswith(UNDER):
            next = safe_next(request, "/", desk=True)
            return HttpResponseRedirect(next if next.startswith(GO_ON) else "/", status=303)
        return HttpResponseRedirect(safe_next(request, HOME, desk=True), status=303)
    able = queries.capacities_of(account_id)
    context = {
        "held": [one.post for one in able if one.post is not None],
        "principals": [one for one in able if one.capacity is CapacityKind.AGENT],
        "stands_for_person": any(one.capacity is CapacityKind.SELF for one in able),
        "next": safe_next(request, HOME, desk=True),
    }
    return render(request, "desk/post.html", context)


@require_safe
@for_post
def home(request: FaceRequest) -> HttpResponseBase:
    """The first noun of the post."""
    return HttpResponseRedirect(menu_of(request)[0].at)
