"""A bare Django view on the same server: one indexed SELECT, one JSON answer, no middleware. How fast a request can be here at all."""

from __future__ import annotations

import http.client
import multiprocessing
import os
import subprocess
import sys
import threading
import time
from typing import Any

BLOCKING_THREADS = 4


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """The WSGI application; Django is set up at the first request."""
    return _application()(environ, start_response)


_made: list[Any] = []
_making = threading.Lock()


def _application() -> Any:
    with _making:
        return _made[0] if _made else _make()


def _make() -> Any:
    from django.conf import settings
    from psycopg.conninfo import conninfo_to_dict

    found = conninfo_to_dict(os.environ["BARE_DATABASE_URL"])
    database = {ours: str(found.get(theirs, "")) for ours, theirs in
                {"NAME": "dbname", "USER": "user", "HOST": "host", "PORT": "port"}.items()}  # fmt: skip
    settings.configure(
        SECRET_KEY="bare",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 60, **database}},
        LOGGING_CONFIG=None,
    )
    from django.core.wsgi import get_wsgi_application

    _made.append(get_wsgi_application())
    return _made[0]


def one_account(request: Any) -> Any:
    """The view."""
    from django.db import connection
    from django.http import JsonResponse

    with connection.cursor() as cursor:
        cursor.execute("SELECT id, login, is_active FROM identity_account WHERE login = %s", ["lin.xiuying"])
        row = cursor.fetchone()
    return JsonResponse({"id": str(row[0]), "login": row[1], "is_active": row[2]})


def __getattr__(name: str) -> Any:
    if name == "urlpatterns":
        from django.urls import path

        return [path("", one_account)]
    raise AttributeError(name)


def serve(url: str, port: int, workers: int) -> subprocess.Popen[bytes]:
    """Start the view behind the same server with the same workers and threads."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)]
    command += [
        "--workers",
        str(workers),
        "--blocking-threads",
        str(BLOCKING_THREADS),
        "--no-ws",
        "--log-level",
        "error",
    ]
    command.append("bench.baselines.bare_view:application")
    return subprocess.Popen(command, env={**os.environ, "BARE_DATABASE_URL": url})


def run_requests(port: int, requests: int, workers: int) -> float:
    """Ask so many times with so many clients on kept-alive connections; return the seconds."""
    context = multiprocessing.get_context("fork")
    ready, go = context.Barrier(workers + 1), context.Event()
    processes = [context.Process(target=_work, args=(port, requests // workers, ready, go)) for _ in range(workers)]
    for process in processes:
        process.start()
    ready.wait(60)
    began = time.perf_counter()
    go.set()
    for process in processes:
        process.join()
    return time.perf_counter() - began


def _work(port: int, requests: int, ready: Any, go: Any) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    connection.getresponse().read()
    ready.wait(60)
    go.wait()
    for _ in range(requests):
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"The bare view answered {answer.status}.")
