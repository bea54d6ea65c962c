"""One process of the crash test of cases: `python crash_process.py ROLE FOLDER [NAME]`, with a place armed or none.

prepare: migrate, apply the packs in FOLDER/packs and load the sample people, as owner.  town: residents send and officers decide until
killed or asked to stop, each under its own key, again and again until it is answered; answers go to FOLDER/NAME.  worker: the
platform's own.  deliver: events once.  rescue: defer again what lost its job.  settle: verify, and print what was found as JSON.
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

ITEM = "address-statement"
ANSWERS = {
    "residence.address": {"place": "460105002001", "detail": "海港路 8 号"},
    "residence.since": "2026-05-01",
    "residence.phone": "13800000000",
}


def prepare(folder: Path) -> None:
    settings.set_up(role="owner")
    from django.core.management import call_command

    from yiwang.acts.values import system
    from yiwang.packs.services import apply, load_samples

    call_command("migrate", verbosity=0)
    apply(system("tests"), [folder / "packs"])
    load_samples([folder / "packs"])


def town(folder: Path, name: str) -> None:
    from django.db import DatabaseError, InterfaceError, connections

    stopping: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopping.append(number))
    answers = folder / name
    answered = answers.read_text("ascii").count("\n") if answers.exists() else 0
    with answers.open("a", encoding="ascii") as file:
        for number in count(answered):
            while True:
                try:
                    line = life(f"{name}-{number}", accept=number % 3 != 2)
                    break
                except (DatabaseError, InterfaceError):
                    connections.close_all()
                    time.sleep(0.05)
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())
            if stopping:
                return


def life(key: str, *, accept: bool) -> str:
    """Send under `key` and decide; whatever was done before the last death is found done."""
    from yiwang.cases import queries, services
    from yiwang.cases.values import AlreadyDecided
    from yiwang.identity.models import Account
    from yiwang.identity.queries import actor_for_post, actor_for_self, posts_of

    lin = actor_for_self(Account.objects.get(login="lin"))
    clerk = Account.objects.get(login="wu.qing")
    wu = actor_for_post(clerk, posts_of(clerk.id)[0].id)
    digest = queries.form_for(lin, ITEM).digest
    receipt = services.submit(lin, ITEM, ANSWERS, idempotency_key=key, form_digest=digest)
    case = queries.case(wu, receipt.case_id)
    act, reason = ("accept", "") if accept else ("refuse", "查无此处")
    if not any(line.code == "decided" for line in case.course):
        try:
            services.advance(wu, case.tasks[0].id, version=case.version, act=act, reason=reason)
        except AlreadyDecided:
            raise AssertionError("Nobody else decides here.") from None
    return f"{receipt.case_id} {act}"


def rescue() -> None:
    """As the scheduler does every minute, and without waiting until a job counts as lost."""
    from datetime import timedelta

    from yiwang.cases.services import outside

    outside.LOST_AFTER = timedelta(seconds=1)
    outside.system_rescue_actions()


def settle() -> None:
    from yiwang.audit import queries as audit
    from yiwang.audit.services import seal
    from yiwang.cases.models import Case

    deadline = time.monotonic() + 60
    while (report := audit.verify()).backlog and time.monotonic() < deadline:
        if seal() == 0:
            time.sleep(0.05)
    found: dict[str, Any] = {
        "stuck": Case.objects.filter(state="open").exclude(tasks__state="open").count(),
        "backlog": report.backlog,
        "problems": [one.message for one in report.problems],
    }
    json.dump(found, sys.stdout)


def main(role: str, folder: str, *rest: str) -> None:
    if role == "prepare":
        prepare(Path(folder))
        return
    settings.set_up()
    match role:
        case "town":
            town(Path(folder), rest[0])
        case "worker":
            from yiwang.cli.background import run_worker

            run_worker()
        case "deliver":
            from yiwang.outbox.services import deliver_due

            deliver_due()
        case "rescue":
            rescue()
        case "settle":
            settle()


main(*sys.argv[1:])
