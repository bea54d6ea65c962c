"""A client asks who it is: what has to happen first, and then the code that it gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from authlib.oauth2.rfc6749 import AccessDeniedError, InvalidRequestError, OAuth2Error
from authlib.oidc.core.errors import (
    ConsentRequiredError,
    InteractionRequiredError,
    LoginRequiredError,
)
from django.utils.crypto import constant_time_compare, salted_hmac

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.identity.events import SIGN_ON_BEGUN
from yiwang.identity.models import Account, Session
from yiwang.identity.models.single_sign_on import Client, SignOn, SignOnConsent
from yiwang.identity.queries.accounts import posts_of
from yiwang.identity.queries.single_sign_on import may_sign_on
from yiwang.identity.rules.single_sign_on import origin_of, subject_of
from yiwang.identity.services.sign_on.ending import end_sign_ons
from yiwang.identity.services.sign_on.leaving import claims_of_hint
from yiwang.identity.services.sign_on.protocol import Request, Server, answer_to, with_issuer
from yiwang.identity.values.single_sign_on import Asked, Here, Next, Sent
from yiwang.kernel.errors import NotFound, NotSignedIn, msgid
from yiwang.kernel.time import machine_now

__all__ = ["MARK", "ask", "begin_sign_on", "deny", "marked", "forbid_client"]

PERSONS = {CapacityKind.SELF, CapacityKind.POST}
MARK = "yiwang_asked"
"""Under this name a request carries along, signed, when it first came here; so that a new proof is asked for once."""
MARK_LASTS = timedelta(minutes=30)


def ask(actor: Actor, sent: Sent, here: Here | None) -> Asked:
    """What a client's request comes to for who sits there.  here: his session, None for a visitor. Changes nothing."""
    try:
        request, asked_at = _read(sent, here)
        grant = Server().get_consent_grant(request)
    except OAuth2Error as error:
        return _fault(error)
    try:
        return _look(actor, _Look(request, grant, here, asked_at, marked(sent)))
    except OAuth2Error as error:
        error.redirect_uri, error.state = grant.redirect_uri, request.payload.state
        return _fault(error)


@service("sign-on.begin", open_to=PERSONS)
def begin_sign_on(actor: Actor, sent: Sent, here: Here, *, agreed: bool = False) -> Asked:
    """Make the code for the client, if nothing stands against it any more; else say what does.

    agreed: the person has just said on our page that the client may hear of him; kept, so that he is asked once.
    """
    act = current_act()
    act.about("session", here.session_id)
    asked = ask(actor, sent, here)
    if asked.next is not Next.BEGIN and not (asked.next is Next.CONSENT and agreed):
        return asked
    request, _asked_at = _read(sent, here)
    server = Server()
    grant = server.get_consent_grant(request)
    client: Client = request.client.row
    if not Session.objects.select_for_update().filter(id=here.session_id, account_id=_account(actor)).exists():
        raise NotSignedIn
    if asked.next is Next.CONSENT:
        _keep_consent(actor, client, asked.scopes)
    sign_on = SignOn.objects.create(
        client=client,
        account_id=_account(actor),
        session_id=here.session_id,
        post_id=actor.capacity_id if actor.capacity is CapacityKind.POST else None,
        scopes=list(asked.scopes),
        factors=list(here.factors),
        proved_at=here.proved_at,
    )
    answer = server.create_authorization_response(request, grant_user=sign_on, grant=grant)
    act.about("sign-on", sign_on.id)
    act.note(client=client.id, scopes=list(asked.scopes))
    act.emit(SIGN_ON_BEGUN, subject=sign_on.id, data={"client_id": client.id})
    return Asked(Next.ANSWER, with_issuer(answer))


def deny(sent: Sent, here: Here) -> Asked:
    """The person does not want the client to hear of him: tell it so, and nothing else."""
    try:
        request, _asked_at = _read(sent, here)
        grant = Server().get_consent_grant(request)
    except OAuth2Error as error:
        return _fault(error)
    return _fault(AccessDeniedError(redirect_uri=grant.redirect_uri, state=request.payload.state))


@service("sign-on.forbid", open_to=PERSONS)
def forbid_client(actor: Actor, client_id: UUID) -> None:
    """A client is to hear of the actor no more; where he is signed in there, he is so no more. Raises NotFound."""
    act = current_act()
    act.about("client", client_id)
    given = SignOnConsent.objects.filter(account_id=_account(actor), client_id=client_id)
    if not given.delete()[0]:
        raise NotFound(msgid("This system hears nothing of you."))
    end_sign_ons(SignOn.objects.filter(account_id=_account(actor), client_id=client_id), "withdrawn")


def _keep_consent(actor: Actor, client: Client, scopes: Sequence[str]) -> None:
    SignOnConsent.objects.update_or_create(
        account_id=_account(actor), client=client, defaults={"scopes": list(scopes), "given_at": current_act().time}
    )
    current_act().note(agreed=True)


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise NotSignedIn
    return actor.account_id


# ── What stands between ───────────────────────────────────────────────────────────────────────────────────────────────────


