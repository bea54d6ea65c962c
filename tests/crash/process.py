"""One process of the crash test: `python process.py ROLE [FOLDER NAME]`, with settings in YIWANG_* and a place armed or none.

prepare: migrate and make the trial's tables, as owner.  writer: send changes until killed or asked to stop, each under its own
key, again and again until it is answered; answers go to FOLDER/NAME.  worker, scheduler: the platform's own.
settle: deliver and seal what is left, verify, and print what was found as JSON.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

from yiwang import settings


def prepare() -> None:
    settings.set_up(role="owner")
    from django.core.management import call_command
    from trial import TABLES, execute

    call_command("migrate", verbosity=0)
    execute(TABLES)


def write(folder: Path, name: str) -> None:
    from django.db import DatabaseError, InterfaceError, connections
    from trial import system_change

    from yiwang.acts.values import system
    from yiwang.outbox.queries import recall
    from yiwang.outbox.values import KeyReused

    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    answers = folder / name
    answered = answers.read_text("ascii").count("\n") if answers.exists() else 0
    with answers.open("a", encoding="ascii") as file:
        for number in count(answered):
            key = f"{name}-{number}"
            while True:
                try:
                    if recall("trial", key) is None:
                        system_change(system("trial"), key)
                    break
                except KeyReused:
                    continue
                except (DatabaseError, InterfaceError):  # the server was killed: ask again, under the same key
                    connections.close_all()
                    time.sleep(0.05)
            file.write(f"{key}\n")
            file.flush()
            os.fsync(file.fileno())
            if stopping:
                return
            time.sleep(0.01)  # no faster than the workers, or the end of the test waits for them


def settle() -> None:
    from yiwang.audit import queries as audit
    from yiwang.audit.services import seal
    from yiwang.outbox.queries import is_settled, list_parked
    from yiwang.outbox.services import deliver_due

    deadline = time.monotonic() + 120
    while not is_settled() and time.monotonic() < deadline:
        if deliver_due() == 0:
            time.sleep(0.05)
    while (report := audit.verify()).backlog and time.monotonic() < deadline:
        if seal() == 0:
            time.sleep(0.05)
    found: dict[str, Any] = {
        "settled": is_settled(),
        "parked": [f"{one.type}: {one.error}" for one in list_parked()],
        "entries": report.entries,
        "backlog": report.backlog,
        "problems": [one.message for one in report.problems],
    }
    json.dump(found, sys.stdout)


def main(role: str, *rest: str) -> None:
    if role == "prepare":
        prepare()
        return
    settings.set_up()
    import trial

    trial.join()
    match role:
        case "writer":
            write(Path(rest[0]), rest[1])
        case "worker":
            from yiwang.cli.background import run_worker

            run_worker()
        case "scheduler":
            from yiwang.cli.background import run_scheduler

            run_scheduler(settings.configuration())
        case "settle":
            settle()


main(*sys.argv[1:])
