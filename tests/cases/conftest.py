"""A small city with real packs (base, the address statement, discrepancies): three streets, one without area, and eight people."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.databases import clone_of, connected_to_a_clone, made_once, rolled_back_in
from support.demo import demo_template, own_demo
from support.desks import check_desks
from support.moving import moving, moving_clone, moving_template, own_moving
from support.permit import own_town, permit_clone, permit_office, permit_template, town

__all__ = [
    "demo_template",
    "own_demo",
    "moving",
    "moving_clone",
    "moving_template",
    "own_moving",
    "own_town",
    "permit_clone",
    "permit_office",
    "permit_template",
    "town",
]

PACKS = Path(__file__).parents[2] / "packs"
SMALL_CITY = Path(__file__).parent / "packs"
TEMPLATE = "template_small_city"

SOUTH = {"place": "460105002001", "detail": "海港路 8 号 2 栋 301"}
NORTH = {"place": "460105001001", "detail": "秀华路 1 号"}
NOWHERE = {"place": "460105100001", "detail": "长流路 3 号"}
ANSWERS: dict[str, Any] = {
    "residence.address": SOUTH,
    "residence.since": "2026-05-01",
    "residence.phone": "13800000000",
}
ITEM = "address-statement"


def copy_packs(folder: Path) -> Path:
    """A folder of packs: copies of the real ones, and the small city."""
    for pack in (PACKS / "base", PACKS / "address-statement", PACKS / "discrepancies", SMALL_CITY / "small-city"):
        shutil.copytree(pack, folder / pack.name, ignore=shutil.ignore_patterns("rehearsals"))
    return folder


@pytest.fixture(scope="session")
def small_city_template(server: Any, template: str, django_db_blocker: Any, tmp_path_factory: Any) -> str:
    """A database with the packs applied and the sample people in it; made once in a run."""
    from yiwang.acts.values import system
    from yiwang.packs.services import apply, load_samples
    from yiwang.records.queries.read_log import make_months_ahead

    def fill() -> None:
        packs = copy_packs(tmp_path_factory.mktemp("packs") / "packs")
        apply(system("tests"), [packs])
        load_samples([packs])
        make_months_ahead()  # or the first test that reads makes them, and takes them away with all that it wrote

    with django_db_blocker.unblock():
        return made_once(server, TEMPLATE, template, fill)


@pytest.fixture(scope="session")
def small_city_clone(server: Any, small_city_template: str) -> str:
    """This worker's clone, for tests that are rolled back."""
    return clone_of(server, small_city_template, "small_city_rolled_back")


@dataclass(frozen=True, slots=True)
class People:
    """Actors by name."""

    def self(self, login: str) -> Any:
        """As the person himself."""
        from yiwang.identity.models import Account
        from yiwang.identity.queries import actor_for_self

        return actor_for_self(Account.objects.get(login=login))

    def post(self, login: str) -> Any:
        """In the one post that the account holds."""
        from yiwang.identity.models import Account
        from yiwang.identity.queries import actor_for_post, posts_of

        account = Account.objects.get(login=login)
        return actor_for_post(account, posts_of(account.id)[0].id)

    @property
    def lin(self) -> Any:
        return self.self("lin")

    @property
    def chen(self) -> Any:
        return self.self("chen")

    @property
    def wu(self) -> Any:
        return self.post("wu.qing")

    @property
    def zhou(self) -> Any:
        return self.post("zhou")

    @property
    def fu(self) -> Any:
        return self.post("fu.hai")


@pytest.fixture
def people(small_city_clone: str, django_db_blocker: Any) -> Iterator[People]:
    """The small city; what the test writes is rolled back."""
    with django_db_blocker.unblock(), rolled_back_in(small_city_clone):
        yield People()
        check_desks()


@pytest.fixture
def own_city(server: Any, small_city_template: str, django_db_blocker: Any) -> Iterator[People]:
    """A small city of the test's own: what is committed stays until the test ends; threads may join."""
    with django_db_blocker.unblock(), connected_to_a_clone(server, small_city_template, "small_city"):
        yield People()
        check_desks()


def send(actor: Any, answers: dict[str, Any] | None = None, *, key: str = "", digest: str = "") -> Any:
    """Send the form as a person who has just opened it."""
    from yiwang.cases import queries, services

    digest = digest or queries.form_for(actor, ITEM).digest
    return services.submit(actor, ITEM, answers or ANSWERS, idempotency_key=key or uuid4().hex, form_digest=digest)


def first_task(actor: Any, case_id: UUID) -> Any:
    """The one open task of a case."""
    from yiwang.cases import queries

    [one] = queries.case(actor, case_id).tasks
    return queries.task(actor, one.id)


def do(actor: Any, case_id: UUID, act: str = "accept", reason: str = "") -> Any:
    """Do the open task."""
    from yiwang.cases import services

    task = first_task(actor, case_id)
    return services.advance(actor, task.id, version=task.version, act=act, reason=reason)


def run_jobs() -> int:
    """Run every outside action that is due now, as the worker would; return how many."""
    from yiwang.cases.models import ActionRun
    from yiwang.cases.services import system_run_action
    from yiwang.kernel.time import machine_now

    due = list(ActionRun.objects.filter(state="pending", due_at__lte=machine_now()).values_list("pk", flat=True))
    for run_id in due:
        system_run_action(run_id)
    return len(due)
