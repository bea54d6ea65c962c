"""OpenID Connect as Authlib speaks it, over our tables.

Authlib reads requests, compares what has to be equal and words the answers. What stands here is where it asks us: which client, which
code, which token, what is told. It never sees a session or a password.

Codes and refresh tokens serve once: they are used up when they are brought, whatever comes of it, and all of this happens in the
transaction of the service around it. What is refused is an answer, not an exception, so that it stays used up.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import (
    AuthorizationServer,
    ClientMixin,
    InvalidRequestError,
    OAuth2Error,
    OAuth2Payload,
    OAuth2Request,
)
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge
from authlib.oidc.core.grants.code import OpenIDToken
from joserfc.jwk import RSAKey

from yiwang.identity.models import Session
from yiwang.identity.models.single_sign_on import Client, SignOn, SignOnCode, SignOnToken
from yiwang.identity.queries.accounts import posts_of
from yiwang.identity.queries.single_sign_on import ALGORITHM, claims_of, issuer, may_sign_on, proof_claims
from yiwang.identity.rules.single_sign_on import ACCESS_LASTS, CODE_LASTS, ID_TOKEN_LASTS, digest_of, new_secret
from yiwang.identity.services.sign_on.ending import end_sign_ons
from yiwang.identity.services.sign_on.keys import signing_key
from yiwang.identity.values.single_sign_on import Answer, Here, Sent, SignOnScope
from yiwang.kernel.time import machine_now
from yiwang.settings import configuration

__all__ = [
    "AUTH_METHODS",
    "ConnectedClient",
    "Request",
    "Server",
    "answer_to",
    "client_of",
    "still_stands",
    "with_issuer",
]

AUTH_METHODS = ["client_secret_basic", "client_secret_post", "none"]
LONGEST_VALUE = 16_000
"""Characters of a parameter; an ID token with many posts, which comes back when its person signs out, has some thousand."""


class Payload(OAuth2Payload):  # type: ignore[misc]
    """The parameters of a request: of its address, or of its body."""

    def __init__(self, given: Mapping[str, Sequence[str]]) -> None:
        self._lists = {name: list(values) for name, values in given.items() if values}

    @property
    def data(self) -> dict[str, str]:
        return {name: values[-1] for name, values in self._lists.items()}

    @property
    def datalist(self) -> dict[str, list[str]]:
        return self._lists


class Request(OAuth2Request):  # type: ignore[misc]
    """A request as Authlib reads it.

    Raises InvalidRequestError for a parameter that comes twice (RFC 6749, 3.1), cannot be read, or is beyond all measure.
    """

    def __init__(self, sent: Sent, here: Here | None = None) -> None:
        # Whether TLS stands before us is the operator's to say (YIWANG_HTTPS), for this door as for every other.
        super().__init__(sent.method, "https://here/", headers={"Authorization": _readable(sent.authorization)})
        self.here = here
        given = sent.form if sent.form else sent.query
        for name, values in given.items():
            if len(values) > 1 or any(len(one) > LONGEST_VALUE or not one.isprintable() for one in values):
                raise InvalidRequestError("A parameter comes twice or cannot be read.")
            if name in {"redirect_uri", "response_type", "client_id"} and not _is_plain(values):
                raise InvalidRequestError("A parameter cannot be read.")
        self.payload = Payload(given)
        self._form = Payload(sent.form).data

    @property
    def form(self) -> Mapping[str, str]:
        """The parameters of the body."""
        return self._form


def _is_plain(values: Sequence[str]) -> bool:
    """Authlib repeats these in answers, which can hold no other characters (RFC 6749, 4.1.2.1)."""
    return all(one.isascii() and '"' not in one and "\\" not in one for one in values)


def _readable(authorization: str) -> str:
    """The header, or nothing where it is no text in Base64, over which Authlib would fall."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() != "basic":
        return authorization if authorization.isascii() else ""
    try:
        base64.b64decode(value, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""
    return authorization


class ConnectedClient(ClientMixin):  # type: ignore[misc]
    """A client as Authlib asks after it."""

    def __init__(self, row: Client) -> None:
        self.row = row
        self.client_id = str(row.id)
        self.client_metadata = {"post_logout_redirect_uris": list(row.leaving_addresses)}

    @property
    def public(self) -> bool:
        """Whether it can keep no secret."""
        return self.row.secret_digest is None

    def get_client_id(self) -> str:
        """Its `client_id`."""
        return self.client_id

    def get_default_redirect_uri(self) -> None:
        """None: an address has to be named (OpenID Connect Core 1.0, 3.1.2.1)."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """What of it this client may ask for; None where that is not to know who it is, which is all that there is to ask here."""
        asked = (scope or "").split()
        allowed = [one for one in SignOnScope if one in asked and one in self.row.scopes]
        return " ".join(allowed) if SignOnScope.OPENID in allowed else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether people may return there: letter by letter one of the addresses that were entered."""
        return redirect_uri in self.row.redirect_addresses

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether this is its secret, in a time that does not tell how far it is right."""
        kept = self.row.secret_digest
        return kept is not None and hmac.compare_digest(digest_of(client_secret), bytes(kept))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """Whether it may show in this way who it is: with its secret, or, where it has none, by its id alone."""
        return self.public if method == "none" else not self.public

    def check_response_type(self, response_type: str) -> bool:
        """Codes and nothing else."""
        return response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        """Codes, and refresh tokens where it may ask for them."""
        offline = SignOnScope.OFFLINE in self.row.scopes
        return grant_type == "authorization_code" or (grant_type == "refresh_token" and offline)


def client_of(client_id: str | None) -> ConnectedClient | None:
    """The open client of this id, or None. One query."""
    try:
        row = Client.objects.select_related("unit").filter(id=UUID(client_id or ""), closed_at=None).first()
    except ValueError:
        return None
    return None if row is None else ConnectedClient(row)


def still_stands(sign_on: SignOn) -> bool:
    """Whether what is handed out for a sign-on still counts: its session goes on, and its person still belongs to those of the client.

    Three queries at most.
    """
    if sign_on.ended_at is not None:
        return False
    alive = Session.objects.filter(id=sign_on.session_id, account_id=sign_on.account_id, lasts_until__gt=machine_now())
    if not alive.exists():
        return False
    posts = posts_of(sign_on.account_id) if sign_on.client.people == "officers" else []
    return may_sign_on(sign_on.client, sign_on.account, posts)


def _locked(sign_on_id: UUID) -> SignOn:
    """The sign-on with its client and account; whoever brings something of it meanwhile waits.

    First its session, as whoever ends that does.
    """
    session_id = SignOn.objects.values_list("session_id", flat=True).get(id=sign_on_id)
    Session.objects.select_for_update().filter(id=session_id).first()
    rows = SignOn.objects.select_related("client", "account").select_for_update(of=("self",))
    return rows.get(id=sign_on_id)


class Pkce(CodeChallenge):  # type: ignore[misc]
    """RFC 7636 with S256 and nothing else; a client that can keep no secret has to use it."""

    SUPPORTED_CODE_CHALLENGE_METHOD = ("S256",)
    DEFAULT_CODE_CHALLENGE_METHOD = "S256"

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        given = grant.request.payload.data
        if grant.request.client.public and not given.get("code_challenge"):
            raise InvalidRequestError("Missing 'code_challenge'")
        if given.get("code_challenge") and given.get("code_challenge_method") != "S256":
            raise InvalidRequestError("Unsupported 'code_challenge_method'")
        super().validate_code_challenge(grant, redirect_uri)

    def get_authorization_code_challenge(self, authorization_code: HeldCode) -> str:
        return authorization_code.row.challenge

    def get_authorization_code_challenge_method(self, authorization_code: HeldCode) -> str:
        return "S256"


class HeldCode:
    """A code as Authlib asks after it."""

    def __init__(self, row: SignOnCode) -> None:
        self.row = row

    def get_redirect_uri(self) -> str:
        return self.row.redirect_address

    def get_scope(self) -> str:
        return " ".join(self.row.sign_on.scopes)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """A code for a person who is signed in here, and tokens for the code."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS

    def validate_authorization_request(self) -> str:
        """As Authlib does, and refuse what we do not offer, which must not be passed over (OpenID Connect Core 1.0, 3.1.2.6)."""
        redirect_uri: str = super().validate_authorization_request()
        given = self.request.payload.data
        for name in ("request", "request_uri", "registration"):
            if name in given:
                raise OAuth2Error(error=f"{name}_not_supported", redirect_uri=redirect_uri)
        if given.get("response_mode", "query") != "query":
            raise InvalidRequestError("Only the response mode 'query' is offered.", redirect_uri=redirect_uri)
        return redirect_uri

    def generate_authorization_code(self) -> str:
        return new_secret()

    def save_authorization_code(self, code: str, request: Request) -> None:
        given, here, sign_on = request.payload.data, request.here, request.user
        if here is None:
            raise AssertionError("A code is made for somebody who is signed in.")
        SignOnCode.objects.create(
            sign_on=sign_on,
            digest=digest_of(code),
            redirect_address=given["redirect_uri"],
            nonce=given.get("nonce", ""),
            challenge=given.get("code_challenge", ""),
            lasts_until=machine_now() + CODE_LASTS,
        )

    def query_authorization_code(self, code: str, client: ConnectedClient) -> HeldCode | None:
        """The code, used up from now on. One that was used before has been copied: all that was handed out for it ends."""
        whose = SignOnCode.objects.filter(digest=digest_of(code), sign_on__client=client.row)
        sign_on_id = whose.values_list("sign_on_id", flat=True).first()
        if sign_on_id is None:
            return None
        sign_on = _locked(sign_on_id)
        row = whose.get()
        if row.used_at is not None:
            end_sign_ons(SignOn.objects.filter(id=sign_on.id), "code-replayed")
            return None
        row.used_at, row.sign_on = machine_now(), sign_on
        row.save(update_fields=["used_at"])
        return HeldCode(row) if row.lasts_until > machine_now() and still_stands(sign_on) else None

    def delete_authorization_code(self, authorization_code: HeldCode) -> None:
        """It is kept: who brings it again is to be known."""

    def authenticate_user(self, authorization_code: HeldCode) -> SignOn:
        return authorization_code.row.sign_on


class HeldRefreshToken:
    """A refresh token as Authlib asks after it."""

    def __init__(self, sign_on: SignOn) -> None:
        self.sign_on = sign_on

    def check_client(self, client: ConnectedClient) -> bool:
        return self.sign_on.client_id == client.row.id

    def get_scope(self) -> str:
        return " ".join(self.sign_on.scopes)


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """New tokens for a refresh token, which serves once. It counts as a use of the session."""

    TOKEN_ENDPOINT_AUTH_METHODS = AUTH_METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> HeldRefreshToken | None:
        """The token, used up from now on. One that was used before has been copied: the whole family ends."""
        tokens = SignOnToken.objects.filter(digest=digest_of(refresh_token), kind="refresh")
        row = tokens.filter(sign_on__client=self.request.client.row).first()
        if row is None:
            return None
        sign_on = _locked(row.sign_on_id)
        row = tokens.first()
        if row is None:  # the sign-on has ended meanwhile, and its tokens are gone
            return None
        if row.used_at is not None:
            end_sign_ons(SignOn.objects.filter(id=sign_on.id), "refresh-replayed")
            return None
        row.used_at = machine_now()
        row.save(update_fields=["used_at"])
        if row.lasts_until <= machine_now() or not still_stands(sign_on):
            return None
        _keep_alive(sign_on.session_id)
        return HeldRefreshToken(sign_on)

    def authenticate_user(self, refresh_token: HeldRefreshToken) -> SignOn:
        return refresh_token.sign_on

    def revoke_old_credential(self, refresh_token: HeldRefreshToken) -> None:
        """It is used up already."""


def _keep_alive(session_id: UUID) -> None:
    """Who works in another system is not idle here. The absolute limit stands."""
    given, at = configuration(), machine_now()
    session = Session.objects.filter(id=session_id).first()  # locked with its sign-on
    if session is not None:
        absolute = session.began_at + timedelta(hours=given.session_hours)
        session.seen_at = at
        session.lasts_until = min(
            absolute, max(session.lasts_until, at + timedelta(minutes=given.session_idle_minutes))
        )
        session.save(update_fields=["seen_at", "lasts_until"])


class IdToken(OpenIDToken):  # type: ignore[misc]
    """The signed word on who it is, for each answer with tokens."""

    def resolve_client_private_key(self, client: ConnectedClient) -> RSAKey:
        return signing_key()

    def get_client_algorithm(self, client: ConnectedClient) -> str:
        return ALGORITHM

    def get_encode_header(self, client: ConnectedClient) -> dict[str, str]:
        return {"alg": ALGORITHM, "kid": str(signing_key().kid)}

    def get_client_claims(self, client: ConnectedClient) -> dict[str, object]:
        at = machine_now()
        expires = int((at + ID_TOKEN_LASTS).timestamp())
        return {"iss": issuer(), "aud": client.client_id, "iat": int(at.timestamp()), "exp": expires}

    def get_authorization_code_claims(self, authorization_code: HeldCode) -> dict[str, object]:
        return {"nonce": authorization_code.row.nonce} if authorization_code.row.nonce else {}

    def generate_user_info(self, user: SignOn, scope: str) -> dict[str, object]:
        return proof_claims(user) | claims_of(user, scope.split())


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """A client gives back what it holds (RFC 7009). With a refresh token, or an access token, all of that sign-on goes."""

    CLIENT_AUTH_METHODS = AUTH_METHODS

    def query_token(self, token_string: str, token_type_hint: str | None) -> HeldRefreshToken | None:
        row = SignOnToken.objects.filter(digest=digest_of(token_string)).select_related("sign_on").first()
        return None if row is None else HeldRefreshToken(row.sign_on)

    def revoke_token(self, token: HeldRefreshToken, request: Request) -> None:
        end_sign_ons(SignOn.objects.filter(id=token.sign_on.id), "revoked", tell=False)


class Server(AuthorizationServer):  # type: ignore[misc]
    """Authlib's server over our clients. One for each request; it keeps nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.register_grant(CodeGrant, [Pkce(required=True), IdToken()])
        self.register_grant(RefreshGrant, [IdToken()])
        self.register_endpoint(Revocation)
        self.register_token_generator("default", _new_tokens)

    def query_client(self, client_id: str) -> ConnectedClient | None:
        """The open client of this id."""
        return client_of(client_id)

    def create_oauth2_request(self, request: Request) -> Request:
        """It is one already."""
        return request

    def handle_response(self, status: int, body: Any, headers: Sequence[tuple[str, str]]) -> Answer:
        """What a face can send."""
        return Answer(status, body, dict(headers))

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens: what is to be known stands in the audit log."""

    def save_token(self, token: Mapping[str, Any], request: Request) -> None:
        """Keep digests of what is handed out."""
        sign_on: SignOn = request.user
        at = machine_now()
        _keep(sign_on, "access", token["access_token"], token["scope"].split(), at + ACCESS_LASTS)
        if "refresh_token" in token:
            until = at + timedelta(hours=configuration().session_hours)
            _keep(sign_on, "refresh", token["refresh_token"], sign_on.scopes, until)


def _keep(sign_on: SignOn, kind: str, token: str, scopes: Sequence[str], until: datetime) -> None:
    SignOnToken.objects.create(
        sign_on=sign_on, kind=kind, digest=digest_of(token), scopes=list(scopes), lasts_until=until
    )


def _new_tokens(*, grant_type: str, scope: str, include_refresh_token: bool, **_other: object) -> dict[str, object]:
    made: dict[str, object] = {
        "token_type": "Bearer",
        "access_token": new_secret(),
        "expires_in": int(ACCESS_LASTS.total_seconds()),
        "scope": scope,
    }
    if include_refresh_token and (grant_type == "refresh_token" or SignOnScope.OFFLINE in scope.split()):
        made["refresh_token"] = new_secret()
    return made


def answer_to(error: OAuth2Error) -> Answer:
    """What a fault of the protocol says, to a program or, where it is known where to, by way of the browser."""
    status, body, headers = error()
    return with_issuer(Answer(status, body, dict(headers)))


def with_issuer(answer: Answer) -> Answer:
    """Say to the client who answers, so that nobody else's answer passes for ours (RFC 9207)."""
    if answer.location:
        answer.headers["Location"] = add_params_to_uri(answer.location, {"iss": issuer()})
    return answer
