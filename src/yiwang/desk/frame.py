"""What every page of the desk has: a post, the nouns that this post may see, and how pages of it are rendered."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from yiwang.acts.values import CapacityKind
from yiwang.identity import queries as identity
from yiwang.identity.values import Administrator, PostView
from yiwang.kernel.errors import NotAllowed, NotSignedIn
from yiwang.supervision.values import OVERSEE, READ

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

__all__ = ["Noun", "for_post", "menu_of", "page"]

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Noun:
    """One entry of the menu. mark: its icon.  waiting: how many things there wait for who looks.  under: where its other pages begin."""

    at: str
    title: str
    mark: str
    waiting: int = 0
    under: tuple[str, ...] = ()


def for_post(
    view: Callable[Concatenate[FaceRequest, P], HttpResponseBase],
) -> Callable[Concatenate[FaceRequest, P], HttpResponseBase]:
    """Let an officer in who has chosen a post; others sign in, or choose."""

    @wraps(view)
    def guarded(request: FaceRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.actor.capacity is CapacityKind.POST:
            return view(request, *args, **kwargs)
        if not request.user.is_authenticated:
            raise NotSignedIn
        if request.method != "GET":
            raise NotAllowed("Choose the post in which you act first.")
        return HttpResponseRedirect(f"/desk/post/?{urlencode({'next': request.get_full_path()})}")

    return guarded


def post_of(request: FaceRequest) -> PostView | None:
    """The post in which the request acts."""
    held = identity.posts_of(request.actor.account_id) if request.actor.account_id else []
    return next((one for one in held if one.id == request.actor.capacity_id), None)


def administrator_of(post: PostView | None) -> Administrator | None:
    """Which of the three administrators sits in the post, if any."""
    found = [identity.find_duty(id) for id in (post.duties if post else ())]
    return next((duty.administrator for duty in found if duty is not None and duty.administrator is not None), None)


def menu_of(request: FaceRequest) -> list[Noun]:
    """The nouns that the post may see. Who supervises begins with the alerts, who leads with the board."""
    own = {
        None: [
            Noun("/desk/tasks/", _("Tasks"), "inbox"),
            Noun("/desk/cases/", _("Cases"), "file"),
            Noun("/desk/certificates/", _("Certificates"), "shield"),
            Noun("/desk/discrepancies/", _("Discrepancies"), "flag"),
        ],
        Administrator.SECURITY: [
            _officers(),
            _systems(),
        ],
        Administrator.AUDIT: [Noun("/desk/audit/", _("Audit log"), "shield")],
        Administrator.SYSTEM: [
            Noun("/desk/operations/", _("Operations"), "gear"),
            _officers(),
            _systems(),
        ],
    }[administrator_of(post_of(request))]
    if identity.why(request.actor, "consent.read").allowed:
        waiting = identity.consents_that_wait(request.actor)
        own.append(Noun("/desk/consents/", _("Consents"), "swap", waiting))
    if identity.who_answers(request.actor) or identity.why(request.actor, "review.read").allowed:
        own.append(Noun("/desk/reviews/", _("Reviews of rights"), "check", identity.reviews_that_wait(request.actor)))
    if identity.why(request.actor, "emergency.read").allowed:
        own.append(
            Noun("/desk/emergencies/", _("Emergency access"), "eye", identity.emergencies_to_review(request.actor))
        )
    if identity.why(request.actor, OVERSEE).allowed:
        own.insert(0, Noun("/desk/board/", _("Board"), "list"))
    if identity.why(request.actor, READ).allowed:
        own.insert(0, Noun("/desk/supervision/", _("Supervision"), "card"))
    if identity.why(request.actor, "case.submit").allowed:
        own.insert(0, Noun("/desk/hall/", _("Window"), "users"))
    if identity.why(request.actor, "subject.find").allowed:
        own.append(Noun("/desk/subjects/", _("Subjects"), "user"))
    if identity.why(request.actor, "article.read").allowed:
        own.append(Noun("/desk/articles/", _("News and notices"), "book"))
    if identity.why(request.actor, "page.read").allowed:
        own.append(Noun("/desk/site/", _("Pages of the portal"), "home"))
    shared = [Noun("/desk/units/", _("Units"), "building"), Noun("/desk/messages/", _("Messages"), "mail")]
    return [*own, *shared]


def _officers() -> Noun:
    return Noun("/desk/officers/", _("Officers and posts"), "users", under=("/desk/lists/",))


def _systems() -> Noun:
    kinds = ("/desk/clients/", "/desk/providers/", "/desk/authorities/", "/desk/keepers/", "/desk/receivers/")
    return Noun("/desk/systems/", _("Other systems"), "key", under=kinds)


def page(request: FaceRequest, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
    """Render a page of the desk with its menu."""
    administrator = administrator_of(post_of(request))
    frame = {"menu": menu_of(request), "may_see_cases": administrator is None}
    return render(request, template, {**frame, **context}, status=status)
