"""A system that signs people in at the city, as its programs and their browsers speak: for tests of single sign-on."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import KeySet
from support.demo import Demo, call

BACK, LEFT = "https://forms.example/back", "https://forms.example/left"
ADMINISTRATOR = "sys.admin"


def challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Relying:
    """One connected system. verifier: of PKCE, for the request at hand."""

    demo: Demo
    id: str
    secret: str
    scope: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(40))
    state: str = "st-åte &=1"
    nonce: str = "nonce-1"

    def query(self, **changes: str | None) -> dict[str, str]:
        """What its browser carries to us; None leaves a parameter out."""
        given: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.id,
            "redirect_uri": BACK,
            "scope": self.scope,
            "state": self.state,
            "nonce": self.nonce,
            "code_challenge": challenge_of(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return {name: value for name, value in given.items() if value is not None}

    def ask(self, client: Any, **changes: str | None) -> Any:
        """The browser comes to us with what the system asks."""
        return client.get("/oidc/authorize", self.query(**changes))

    def code(self, client: Any, **changes: str | None) -> str:
        """Sign on, agreeing where the page asks; the code."""
        answer = self.ask(client, **changes)
        if answer.status_code == 200:
            answer = client.post(answer.context["at"], {"decision": "agree"})
        back = returned(answer)
        assert "code" in back, back
        return back["code"]

    def redeem(self, code: str, /, **changes: str | None) -> Any:
        given = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": self.verifier}
        return self.post("token", **{**given, **changes})

    def refresh(self, token: str, /, **changes: str | None) -> Any:
        return self.post("token", **{"grant_type": "refresh_token", "refresh_token": token, **changes})

    def sign_on(self, client: Any, **changes: str | None) -> dict[str, Any]:
        """Everything from the request to the tokens."""
        answer = self.redeem(self.code(client, **changes))
        assert answer.status_code == 200, answer.content
        tokens: dict[str, Any] = answer.json()
        return tokens

    def post(self, endpoint: str, **fields: str | None) -> Any:
        """As the program itself, which shows its secret."""
        sent = {name: value for name, value in fields.items() if value is not None}
        headers = {}
        if self.secret:
            named = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {named}"
        else:
            sent.setdefault("client_id", self.id)
        return self.demo.client().post(
            f"/oidc/{endpoint}",
            urlencode(sent),
            content_type="application/x-www-form-urlencoded",
            headers=headers,
        )

    def who(self, tokens: dict[str, Any]) -> Any:
        """What it hears of the person."""
        return self.demo.client().get("/oidc/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})

    def claims(self, tokens: dict[str, Any]) -> dict[str, Any]:
        """What the ID token says, checked as a program checks it: by the published keys, for itself."""
        from yiwang.identity.queries import issuer

        keys = KeySet.import_key_set(self.demo.client().get("/oidc/keys").json())
        token = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
        registry = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": issuer()}, aud={"essential": True, "value": self.id}
        )
        registry.validate(token.claims)
        return dict(token.claims)


def returned(answer: Any, to: str = BACK) -> dict[str, str]:
    """What the browser brings back to the system."""
    assert answer.status_code in (302, 303), (answer.status_code, answer.content.decode()[-1500:])
    where = urlsplit(answer["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == to, answer["Location"]
    return dict(parse_qsl(where.query))


def a_unit() -> str:
    from yiwang.identity.models import Unit

    return Unit.objects.order_by("code").values_list("code", flat=True)[0]


def connect(demo: Demo, **changes: Any) -> Relying:
    """Connect a system for officers, who are not asked, as the administrator does over the API."""
    given = {
        "title": f"系统{secrets.token_hex(3)}",
        "unit": a_unit(),
        "people": "officers",
        "asks_consent": False,
        "redirect_addresses": [BACK],
        "leaving_addresses": [LEFT],
        "scopes": ["openid", "profile", "posts", "offline_access"],
        **changes,
    }
    made = call(demo.client(ADMINISTRATOR, post=True), "POST", "/api/v1/clients", given)
    assert made.status_code == 201, made.content
    said = made.json()
    assert UUID(said["id"])
    return Relying(demo, said["id"], said["secret"], " ".join(given["scopes"]))


def for_residents(demo: Demo, **changes: Any) -> Relying:
    """Connect a system for everybody."""
    scopes = ["openid", "offline_access"]
    return connect(demo, **{"people": "everybody", "asks_consent": True, "scopes": scopes, **changes})