class _Look:
    """One request with what it says about how the person is to be met.

    asked_at: when it first came here.  go_on: the same request, with that written into it.
    """

    def __init__(self, request: Request, grant: Any, here: Here | None, asked_at: datetime | None, go_on: str) -> None:
        self.here, self.asked_at, self.go_on = here, asked_at, go_on
        self.client: Client = request.client.row
        self.scopes = tuple(request.scope.split())
        self.redirect_uri: str = grant.redirect_uri
        given = request.payload.data
        self.hint = given.get("id_token_hint", "")
        self.prompt = frozenset(given.get("prompt", "").split())
        if "none" in self.prompt and len(self.prompt) > 1:
            raise InvalidRequestError("The prompt 'none' goes with no other.")
        age = given.get("max_age", "")
        if age and not (age.isascii() and age.isdigit() and len(age) < 10):
            raise InvalidRequestError("Invalid 'max_age'")
        self.max_age = timedelta(seconds=int(age)) if age else None

    @property
    def silent(self) -> bool:
        """Whether nobody may be asked anything."""
        return "none" in self.prompt

    def asked(self, next: Next) -> Asked:
        client = self.client
        return Asked(
            next,
            title=client.title,
            unit_title=client.unit.title,
            scopes=self.scopes,
            for_officers=client.people == "officers",
            origin=origin_of(self.redirect_uri),
            go_on=self.go_on,
        )

    def instead(self, next: Next, error: type[OAuth2Error]) -> Asked:
        """What a person is asked; where nobody may be, what the client hears. Raises OAuth2Error."""
        if self.silent:
            raise error
        return self.asked(next)


def _look(actor: Actor, look: _Look) -> Asked:
    here = look.here
    if here is None:
        return look.instead(Next.SIGN_IN, LoginRequiredError)
    if look.hint and claims_of_hint(look.hint).get("sub") != subject_of(bytes(look.client.salt), here.account_id):
        raise LoginRequiredError  # somebody else sits there than the client thinks
    posts = posts_of(here.account_id)
    account = Account.objects.get(id=here.account_id)
    if not may_sign_on(look.client, account, posts):
        raise AccessDeniedError
    if actor.capacity is not CapacityKind.POST and (look.client.people == "officers" or actor.capacity not in PERSONS):
        return look.instead(Next.CHOOSE_POST, InteractionRequiredError)
    if _proof_is_old(look, here):
        return look.instead(Next.PROVE, LoginRequiredError)
    if look.client.asks_consent and not _has_agreed(look, here):
        return look.instead(Next.CONSENT, ConsentRequiredError)
    return look.asked(Next.BEGIN)


def _proof_is_old(look: _Look, here: Here) -> bool:
    """Whether he has to show once more who he is: not shown since the client asked, where it wants that, or too long ago."""
    if look.asked_at is not None and here.proved_at >= look.asked_at:
        return False
    if "login" in look.prompt:
        return True
    return look.max_age is not None and machine_now() - here.proved_at > look.max_age


def _has_agreed(look: _Look, here: Here) -> bool:
    if "consent" in look.prompt:
        return False
    given = SignOnConsent.objects.filter(account_id=here.account_id, client=look.client).first()
    return given is not None and set(look.scopes) <= set(given.scopes)


def _fault(error: OAuth2Error) -> Asked:
    answer = answer_to(error)
    return (
        Asked(Next.ANSWER, answer) if answer.location else Asked(Next.SHOW, said=error.description or str(error.error))
    )


# ── When it first came ────────────────────────────────────────────────────────────────────────────────────────────────────


def _read(sent: Sent, here: Here | None) -> tuple[Request, datetime | None]:
    """The request, and when it first came here as its mark says. Raises OAuth2Error."""
    plain = {name: values for name, values in sent.query.items() if name != MARK}
    return Request(Sent(sent.method, plain), here), _marked_at(plain, sent.query.get(MARK, ()))


def marked(sent: Sent) -> str:
    """The request once more, as the query of an address, with when it first came here."""
    plain = {name: values for name, values in sent.query.items() if name != MARK}
    kept = sent.query.get(MARK, ())
    mark = kept[0] if _marked_at(plain, kept) else _mark(plain, str(int(machine_now().timestamp() * 1_000_000)))
    return f"{_query(plain)}&{urlencode({MARK: mark})}"


def _marked_at(plain: Mapping[str, Sequence[str]], marks: Sequence[str]) -> datetime | None:
    at, dot, _mac = (marks[0] if len(marks) == 1 else "").partition(".")
    if not dot or not (at.isascii() and at.isdigit()) or not constant_time_compare(marks[0], _mark(plain, at)):
        return None
    since = datetime.fromtimestamp(int(at) / 1_000_000, UTC)
    return since if machine_now() - since < MARK_LASTS else None


def _mark(plain: Mapping[str, Sequence[str]], at: str) -> str:
    return f"{at}.{salted_hmac('yiwang.identity.sign-on', f'{at} {_query(plain)}', algorithm='sha256').hexdigest()}"


def _query(plain: Mapping[str, Sequence[str]]) -> str:
    return urlencode(sorted((name, one) for name, values in plain.items() for one in values))
