"""Other systems 其他系统: every way in which a system of others is tied to this platform, on one page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from yiwang.acts.values import Actor
from yiwang.desk.frame import for_post, page
from yiwang.identity import queries
from yiwang.kernel.errors import NotAllowed

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest


@dataclass(frozen=True, slots=True)
class Ties:
    """Systems that are tied in one way. words: what the tie is for.  count: how many stand.  troubles: what is wrong with some."""

    at: str
    title: str
    mark: str
    words: str
    count: int
    troubles: tuple[str, ...] = ()


@require_safe
@for_post
def systems(request: FaceRequest) -> HttpResponse:
    """The ways that who looks may see, each with how many systems there are and what is wrong with them."""
    found = [
        one
        for one in (
            _clients(request.actor),
            _providers(request.actor),
            _authorities(request.actor),
            _keepers(request.actor),
            _receivers(request.actor),
        )
        if one
    ]
    if not found:
        raise NotAllowed
    return page(request, "desk/systems.html", {"ties": found})


def _clients(actor: Actor) -> Ties | None:
    if not queries.why(actor, "client.list").allowed:
        return None
    standing = [one for one in queries.list_clients(actor) if not one.closed_at]
    words = _("They let officers and residents in with the accounts of this platform.")
    return Ties("/desk/clients/", _("Connected systems"), "shield", words, len(standing))


def _providers(actor: Actor) -> Ties | None:
    if not queries.why(actor, "provider.list").allowed:
        return None
    found = queries.list_providers(actor)
    shut = sum(not one.is_open for one in found)
    words = _("Residents and officers sign in there to come in here.")
    said = ngettext("{count} is shut", "{count} are shut", shut).format(count=shut)
    return Ties("/desk/providers/", _("Outside providers"), "key", words, len(found) - shut, (said,) if shut else ())


def _authorities(actor: Actor) -> Ties | None:
    if not queries.why(actor, "authority.list").allowed:
        return None
    found = queries.list_authorities(actor)
    shut = sum(not one.is_open for one in found)
    late = sum(one.is_open and one.list_state in {"missing", "overdue"} for one in found)
    words = _("Residents and officers sign in by their certificates.")
    said = []
    if shut:
        said.append(ngettext("{count} is shut", "{count} are shut", shut).format(count=shut))
    if late:
        said.append(
            ngettext("the list of {count} is overdue", "the lists of {count} are overdue", late).format(count=late)
        )
    return Ties("/desk/authorities/", _("Certificate authorities"), "shield", words, len(found) - shut, tuple(said))


def _keepers(actor: Actor) -> Ties | None:
    if not queries.why(actor, "keeper.list").allowed:
        return None
    standing = [one for one in queries.list_keepers(actor) if not one.closed_at]
    mute = sum(not one.lasts_until for one in standing)
    words = _("They say which officers there are and who holds which post.")
    said = ngettext("{count} has no token that serves", "{count} have no token that serves", mute).format(count=mute)
    return Ties(
        "/desk/keepers/", _("Systems that keep officers"), "users", words, len(standing), (said,) if mute else ()
    )


def _receivers(actor: Actor) -> Ties | None:
    if not queries.why(actor, "receiver.list").allowed:
        return None
    standing = [one for one in queries.list_receivers(actor) if not one.closed_at]
    failed = sum(one.counts.get("failed", 0) for one in standing)
    words = _("Officers have accounts there because they hold posts here.")
    said = ngettext("{count} account could not be supplied", "{count} accounts could not be supplied", failed).format(
        count=failed
    )
    return Ties("/desk/receivers/", _("Supplied systems"), "swap", words, len(standing), (said,) if failed else ())
