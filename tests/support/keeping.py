"""Systems that keep officers here, as tests connect them, and people of the demonstration city whom they may open accounts for."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID
from wsgiref.simple_server import WSGIRequestHandler

from support.demo import Demo

from yiwang.acts.values import Actor
from yiwang.identity.values import Establishment
from yiwang.identity.values.keepers import LeadingPosts, NewKeeper, Side

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
OFFICER = "urn:yiwang:params:scim:schemas:extension:2.0:Officer"
POST = "urn:yiwang:params:scim:schemas:extension:2.0:Post"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ADMINISTRATORS = {Side.ACCOUNTS: "sys.admin", Side.HOLDERS: "sec.admin"}


def administrator(login: str) -> Actor:
    """An administrator in his post."""
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_post, posts_of

    account = Account.objects.get(login=login)
    return actor_for_post(account, posts_of(account.id)[0].id)


def unit_code(title: str) -> str:
    """Code of the unit that is called so."""
    from yiwang.identity.models import Unit

    return str(Unit.objects.values_list("code", flat=True).get(title=title))


@dataclass
class Keeping:
    """A connected system: what it asks, with its token."""

    id: UUID
    token: str
    host: str = "127.0.0.1"
    said: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None, **headers: str) -> Any:
        """One request, through the whole of Django."""
        from django.test import Client

        shown = self.token if token is None else token
        given: dict[str, Any] = {f"HTTP_{name.upper()}": value for name, value in headers.items()}
        if shown:
            given["HTTP_AUTHORIZATION"] = f"Bearer {shown}"
        raw = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        client = Client(HTTP_HOST=self.host, raise_request_exception=True)
        return client.generic(method, f"/scim/v2/{path}", raw, content_type="application/scim+json", **given)


def connected(
    side: Side,
    *units: str,
    posts: LeadingPosts = LeadingPosts.ALL,
    establishment: Establishment | None = None,
    title: str = "",
    by: str = "",
) -> Keeping:
    """Connect a system that keeps these units (codes), and give it a token."""
    from yiwang.identity.services import connect_keeper, give_keeper_token

    actor = administrator(by or ADMINISTRATORS[side])
    new = NewKeeper(title or f"来源系统{side}{'-'.join(units)}", units[0], side, list(units), posts, establishment)
    made = connect_keeper(actor, new)
    return Keeping(made, give_keeper_token(actor, made, 30).token)


def people_without_accounts() -> Iterator[tuple[str, str]]:
    """Citizen ID number and name of registered people who have no account, one after the other."""
    from yiwang.identity.models import Account
    from yiwang.identity.registry import principals
    from yiwang.subjects.models import Identifier

    taken = set(Account.objects.exclude(subject=None).values_list("subject_id", flat=True))
    rows = Identifier.objects.filter(scheme="citizen-id").exclude(subject_id__in=taken).order_by("value")
    for subject_id, value in rows.values_list("subject_id", "value"):
        if name := principals().called([subject_id]).get(subject_id):
            yield value, name


def officer(login: str, number: str, name: str, unit: str, **more: Any) -> Mapping[str, Any]:
    """A new officer as SCIM sends one."""
    return {
        "schemas": [USER, ENTERPRISE, OFFICER],
        "userName": login,
        ENTERPRISE: {"department": unit},
        OFFICER: {"identityNumber": number, "registeredName": name},
        **more,
    }


def patch(*operations: Mapping[str, Any]) -> dict[str, Any]:
    """A PATCH of these operations."""
    return {"schemas": [PATCH], "Operations": list(operations)}


@contextmanager
def served(demo: Demo) -> Iterator[str]:
    """The city behind a real socket, and its address."""
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.core.wsgi import get_wsgi_application
    from django.db import connections

    application = get_wsgi_application()

    def closing(environ: Any, start_response: Any) -> Any:
        try:
            return application(environ, start_response)
        finally:
            connections.close_all()

    server = ThreadedWSGIServer(("127.0.0.1", 0), _Quiet)
    server.daemon_threads = True
    server.set_app(closing)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_said: Any) -> None:
        """Say nothing."""
