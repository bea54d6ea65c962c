"""`/api/v1`: the face for programs. Additive: fields and operations are added, never changed or removed."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.parser import Parser
from ninja.renderers import BaseRenderer
from ninja.responses import NinjaJSONEncoder

from yiwang.api.pages import FAULTS_BY_STATUS, Malformed, problem_response
from yiwang.api.routers import (
    alerts,
    audit,
    authorities,
    bundles,
    cases,
    certificates,
    clients,
    consents,
    discrepancies,
    duty_requests,
    emergencies,
    facts,
    files,
    items,
    keepers,
    lists,
    mandates,
    organisation,
    places,
    providers,
    receivers,
    reviews,
    session,
    subjects,
)
from yiwang.kernel.errors import Fault, FieldFault, Invalid

__all__ = ["api", "urlpatterns"]


class _Encoder(NinjaJSONEncoder):
    def default(self, o: Any) -> Any:
        return sorted(o) if isinstance(o, frozenset | set) else super().default(o)


class _Json(BaseRenderer):
    """Chinese as it is written, sets as sorted lists."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:
        return json.dumps(data, cls=_Encoder, ensure_ascii=False)


class _Body(Parser):
    """JSON that everything behind it can hold: no NaN, no NUL, no half characters. What it refuses is a 400."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(request.body, parse_constant=_no_number)
        waiting: list[Any] = [read]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                if "\0" in one:
                    raise ValueError("NUL")
                one.encode("utf-8")  # raises ValueError for half characters
            elif isinstance(one, dict):
                waiting += [*one.keys(), *one.values()]
            elif isinstance(one, list):
                waiting += one
        return read


def _no_number(name: str) -> Any:
    raise ValueError(name)


api = NinjaAPI(
    title="Yiwang",
    version="1",
    description="The public interface of a city. Faults are problem documents (RFC 9457); their types are pages of the documentation.",
    urls_namespace="api-1",
    docs_url=None,
    renderer=_Json(),
    parser=_Body(),
)
api.add_router("/session", session.router)
api.add_router("/sessions", session.own_router)
api.add_router("/passkeys", session.passkey_router)
for _router in (
    items.router,
    bundles.router,
    cases.router,
    mandates.router,
    certificates.router,
    alerts.router,
    files.router,
    facts.router,
    discrepancies.router,
    subjects.router,
    places.router,
    organisation.router,
    consents.router,
    emergencies.router,
    clients.router,
    providers.router,
    authorities.router,
    keepers.router,
    lists.router,
    receivers.router,
    reviews.router,
    duty_requests.router,
    audit.router,
):
    api.add_router("", _router)


@api.exception_handler(Fault)
def _fault(request: HttpRequest, fault: Fault) -> HttpResponse:
    return problem_response(request, fault)


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem_response(request, FAULTS_BY_STATUS.get(error.status_code, Malformed)())


@api.exception_handler(ValidationError)
def _not_as_described(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """Input that is not as the OpenAPI document says. What was sent is not repeated: it may be personal."""
    faults = [
        FieldFault("/".join(str(part) for part in one["loc"][1:]), str(one["type"]).replace("_", "-"), str(one["msg"]))
        for one in error.errors
    ]
    return problem_response(request, Invalid(faults=faults))


urlpatterns = [path("", api.urls)]
