"""The session: who is signed in, in which capacity."""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from django.contrib.auth import logout as end_session
from django.http import HttpRequest
from django.middleware.csrf import get_token
from ninja import Router, Schema, Status

from yiwang.acts.values import CapacityKind
from yiwang.api.authentication import SignedIn, Visitor, actor_of, session_of
from yiwang.api.pages import actor_for
from yiwang.forms.accounts import ask_for_passkey as ask_the_browser
from yiwang.forms.accounts import begin_session, keep_passkey, take_capacity
from yiwang.forms.accounts import prove_again as prove
from yiwang.forms.accounts import sign_in as sign_in_by_password
from yiwang.forms.accounts import sign_in_by_passkey as sign_in_alone
from yiwang.forms.certificate_ways import challenge_here, prove_as_signed, sign_in_as_signed
from yiwang.forms.certificates import Proof
from yiwang.identity import queries, services
from yiwang.identity.values import (
    SELF,
    UNDER,
    CapacityView,
    NewPasskey,
    PasskeyAnswer,
    PasskeyView,
    SessionView,
)
from yiwang.identity.values.login_certificates import CertificateShown, ChallengeView
from yiwang.kernel.errors import NotSignedIn

router = Router(tags=["session"], auth=Visitor())
own_router = Router(tags=["session"], auth=SignedIn())
passkey_router = Router(tags=["session"], auth=SignedIn())


class SignIn(Schema):
    """Login of the account or citizen ID number, and password.

    code: of the authenticator app, or a recovery code, where the account has a second factor.  passkey: in place of a code, what a passkey
    answered to `ask_for_passkey`.
    """

    login: str
    password: str
    code: str = ""
    passkey: dict[str, Any] | None = None


class PasskeyAnswered(Schema):
    """What `navigator.credentials.get` gave, as JSON (WebAuthn 3, `AuthenticationResponseJSON`)."""

    passkey: dict[str, Any]


class FactorProof(Schema):
    """The password, and where a factor counts a code or what a passkey answered to `ask_for_passkey`.

    certificate_shown: in place of both, that a certificate proved its person in this session in the last five minutes.
    """

    password: str
    code: str = ""
    passkey: dict[str, Any] | None = None
    certificate_shown: bool = False


class CertificateAnswered(Schema):
    """What a key program made of the challenge: CMS SignedData with the certificate in it, in PEM or Base64."""

    answer: str


class PasskeyMade(Schema):
    """What `navigator.credentials.create` gave, as JSON (`RegistrationResponseJSON`).  name: of its person's choice, 40 characters."""

    name: str
    passkey: dict[str, Any]


class ChooseCapacity(Schema):
    """`self`, `agent` with the id of a mandate, or `post` with its id."""

    capacity: Literal["self", "agent", "post"]
    post_id: UUID | None = None
    mandate_id: UUID | None = None


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
    account = sign_in_by_password(request, given.login, given.password, given.code, given.passkey)
    begin_session(request, account)
    request.actor = actor_for(request)  # type: ignore[attr-defined]
    return _session(request)


@router.post("/passkey-challenge", response=dict[str, Any], operation_id="ask_for_passkey")
def ask_for_passkey(request: HttpRequest, alone: bool = False) -> dict[str, Any]:
    """What `navigator.credentials.get` is to be asked for, as JSON; this session may answer once, within five minutes.

    Of who is signed in, or gave the right password on a page: one of the account's passkeys. Of others, and with `alone`: any, to sign in
    by it and nothing else.
    """
    return ask_the_browser(request, alone=alone)


@router.post("/passkey", response=Session, operation_id="sign_in_by_passkey")
def sign_in_by_passkey(request: HttpRequest, given: PasskeyAnswered) -> Session:
    """Sign in by a passkey alone, first as oneself. Its device has to verify the person."""
    account = sign_in_alone(request, given.passkey)
    begin_session(request, account)
    request.actor = actor_for(request)  # type: ignore[attr-defined]
    return _session(request)


