"""Outside identity providers for tests: an OpenID provider that answers over real HTTP, and whatever else an attacker's would say."""

from __future__ import annotations

import base64
import hmac
import json
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from support.demo import Demo, call
from support.relying import challenge_of

from yiwang.kernel.time import machine_now

NUMBER = "460199196103089029"
"""The resident's own, invented."""
CLIENT, SECRET = "city-of-haidao", "s3cret/of+the city"
HIGH, MIDDLE = "urn:example:l4", "urn:example:l2"
LEVELS = {HIGH: "high", MIDDLE: "substantial"}


def in_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Platform:
    """An OpenID provider. said: the claims of the next who signs in.  change: what becomes of them before they are signed.

    tells: claims that only `userinfo` has.  documents: answers that take the place of its own, by path.
    """

    address: str = ""
    said: dict[str, Any] = field(default_factory=lambda: {"sub": "person-1", "id_number": NUMBER, "acr": MIDDLE})
    tells: dict[str, Any] = field(default_factory=dict)
    change: Callable[[dict[str, Any]], None] = lambda claims: None
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}))
    published: list[Any] | None = None
    header: dict[str, Any] = field(default_factory=lambda: {"alg": "RS256", "kid": "k1"})
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    documents: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.address,
            "authorization_endpoint": f"{self.address}/authorize",
            "token_endpoint": f"{self.address}/token",
            "userinfo_endpoint": f"{self.address}/userinfo",
            "jwks_uri": f"{self.address}/keys",
            "end_session_endpoint": f"{self.address}/logout",
        }

    def sign_in(self, where: str, **said: Any) -> dict[str, str]:
        """The person signs in there; what his browser brings back."""
        query = dict(parse_qsl(urlsplit(where).query))
        assert query["response_type"] == "code", query
        assert query["code_challenge_method"] == "S256", query
        code = secrets.token_urlsafe(16)
        self.codes[code] = {**query, "said": json.dumps({**self.said, **said})}
        return {"code": code, "state": query["state"]}

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        if not authorization.startswith("Basic "):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form["code"], None)
        if asked is None or asked["code_challenge"] != challenge_of(form["code_verifier"]):
            return 400, {"error": "invalid_grant"}
        now = int(machine_now().timestamp())
        claims = {
            **{"iss": self.address, "aud": CLIENT, "nonce": asked["nonce"], "iat": now, "exp": now + 300},
            **{"auth_time": now, **json.loads(asked["said"])},
        }
        self.change(claims)
        return 200, {"token_type": "Bearer", "access_token": claims["sub"], "id_token": self.signed(claims)}

    def signed(self, claims: dict[str, Any]) -> str:
        if isinstance(self.key, bytes) or self.header["alg"] == "none":  # no library makes such a one any more
            begun = ".".join(in_base64(json.dumps(one).encode()) for one in (self.header, claims))
            seal = hmac.digest(self.key, begun.encode(), "sha256") if isinstance(self.key, bytes) else b""
            return f"{begun}.{in_base64(seal)}"
        return jwt.encode(self.header, claims, self.key, [self.header["alg"]])

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.documents:
            return self.documents[path]
        status, said = 200, dict[str, Any]()
        if path == "/.well-known/openid-configuration":
            said = self.metadata()
        elif path == "/keys":
            said = {"keys": self.keys()}
        elif path == "/token":
            status, said = self.token(form, authorization)
        elif path == "/userinfo":
            said = {"sub": authorization.removeprefix("Bearer "), **self.tells}
        return status, json.dumps(said).encode()

    def keys(self) -> list[Any]:
        keys = self.published if self.published is not None else [self.key]
        return [one.as_dict(private=False) if not isinstance(one, dict) else one for one in keys]


@contextmanager
def running() -> Iterator[Platform]:
    platform = Platform()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def _answer(self) -> None:
            path = urlsplit(self.path).path
            length = int(self.headers.get("Content-Length", 0))
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            self._send(*platform.answer(path, form, self.headers.get("Authorization", "")))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    platform.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def described(platform: Platform, **changes: Any) -> dict[str, Any]:
    return {
        "title": "国家政务服务平台",
        "kind": "oidc",
        "people": "residents",
        "issuer": platform.address,
        "client_id": CLIENT,
        "secret": SECRET,
        "vouches": "citizen-id",
        "claim": "id_number",
        "levels": LEVELS,
        **changes,
    }


def connected(demo: Demo, given: dict[str, Any]) -> str:
    """Connect a provider over the API and open it with the other administrator's consent; its id."""
    administrator = demo.client("sys.admin", post=True)
    made = call(administrator, "POST", "/api/v1/providers", given)
    assert made.status_code == 201, made.content.decode()
    id: str = made.json()["id"]
    opened(demo, administrator, id)
    return id


def opened(demo: Demo, administrator: Any, id: str) -> None:
    digest = administrator.get(f"/api/v1/providers/{id}").json()["digest"]
    due = call(administrator, "POST", f"/api/v1/providers/{id}/opening", {"digest": digest})
    if due.status_code == 204:  # a city that asks for no consent
        return
    assert due.status_code == 403, due.content.decode()
    said = due.json()
    asked = call(
        administrator,
        "POST",
        "/api/v1/consents",
        {"action": said["action"], "arguments": said["arguments"], "reason": "省里要求"},
    )
    assert asked.status_code == 201, asked.content.decode()
    given = call(demo.client("sec.admin", post=True), "POST", f"/api/v1/consents/{asked.json()['id']}", {"act": "give"})
    assert given.status_code == 204, given.content.decode()


def set_out(client: Any, provider: str, **fields: str) -> str:
    """Press the button of the sign-in page; where the browser goes."""
    answer = client.post(f"/outside/{provider}/go/", fields)
    assert answer.status_code == 200, (answer.status_code, answer.content.decode()[-800:])
    where: str = answer.context["where"]
    return where


def come_in(
    client: Any, platform: Platform, provider: str, *, next: str = "/my/", desk: bool = False, **said: Any
) -> Any:
    """The whole way; the answer to who comes back."""
    where = set_out(client, provider, next=next, **({"desk": "1"} if desk else {}))
    return client.get(f"/outside/{provider}/back", platform.sign_in(where, **said))


def new_ec_key(kid: str = "e1") -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid, "use": "sig"})
