"""Systems that keep officers here 来源系统: connected by the administrator whose work they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.desk.frame import administrator_of, for_post, page, post_of
from yiwang.desk.views.seats import ESTABLISHMENTS
from yiwang.forms.answers import sentence
from yiwang.forms.entries import Entry, with_faults
from yiwang.identity import queries, services
from yiwang.identity.values import Establishment
from yiwang.identity.values.keepers import KeeperOverlap, KeeperToken, LeadingPosts, NewKeeper, Side
from yiwang.kernel.errors import Fault, FieldFault, Invalid, msgid

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LIST = "/desk/keepers/"
DAYS = 180


@require_safe
@for_post
def keepers(request: FaceRequest) -> HttpResponse:
    """Every system that keeps officers, and of what."""
    return page(request, "desk/keepers.html", {"rows": queries.list_keepers(request.actor)})


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def connect(request: FaceRequest) -> HttpResponseBase:
    """Connect one. It can do nothing before it has a token."""
    queries.require(request.actor, "keeper.connect")
    if request.method != "POST":
        return _form(request)
    try:
        made = services.connect_keeper(request.actor, _given(request))
    except (Invalid, KeeperOverlap) as fault:
        return _form(request, fault)
    messages.success(request, _("The system is connected. Give it a token, with which it writes here."))
    return HttpResponseRedirect(f"{LIST}{made}/", status=303)


@require_safe
@for_post
def keeper(request: FaceRequest, keeper_id: UUID) -> HttpResponse:
    """One of them."""
    return _show(request, keeper_id)


@require_POST
@for_post
def token(request: FaceRequest, keeper_id: UUID) -> HttpResponse:
    """Give it a token. It stands on this answer alone, which no browser keeps."""
    try:
        typed = request.POST.get("days", "")
        made = services.give_keeper_token(request.actor, keeper_id, int(typed) if typed.isdecimal() else 0)
    except Invalid as invalid:
        return _show(request, keeper_id, invalid)
    return _show(request, keeper_id, made=made)


@require_POST
@for_post
def revoke(request: FaceRequest, keeper_id: UUID, token_id: UUID) -> HttpResponseBase:
    """Take a token back."""
    services.revoke_keeper_token(request.actor, keeper_id, token_id)
    messages.success(request, _("The token serves no more."))
    return HttpResponseRedirect(f"{LIST}{keeper_id}/", status=303)


@require_POST
@for_post
def close(request: FaceRequest, keeper_id: UUID) -> HttpResponseBase:
    """Let it keep officers no more."""
    try:
        queries.require(request.actor, "keeper.close")
        if not request.POST.get("sure"):
            raise Invalid(faults=[FieldFault("sure", "required", msgid("Say that you are sure."))])
        services.close_keeper(request.actor, keeper_id)
    except Invalid as invalid:
        return _show(request, keeper_id, invalid)
    messages.success(
        request, _("The system keeps nobody here any more. What it said stands, and is changed here again.")
    )
    return HttpResponseRedirect(LIST, status=303)


def _show(
    request: FaceRequest, keeper_id: UUID, invalid: Invalid | None = None, made: KeeperToken | None = None
) -> HttpResponse:
    view = queries.keeper_page(request.actor, keeper_id)
    context: dict[str, Any] = {
        "view": view,
        "made": made,
        "place": _(ESTABLISHMENTS[view.establishment]) if view.establishment else "",
        "days": DAYS,
        "summary": [{"text": sentence(one), "target": ""} for one in invalid.faults] if invalid else [],
    }
    return page(request, "desk/keeper.html", context, invalid.status if invalid else 200)


def _side(request: FaceRequest) -> Side:
    whose = administrator_of(post_of(request))
    return next((one for one in Side if one.administrator is whose), Side.ACCOUNTS)


def _given(request: FaceRequest) -> NewKeeper:
    sent = request.POST
    side = _side(request)
    posts, place = sent.get("posts", ""), sent.get("establishment", "")
    of_holders = side is Side.HOLDERS
    return NewKeeper(
        title=sent.get("title", ""),
        unit=sent.get("unit", "").strip(),
        side=side,
        units=tuple(dict.fromkeys(one.strip() for one in sent.get("units", "").splitlines() if one.strip())),
        posts=LeadingPosts(posts) if of_holders and posts in set(LeadingPosts) else LeadingPosts.ALL,
        establishment=Establishment(place) if of_holders and place in set(Establishment) else None,
    )


def _form(request: FaceRequest, fault: Fault | None = None) -> HttpResponse:
    entries, summary = with_faults(_entries(request), fault.faults if fault else ())
    context = {"entries": entries, "summary": summary, "side": _side(request)}
    return page(request, "desk/keeper_form.html", context, fault.status if fault else 200)


def _entries(request: FaceRequest) -> list[Entry]:
    sent = request.POST

    def text(name: str, label: str, help: str = "", kind: str = "text", **more: Any) -> Entry:
        return Entry(name, label, sent.get(name, ""), help, kind, **more)

    entries = [
        text("title", _("Name"), _("As people read it where something is kept by this system.")),
        text("unit", _("Whose system it is"), _("Code of the unit."), short=True),
        text("units", _("Of which units"), _("One code a line; each counts with all units below it."), "lines"),
    ]
    if _side(request) is Side.ACCOUNTS:
        return entries
    return [
        *entries,
        Entry(
            "posts",
            _("Of which posts"),
            kind="radios",
            options=(
                ("all", _("All"), ""),
                ("leading", _("Leading posts"), _("as the organisation department keeps them")),
                ("others", _("All but leading posts"), _("as each unit keeps them")),
            ),
            chosen=frozenset({sent.get("posts", "all")}),
        ),
        Entry(
            "establishment",
            _("Which kind of place those fill whom it seats"),
            sent.get("establishment", ""),
            _("Needed where the places of the unit are limited."),
            "choice",
            options=(
                ("", _("None is said"), ""),
                *((str(one), _(words), "") for one, words in ESTABLISHMENTS.items()),
            ),
        ),
    ]
