"""The one view of `/scim/v2`: who brings which token, and what scim2-server answers him."""

from __future__ import annotations

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.http.request import RawPostDataException, UnreadablePostError
from scim2_models import PatchOp, PayloadTooLargeException, ResourceType, SCIMException, UnauthorizedException
from scim2_server.errors import UnsupportedMediaTypeException
from scim2_server.handler import ScimHandler
from scim2_server.requests import ScimRequest
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

from yiwang.acts.values import Actor
from yiwang.api.pages import correlation_id
from yiwang.api.scim.filters import refuse_long_filter
from yiwang.api.scim.schemas import provider
from yiwang.api.scim.storage import Officers, as_scim
from yiwang.identity import queries, services
from yiwang.kernel.errors import Fault, NotAllowed

__all__ = ["LARGEST_BODY", "MOST_OPERATIONS", "serve"]

LARGEST_BODY = 512 * 1024
MOST_OPERATIONS = 100
MOST_VALUES = services.MOST_HOLDERS


class _Service(ScimService):
    """What of a body is dear to read is counted before it is."""

    def read_patch(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> PatchOp[Any]:
        """As RFC 7644, 3.5.2 has it, within our bounds."""
        operations = _of(self.decode_body(body, content_type), "operations")
        if isinstance(operations, list) and len(operations) > MOST_OPERATIONS:
            raise PayloadTooLargeException(detail=f"At most {MOST_OPERATIONS} operations in one request.")
        for one in operations if isinstance(operations, list) else ():
            value = _of(one, "value")
            values = _of(value, "members") if isinstance(value, dict) else value
            if isinstance(values, list) and len(values) > MOST_VALUES:
                raise PayloadTooLargeException(detail=f"At most {MOST_VALUES} values in one operation.")
        return super().read_patch(resource_type, body, content_type)


def _of(given: object, name: str) -> object:
    """What stands in a JSON object under a name, however it is spelt."""
    return (
        next((value for key, value in given.items() if key.lower() == name), None) if isinstance(given, dict) else None
    )


SERVICE = _Service(provider())


def serve(request: HttpRequest, path: str = "") -> HttpResponse:
    """Answer one request of a system that keeps officers here."""
    try:
        who = _who(request, path)
        return _answer(ScimHandler(SERVICE, Officers(who)).handle(_asked(request, path)))
    except SCIMException as refusal:
        return _answer(SERVICE.error_response(refusal))
    except Fault as fault:
        return _answer(SERVICE.error_response(as_scim(fault)))


def _asked(request: HttpRequest, path: str) -> ScimRequest:
    if int(request.headers.get("Content-Length") or 0) > LARGEST_BODY:
        raise PayloadTooLargeException(detail=f"At most {LARGEST_BODY} bytes.")
    try:
        body = request.body
    except (RequestDataTooBig, UnreadablePostError):
        raise PayloadTooLargeException(detail=f"At most {LARGEST_BODY} bytes.") from None
    except RawPostDataException:  # a form with files: it was read as one already
        raise UnsupportedMediaTypeException from None
    query = request.GET.dict()
    refuse_long_filter(str(query.get("filter", "")))
    if path.endswith(".search") and body:
        refuse_long_filter(str(_of(SERVICE.decode_body(body, request.headers.get("Content-Type")), "filter") or ""))
    return ScimRequest(
        method=request.method or "GET",
        base_url=queries.provisioning_address(),
        path=f"/{path}",
        query={name: str(value) for name, value in query.items()},
        headers=dict(request.headers),
        body=body,
    )


def _who(request: HttpRequest, path: str) -> Actor:
    """The system that a token was given to. What the service can do, everybody may read (RFC 7643, 5): nothing of the city stands there."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    found = (
        queries.actor_for_token(token.strip(), correlation_id=correlation_id(request))
        if scheme.lower() == "bearer" and token.strip()
        else None
    )
    if found is None:
        if path.strip("/") == "ServiceProviderConfig":
            return _nobody(request)
        raise UnauthorizedException
    actor, token_id, serves = found
    if not serves:
        try:
            services.refuse_dead_token(actor, token_id)
        except NotAllowed:
            raise UnauthorizedException from None
    services.mark_used(token_id)
    return actor


def _nobody(request: HttpRequest) -> Actor:
    actor: Actor = vars(request)["actor"]
    return actor


def _answer(answer: ScimResponse) -> HttpResponse:
    body = b"" if answer.body is None else json.dumps(answer.body, ensure_ascii=False).encode()
    made = HttpResponse(body, status=int(answer.status), headers=answer.headers)
    made.headers["Cache-Control"] = "no-store"
    return made
