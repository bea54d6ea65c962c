"""Whoever dies while the end of one case lets others begin: each begins once, none is lost."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from support.demo import Demo
from support.permit import run_outside

from yiwang.cases import queries, services
from yiwang.cases.models import ApplicationPart, Case, CourseEntry
from yiwang.identity.models import Account
from yiwang.identity.queries import actor_for_post, actor_for_self, posts_of
from yiwang.outbox.models import Event

HERE = Path(__file__).parent
PLACES = ["cases.after-going-on", "acts.before-commit", "acts.after-commit"]
BUNDLE = "newborn"


def deliver(demo: Demo, place: str = "") -> int:
    """Deliver what waits in a process of its own, which dies at `place`; how it ended."""
    armed = {"YIWANG_FAILPOINT": place} if place else {}
    done = subprocess.run(
        [sys.executable, HERE / "crash_process.py", "deliver", "."],
        env=demo.environment | armed,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in (0, -signal.SIGKILL), done.stderr[-3000:]
    return done.returncode


@pytest.mark.crash
def test_whoever_dies_wherever_what_follows_begins_once(own_demo: Demo, permit_office: None) -> None:
    parent = actor_for_self(Account.objects.get(login="li.xiaowen"))
    officer = Account.objects.get(login="xie.lin")
    health = actor_for_post(officer, posts_of(officer.id)[0].id)
    form = queries.bundle_form_for(parent, BUNDLE)
    values = {"newborn.name": "吴一诺", "newborn.phone": "13800000007"}
    sent = services.submit_bundle(parent, BUNDLE, values, idempotency_key=uuid4().hex, form_digest=form.digest)
    deliver(own_demo)
    [task] = queries.case(health, sent.cases[0].case_id).tasks
    services.advance(health, task.id, version=queries.task(health, task.id).version, act="accept")
    run_outside()
    assert Case.objects.filter(item="household-registration").count() == 0
    deaths = [deliver(own_demo, place) for place in PLACES]
    assert deaths[:2] == [-signal.SIGKILL] * 2
    assert deliver(own_demo) == 0
    [following] = Case.objects.filter(item="household-registration")
    row = ApplicationPart.objects.get(application_id=sent.id, item="household-registration")
    assert (row.case_id, row.state) == (following.pk, "begun")
    assert CourseEntry.objects.filter(case=following, code="followed").count() == 1
    assert Event.objects.filter(type="application.part-begun.v1", data__item="household-registration").count() == 1
    assert Event.objects.filter(type="case.submitted.v1", subject=str(following.pk)).count() == 1
