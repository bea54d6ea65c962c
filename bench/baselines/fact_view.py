"""The baseline of `fact` over HTTP: a bare Django view on the same server, with one prepared SELECT and one INSERT in one transaction.

No middleware, no session, no permission, no mask: how fast a logged reading can be here at all.
"""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import threading
from typing import Any

BLOCKING_THREADS = 4
SELECT = (
    "SELECT record_id, valid_from, registered_at, arrived_at, door, case_id, unit_id, person_citizen_id FROM"
    " (SELECT DISTINCT ON (valid_from) * FROM records.population_persons WHERE subject_id = %(subject)s::uuid"
    " AND valid_from <= %(valid_at)s::date AND arrived_at <= %(known_at)s::timestamptz"
    " ORDER BY valid_from DESC, arrived_at DESC) AS last_word WHERE NOT retracted ORDER BY valid_from DESC LIMIT 1"
)
INSERT = (
    "INSERT INTO records_read_log (id, read_at, machine_time, subject_id, capacity, resource, elements, purpose, release)"
    " VALUES (%(id)s::uuid, %(read_at)s::timestamptz, %(read_at)s::timestamptz, %(subject)s::uuid, 'post',"
    " 'population.persons', '{person.citizen-id}', 'case-handling', 1)"
)

_made: list[Any] = []
_making = threading.Lock()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    """The WSGI application; Django is set up at the first request."""
    with _making:
        made = _made[0] if _made else _make()
    return made(environ, start_response)


def _make() -> Any:
    from django.conf import settings
    from psycopg.conninfo import conninfo_to_dict

    found = conninfo_to_dict(os.environ["BARE_DATABASE_URL"])
    names = {"NAME": "dbname", "USER": "user", "HOST": "host", "PORT": "port"}
    database = {ours: str(found.get(theirs, "")) for ours, theirs in names.items()}
    settings.configure(
        SECRET_KEY="bare",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF=__name__,
        DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "CONN_MAX_AGE": 60, **database}},
        LOGGING_CONFIG=None,
        USE_TZ=True,
    )
    from django.core.wsgi import get_wsgi_application

    _made.append(get_wsgi_application())
    return _made[0]


def one_fact(request: Any) -> Any:
    """The view."""
    from datetime import UTC, datetime
    from uuid import UUID

    from django.db import connection, transaction
    from django.http import JsonResponse
    from psycopg import Cursor

    from yiwang.kernel.ids import uuid7

    moment = datetime.now(UTC)  # noqa: TID251 a baseline outside the platform
    subject = UUID(request.GET["subject"])
    with transaction.atomic(), Cursor(connection.connection) as cursor:
        cursor.execute(SELECT, {"subject": subject, "valid_at": moment.date(), "known_at": moment}, prepare=True)
        [row] = cursor.fetchall()
        cursor.execute(INSERT, {"id": uuid7(), "read_at": moment, "subject": subject}, prepare=True)
    return JsonResponse({"value": row[-1], "since": row[1].isoformat(), "record": str(row[0])})


def __getattr__(name: str) -> Any:
    if name == "urlpatterns":
        from django.urls import path

        return [path("", one_fact)]
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
    command.append("bench.baselines.fact_view:application")
    return subprocess.Popen(command, env={**os.environ, "BARE_DATABASE_URL": url})


def ask(port: int, people: list[str], requests: int, ready: Any, go: Any) -> None:
    """One client on one kept-alive connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", f"/?subject={people[0]}")
    connection.getresponse().read()
    ready.wait(120)
    go.wait()
    for number in range(requests):
        connection.request("GET", f"/?subject={people[number % len(people)]}")
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"The bare view answered {answer.status}.")
