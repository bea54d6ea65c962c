"""The session: who is signed in, in which capacity."""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from django.contrib.auth import logout as end_session
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Router, Schema, Status

from yiwang.acts.values import CapacityKind
from yiwang.api.authentication import SignedIn, Visitor, actor_of, session_of
from yiwang.api.pages import actor_for
from yiwang.forms.accounts import begin_session, note_what_is_due
from yiwang.forms.accounts import sign_in as sign_in_by_password
from yiwang.identity import queries, services
from yiwang.identity.values import CAPACITY, SELF, CapacityView, SessionView
from yiwang.kernel.errors import NotFound, NotSignedIn

router = Router(tags=["session"], auth=Visitor())
own_router = Router(tags=["session"], auth=SignedIn())


class SignIn(Schema):
    """Login of the account or citizen ID number, and password.

    code: of the authenticator app, or a recovery code, where the account has a second factor.
    """

    login: str
    password: str
    code: str = ""


class ChooseCapacity(Schema):
    """`self`, or `post` with its id."""

    capacity: Literal["self", "post"]
    post_id: UUID | None = None


class Session(Schema):
    """Who acts. csrf_token: send it as `X-CSRFToken` with every change.  capacities: what the account may choose from."""

    signed_in: bool
    login: str
    capacity: str
    capacity_id: UUID | None
    capacities: list[CapacityView]
    csrf_token: str


def _session(request: HttpRequest) -> Session:
    user = request.user
    actor = actor_of(request)
    signed_in = bool(user.is_authenticated)
    return Session(
        signed_in=signed_in,
        login=str(getattr(user, "login", "")) if signed_in else "",
        capacity=str(actor.capacity),
        capacity_id=actor.capacity_id,
        capacities=queries.capacities_of(user.pk) if signed_in else [],  # type: ignore[arg-type]
        csrf_token=get_token(request),
    )


@router.get("", response=Session, operation_id="get_session")
def get_session(request: HttpRequest) -> Session:
    """Who is signed in, and the token that changes need."""
    return _session(request)


@router.post("", response=Session, operation_id="sign_in")
def sign_in(request: HttpRequest, given: SignIn) -> Session:
    """Sign in, first as oneself. 401 `second-factor-asked`: send the same again with a code."""
    account = sign_in_by_password(request, given.login, given.password, given.code)
    begin_session(request, account)
    request.actor = actor_for(request)  # type: ignore[attr-defined]
    return _session(request)


@router.delete("", response={204: None}, operation_id="sign_out")
def sign_out(request: HttpRequest) -> Status[None]:
    """Sign out."""
    if actor_of(request).capacity is not CapacityKind.VISITOR:
        services.sign_out(actor_of(request))
    end_session(request)
    return Status(204, None)


@router.put("/capacity", response=Session, operation_id="choose_capacity")
def choose_capacity(request: HttpRequest, given: ChooseCapacity) -> Session:
    """Act as oneself or in a post, one at a time."""
    if not request.user.is_authenticated:
        raise NotSignedIn
    if given.capacity == "post":
        if given.post_id is None:
            raise NotFound
        queries.actor_for_post(request.user, given.post_id)
        request.session[CAPACITY] = str(given.post_id)
        note_what_is_due(request, request.user)
    else:
        request.session[CAPACITY] = SELF
    request.actor = actor_for(request)  # type: ignore[attr-defined]
    return _session(request)


@own_router.get("", response=list[SessionView], operation_id="list_sessions")
def list_sessions(request: HttpRequest) -> list[SessionView]:
    """Where the account is signed in, this session first."""
    return queries.sessions_of(actor_of(request), session_of(request))


@own_router.delete("", response={204: None}, operation_id="end_other_sessions")
def end_other_sessions(request: HttpRequest) -> Status[None]:
    """Sign out everywhere but here."""
    services.end_other_sessions(actor_of(request), session_of(request))
    return Status(204, None)


@own_router.delete("/{session_id}", response={204: None}, operation_id="end_session")
def end_one_session(request: HttpRequest, session_id: UUID) -> Status[None]:
    """Sign out in one place."""
    services.end_session(actor_of(request), session_id)
    return Status(204, None)
