"""Around every request: the number under which it can be found again, one line in the log, and what the metrics count."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import structlog
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from prometheus_client import Counter, Histogram

from yiwang.kernel.ids import uuid7

__all__ = ["RequestLog", "Sessions"]

log = structlog.get_logger("yiwang.requests")

GIVEN_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
QUIET_ROUTES = {"healthz", "metrics"}

REQUESTS = Counter("yiwang_requests", "Requests answered", ["method", "route", "status"])
SECONDS = Histogram(
    "yiwang_request_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class RequestLog:
    """Gives each request a correlation id, which stands in logs, audit entries and events, and on the page of a fault.

    A well-formed `X-Request-Id` of a proxy is kept. Logged are method, route (not the address, which may hold what somebody
    typed), status and duration.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request and count it."""
        given = request.headers.get("X-Request-Id", "")
        correlation_id = given if GIVEN_ID.fullmatch(given) else str(uuid7())
        request.correlation_id = correlation_id  # type: ignore[attr-defined]
        began = time.perf_counter()
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            response = self.get_response(request)
            seconds = time.perf_counter() - began
            matched = request.resolver_match
            route = matched.route if matched is not None else "(none)"
            response.headers["X-Request-Id"] = correlation_id
            REQUESTS.labels(request.method, route, response.status_code).inc()
            SECONDS.labels(route).observe(seconds)
            say = log.debug if route in QUIET_ROUTES else log.info
            say(
                "request.done",
                method=request.method,
                route=route,
                status=response.status_code,
                milliseconds=round(seconds * 1000, 1),
            )
        return response


class Sessions(SessionMiddleware):
    """Django's, and each session hears where the request came from, so that its owner can tell his sessions apart."""

    def process_request(self, request: HttpRequest) -> None:
        """Set `request.session`; nothing is read before somebody asks for it."""
        super().process_request(request)
        address, agent = request.META.get("REMOTE_ADDR", ""), request.headers.get("User-Agent", "")
        vars(request.session).update(address=address, agent=agent)