@router.get("/certificate", response=ChallengeView, operation_id="ask_for_certificate")
def ask_for_certificate(request: HttpRequest) -> ChallengeView:
    """What is to be signed, to the byte: by a visitor to sign in, by who is signed in to prove once more who he is.

    This session may answer once, within five minutes.
    """
    return challenge_here(request, proves=bool(request.user.is_authenticated))


@router.post("/certificate", response=Session, operation_id="sign_in_by_certificate")
def sign_in_by_certificate(request: HttpRequest, given: CertificateAnswered) -> Session:
    """Sign in by a registered certificate alone, first as oneself; or, signed in, prove once more who one is."""
    if request.user.is_authenticated:
        prove_as_signed(request, given.answer.encode())  # type: ignore[arg-type]
        return _session(request)
    begin_session(request, sign_in_as_signed(request, given.answer.encode()))
    request.actor = actor_for(request)  # type: ignore[attr-defined]
    return _session(request)


@router.post("/proof", response={204: None}, operation_id="prove_again")
def prove_again(request: HttpRequest, given: FactorProof) -> Status[None]:
    """Show once more who asks, after an answer of 403 `proof-due`; then send again what was refused."""
    if not request.user.is_authenticated:
        raise NotSignedIn
    prove(request, actor_of(request), given.password, given.code, given.passkey)
    return Status(204, None)


@router.delete("", response={204: None}, operation_id="sign_out")
def sign_out(request: HttpRequest) -> Status[None]:
    """Sign out."""
    if actor_of(request).capacity is not CapacityKind.VISITOR:
        services.sign_out(actor_of(request))
    end_session(request)
    return Status(204, None)


@router.put("/capacity", response=Session, operation_id="choose_capacity")
def choose_capacity(request: HttpRequest, given: ChooseCapacity) -> Session:
    """Act as oneself, for another under a mandate, or in a post: one at a time."""
    if not request.user.is_authenticated:
        raise NotSignedIn
    chosen = {"self": SELF, "agent": f"{UNDER}{given.mandate_id}", "post": str(given.post_id)}
    take_capacity(request, chosen[given.capacity])
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


@passkey_router.get("", response=list[PasskeyView], operation_id="list_passkeys")
def list_passkeys(request: HttpRequest) -> list[PasskeyView]:
    """The passkeys of the account, the oldest first."""
    return list(queries.own_second_factor(actor_of(request)).passkeys)


@passkey_router.post("/challenge", response=dict[str, Any], operation_id="begin_passkey")
def begin_passkey(request: HttpRequest, given: FactorProof) -> Any:
    """What `navigator.credentials.create` is to be asked for, as JSON, once the owner has proved himself; for five minutes."""
    here = session_of(request)
    if here is None:
        raise NotSignedIn
    services.begin_passkey(actor_of(request), given.password, given.code, session_id=here, **proof_of(request, given))
    return queries.own_second_factor(actor_of(request), here).new_passkey


@passkey_router.post("", response={201: NewPasskey}, operation_id="add_passkey")
def add_passkey(request: HttpRequest, given: PasskeyMade) -> Status[NewPasskey]:
    """Keep the passkey that was made. Where it is the first factor, ten recovery codes come with it, shown this once."""
    return Status(201, keep_passkey(request, given.passkey, given.name))


@passkey_router.post("/{passkey_id}/removal", response={204: None}, operation_id="remove_passkey")
def remove_passkey(request: HttpRequest, passkey_id: UUID, given: FactorProof) -> Status[None]:
    """Take a passkey away. Every other session ends."""
    proof, here = proof_of(request, given), session_of(request)
    services.remove_passkey(actor_of(request), passkey_id, given.password, given.code, here=here, **proof)
    return Status(204, None)


def proof_of(request: HttpRequest, given: FactorProof) -> Proof:
    """What was sent beside the password; without code and passkey, that a certificate was shown in this session a moment ago."""
    answer: PasskeyAnswer | CertificateShown | None = None
    if given.passkey is not None:
        answer = PasskeyAnswer(given.passkey, session_of(request))
    elif given.certificate_shown:
        answer = CertificateShown(session_of(request))
    return {"passkey": answer, "address": request.META.get("REMOTE_ADDR", "")}
