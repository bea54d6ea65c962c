"""On the way to an outside identity provider 外部身份源 and back, for the pages of both faces: what a browser was about to do waits here.

Where somebody was going, and what a form held, stays with his session meanwhile; nothing of it travels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.http import url_has_allowed_host_and_scheme

from yiwang.acts.values import CapacityKind
from yiwang.forms.accounts import OF_THE_PROOF, safe_next, session_of
from yiwang.identity import services
from yiwang.identity.values import PROVED_AGAIN
from yiwang.identity.values.outside import Arrived
from yiwang.kernel.errors import NotSignedIn
from yiwang.kernel.time import machine_now

if TYPE_CHECKING:
    from django.http import HttpRequest

    from yiwang.api.pages import FaceRequest

__all__ = [
    "CARRIED",
    "Way",
    "keep_proved",
    "session_here",
    "set_out",
    "set_out_to_prove",
    "way_of",
    "way_that_is_asked",
    "way_to_prove",
]

CARRIED = "carried."
"""Before the names of what a form held when its sender had to sign in anew."""
WAY, AT = "outside", "prove-at"
OF_THE_WAY = {*OF_THE_PROOF, AT}


@dataclass(frozen=True, slots=True)
class Way:
    """Where somebody was going.  desk: whether he signs in to the desk.  carried: what a form held, with each value it had.

    proves: whether he was signed in and is to show once more who he is; then `carried` is what he was about to do.
    """

    next: str = "/"
    desk: bool = False
    proves: bool = False
    carried: Mapping[str, list[str]] | None = None


def way_that_is_asked(request: FaceRequest) -> Way:
    """Where the form of a sign-in page says that its person is going."""
    desk = bool(request.POST.get("desk"))
    carried = {name.removeprefix(CARRIED): values for name, values in request.POST.lists() if name.startswith(CARRIED)}
    return Way(safe_next(request, "/desk/" if desk else "/", desk=desk), desk, False, carried)


def way_to_prove(request: FaceRequest) -> Way:
    """What the form of a page that asks for a proof holds: what its person was about to do. Raises NotSignedIn."""
    if request.actor.capacity is CapacityKind.VISITOR or request.actor.account_id is None:
        raise NotSignedIn
    asked = request.POST.get(AT, "/")
    at = asked if url_has_allowed_host_and_scheme(asked, None) and asked.startswith("/") else "/"
    carried = {name: values for name, values in request.POST.lists() if name not in OF_THE_WAY}
    return Way(at, at.startswith("/desk/"), True, carried)


def set_out(request: FaceRequest, provider_id: UUID) -> str:
    """Where the browser goes to sign in at a provider. Raises NotFound for one that is not open."""
    going = services.go_outside(provider_id, session_here(request))
    _keep(request, going.request_id, way_that_is_asked(request))
    return going.address


def set_out_to_prove(request: FaceRequest, provider_id: UUID) -> str:
    """Where the browser goes to show once more who sits there, before what the form holds is done. Raises NotSignedIn, NotFound."""
    way = way_to_prove(request)
    going = services.go_outside(provider_id, session_here(request), account_id=request.actor.account_id)
    _keep(request, going.request_id, way)
    return going.address


def way_of(request: HttpRequest, arrived: Arrived | None = None) -> Way:
    """Where he was going who comes back; the first page for who was going nowhere.  arrived: as who he is believed to be."""
    kept: dict[str, Any] | None = request.session.get(WAY)
    if kept is None or (arrived is not None and kept["request"] != str(arrived.request_id)):
        return Way()
    return Way(kept["next"], kept["desk"], kept["proves"], kept["carried"])


def keep_proved(request: HttpRequest) -> None:
    """Who is signed in has shown once more who he is: the session keeps when."""
    request.session.pop(WAY, None)
    request.session[PROVED_AGAIN] = machine_now().isoformat()


def _keep(request: HttpRequest, request_id: UUID, way: Way) -> None:
    kept = {"next": way.next, "desk": way.desk, "proves": way.proves, "carried": way.carried}
    request.session[WAY] = {"request": str(request_id), **kept}


def session_here(request: HttpRequest) -> UUID:
    """The id of the session that is sent; one is made for who has none, for nobody else may bring the answer."""
    id = session_of(request)
    if id is None:
        request.session.create()
        id = vars(request.session)["id"]
    if id is None:
        raise AssertionError("The session was just made.")
    return id
