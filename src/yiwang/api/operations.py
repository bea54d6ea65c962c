"""What machines ask about this machine: is it well, and its figures. Neither needs a session nor tells anything personal."""

from __future__ import annotations

import os
from collections.abc import Iterator

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from procrastinate.contrib.django import app as jobs
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from yiwang.acts import queries as acts
from yiwang.audit import queries as audit
from yiwang.outbox import queries as outbox

__all__ = ["healthz", "metrics"]


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when this process can answer requests, which needs the database; 503 otherwise. For load balancers."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return JsonResponse({"status": "ok", "release": acts.current_release()})
    except DatabaseError as fault:
        return JsonResponse({"status": "database away", "reason": type(fault).__name__}, status=503)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Figures in the text format of Prometheus: requests of all web processes, and what waits in the database."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    waiting = CollectorRegistry()
    waiting.register(_Waiting())
    return HttpResponse(generate_latest(registry) + generate_latest(waiting), content_type=CONTENT_TYPE_LATEST)


class _Waiting(Collector):
    """What stands in queues, asked of the database at the moment of the question."""

    def collect(self) -> Iterator[Metric]:
        behind = GaugeMetricFamily("yiwang_outbox_waiting", "Events not yet delivered", labels=["subscriber"])
        parked = GaugeMetricFamily("yiwang_outbox_parked", "Events set aside after failures", labels=["subscriber"])
        for one in outbox.lag():
            behind.add_metric([one.subscriber], one.waiting)
            parked.add_metric([one.subscriber], one.parked)
        queued = GaugeMetricFamily("yiwang_jobs", "Jobs by status", labels=["queue", "status"])
        for queue in jobs.job_manager.list_queues():
            for status in ("todo", "doing", "failed"):
                queued.add_metric([queue["name"], status], queue[status])
        unsealed = GaugeMetricFamily("yiwang_audit_unsealed", "Audit entries that stand in no signed tree yet")
        unsealed.add_metric([], audit.backlog().entries)
        yield from (behind, parked, queued, unsealed)
