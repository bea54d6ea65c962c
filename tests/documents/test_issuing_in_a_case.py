"""A case that ends with a certificate: from form to desk to file, when the key is missing, and when the worker dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from yiwang.cases import queries as cases
from yiwang.cases import services as case_services
from yiwang.cases.models import ActionRun
from yiwang.cases.values import CaseState
from yiwang.documents import queries, services
from yiwang.documents.models import Certificate, StatusEntry, TakenNumber
from yiwang.documents.values import Finding, Form
from yiwang.kernel.time import machine_now

from .conftest import ANSWERS, People

PLACES = [
    "cases.before-outside-effect",
    "acts.before-commit@1",
    "acts.after-commit@1",
    "documents.after-certificate-files",
    "acts.before-commit@2",
    "acts.after-commit@2",
    "cases.after-outside-effect",
    "acts.before-commit@3",
    "acts.after-commit@3",
]
"""Where the worker is killed: each is reached once, in this order: number, files, row, return of the action."""


def decided(people: People) -> UUID:
    """Send the form and accept it; the certificate waits for the worker."""
    form = cases.form_for(people.lin, "stall-permit")
    receipt = case_services.submit(
        people.lin, "stall-permit", ANSWERS, idempotency_key=uuid4().hex, form_digest=form.digest
    )
    [line] = cases.case(people.he, receipt.case_id).tasks
    task = cases.task(people.he, line.id)
    case_services.advance(people.he, task.id, version=task.version, act="accept")
    return receipt.case_id


def work() -> None:
    ActionRun.objects.filter(state="pending").update(due_at=machine_now())
    for run_id in ActionRun.objects.filter(state="pending").values_list("pk", flat=True):
        case_services.system_run_action(run_id)


def test_an_accepted_case_ends_with_a_certificate_of_its_holder(people: People) -> None:
    case_id = decided(people)
    work()
    case = cases.case(people.lin, case_id)
    assert case.state is CaseState.ENDED
    [line] = queries.certificates_of_case(people.lin, case_id)
    assert (line.holder_name, line.case_number, line.unit_title) == ("林秀英", case.number, "海秀街道办事处")
    assert queries.verify_document(people.lin, queries.download(people.lin, line.id, Form.PDF).content).finding is (
        Finding.GENUINE
    )


def test_without_the_key_the_case_says_so_and_goes_on_when_it_is_back(people: People, keys: Path) -> None:
    case_id = decided(people)
    aside = keys.rename(keys.with_suffix(".aside"))
    for _ in range(6):
        work()
    [stuck] = [one for one in cases.system_list_stuck() if one.case_id == case_id]
    assert stuck.action == "certificate.issue"
    assert "SigningKeyMissing" in stuck.error
    assert cases.case(people.lin, case_id).state is CaseState.OPEN
    assert not Certificate.objects.exists()
    assert not TakenNumber.objects.exists()
    aside.rename(keys)
    assert case_services.system_retry_failed() == 1
    work()
    assert cases.case(people.lin, case_id).state is CaseState.ENDED
    assert Certificate.objects.count() == 1


WORKER = """
import sys
from datetime import timedelta
from pathlib import Path
from yiwang import settings
settings.set_up()
import yiwang.audit.queries, yiwang.documents.queries.verification, yiwang.documents.services.signing
for module in (yiwang.audit.queries, yiwang.documents.queries.verification, yiwang.documents.services.signing):
    module.city_key_path = lambda: Path(sys.argv[1])
from yiwang.documents import registry
from yiwang.documents.values import Limits
registry.keep_files_in(lambda: Path(sys.argv[2]), lambda: Limits(50 << 20, 500 << 20))
from yiwang.cases.models import ActionRun
from yiwang.cases.services import system_run_action
for run_id in ActionRun.objects.filter(state="pending").values_list("pk", flat=True):
    system_run_action(run_id)
"""


@pytest.mark.crash
def test_a_worker_killed_at_any_place_issues_exactly_one_certificate(
    own_city: People, keys: Path, files: Path, tmp_path: Path
) -> None:
    from django.db import connections

    environment = environment_of(connections["default"].settings_dict)
    numbers: list[str] = []
    for place in PLACES:
        case_id = decided(own_city)
        name, _, visit = place.partition("@")
        hits = tmp_path / f"hits-{place}"
        armed = {"YIWANG_FAILPOINT": f"{name}@{visit or 1}", "YIWANG_FAILPOINT_HITS": str(hits)}
        died = subprocess.run(
            [sys.executable, "-c", WORKER, keys, files], env=environment | armed, capture_output=True, check=False
        )
        assert died.returncode == -signal.SIGKILL, (place, died.stderr.decode()[-2000:])
        before = set(TakenNumber.objects.filter(key__startswith=str(case_id)).values_list("number", flat=True))
        again = subprocess.run(
            [sys.executable, "-c", WORKER, keys, files], env=environment, capture_output=True, check=False
        )
        assert again.returncode == 0, again.stderr.decode()[-2000:]
        assert cases.case(own_city.lin, case_id).state is CaseState.ENDED, place
        one = Certificate.objects.get(case_id=case_id)
        assert before <= {one.number}, place
        numbers.append(one.number)
        services.revoke(own_city.he, one.pk, reason="为下一个让位")
    assert Certificate.objects.count() == len(PLACES)
    assert [number[-4:] for number in numbers] == [f"{n:04d}" for n in range(1, len(PLACES) + 1)]
    assert StatusEntry.objects.filter(status="valid").count() == len(PLACES)


def environment_of(database: Any) -> dict[str, str]:
    """How a child process finds this test's city."""
    url = f"postgresql://{{}}@/{database['NAME']}?host={database['HOST']}&port={database['PORT'] or 5432}"
    return os.environ | {
        "YIWANG_DATABASE_URL": url.format("yiwang_owner"),
        "YIWANG_APP_DATABASE_URL": url.format("yiwang_app"),
        "YIWANG_DATA_DIR": str(Path(os.environ["YIWANG_TEST_RUN"]) / "child-data"),
    }
