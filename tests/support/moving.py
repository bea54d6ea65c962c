"""A small town where moving house is one application: four items of two units that wait for each other.

    enter ──accepted──▶ school ──accepted──▶ welcome     (stop, stop)
      └──accepted──▶ parking ──────────────▶ welcome     (ask, continue)

Import the fixtures into a `conftest.py`: `moving_template`, `moving` (rolled back), `own_moving` (committed, for threads).
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.databases import clone_of, connected_to_a_clone, made_once, rolled_back_in
from support.desks import check_desks
from support.packs import element, write_pack
from support.permit import (
    IDS,
    PACKS,
    PASSWORD,
    PLACE,
    PLAN,
    SMALL_CITY,
    Town,
    duty,
    message,
    register,
    run_outside,
)

TEMPLATE = "template_moving"
BUNDLE = "moving"
ITEMS = ("enter", "school", "parking", "welcome")
ANSWERS: dict[str, Any] = {
    "home.address": dict(PLACE),
    "home.people": "3",
    "proof.paper": PLAN,
    "school.child": "小梅",
    "parking.plate": "琼A00001",
}

BUNDLE_FILE = """\
kind: bundle
id: moving
title: {zh-Hans: 搬家一件事, en: Moving house}
summary: {zh-Hans: 一次说清, en: Said once}
basic_code: "010199002000"
level: 5
items:
  - {item: enter}
  - {item: school, after: [{item: enter, otherwise: stop}]}
  - {item: parking, after: [{item: enter, otherwise: ask}]}
  - {item: welcome, after: [{item: school, otherwise: stop}, {item: parking, otherwise: continue}]}
clocks: [{limit: lic-decide, promise: 10}]
guide:
  conditions: [{zh-Hans: 搬了家, en: You have moved}]
  fee: {zh-Hans: 不收费, en: Free}
  result: {zh-Hans: 四个结果, en: Four results}
law: [{law: 中华人民共和国行政许可法, article: 第四十二条}]
keywords: [搬家, moving]
"""


def item(id: str, number: int, *, material: bool = False) -> str:
    lines = [
        f"kind: item\nid: {id}\ntitle: {{zh-Hans: {TITLES[id]}, en: {id}}}\nsummary: {id}\nabout: person",
        f'basic_code: "01019900300{number}"\nlevel: 5\nform: {id}\nplace: home.address\nprocess: one-decision',
        f"parameters:\n  duty: {id}-duty\n  writes: [{{resource: {id}.register}}]",
        "  accepted_message: yes\n  refused_message: no",
        f"guide: {{conditions: [{id}], steps: [{id}], fee: 0, result: {id}}}".replace("fee: 0", 'fee: "0"'),
    ]
    lines = [
        line.replace("message: yes", "message: granted").replace("message: no", "message: refused") for line in lines
    ]
    if material:
        lines.append("materials:\n  - {id: proof, title: 合同, kind: upload, element: proof.paper}")
    return "\n".join(lines) + "\n"


def form(id: str, *fields: str) -> str:
    asked = "\n".join(f"      - {{element: {one}}}" for one in fields)
    return f"kind: form\nid: {id}\ntitle: {id}\nsections:\n  - title: 填写\n    fields:\n{asked}\n"


TITLES = {"enter": "迁入登记", "school": "入学登记", "parking": "停车登记", "welcome": "新居民包"}
FILES: dict[str, str | bytes] = {
    "bundles/moving.yaml": BUNDLE_FILE,
    **{f"items/{id}.yaml": item(id, n, material=id in ("enter", "school")) for n, id in enumerate(ITEMS)},
    "forms/enter.yaml": form("enter", "person.name", "home.address", "home.people"),
    "forms/school.yaml": form("school", "person.name", "home.address", "school.child")
    + "checks:\n  - {check: school.child != person.name, message: {zh-Hans: 写孩子的姓名。, en: Name the child.}, at: school.child}\n",
    "forms/parking.yaml": form("parking", "person.name", "home.address", "parking.plate"),
    "forms/welcome.yaml": form("welcome", "person.name", "home.address"),
    "elements/home.address.yaml": element("home.address", "address"),
    "elements/home.people.yaml": element("home.people", "integer"),
    "elements/school.child.yaml": element("school.child"),
    "elements/parking.plate.yaml": element("parking.plate"),
    "elements/welcome.gift.yaml": element("welcome.gift"),
    "elements/proof.paper.yaml": element("proof.paper", "file"),
    "resources/town.people.yaml": register("town.people", "person", "person.name", "person.citizen-id"),
    "resources/enter.register.yaml": register("enter.register", "person", "home.address", "home.people"),
    "resources/school.register.yaml": register("school.register", "person", "school.child"),
    "resources/parking.register.yaml": register("parking.register", "person", "parking.plate"),
    "resources/welcome.register.yaml": (
        "kind: resource\nid: welcome.register\ntitle: welcome.register\nshape: state\nabout: person\nkept_by: keep\nfields:\n"
        "  - {element: welcome.gift, role: source}\n  - {element: person.name, role: use}\nsharing: {terms: unconditional}\n"
    ),
    **{f"duties/{id}-duty.yaml": duty(f"{id}-duty", TITLES[id], "case.cancel") for id in ITEMS},
    "numbering/person-number.yaml": (
        'kind: numbering\nid: person-number\ntitle: 身份号\nparts:\n  - {text: "460199"}\n  - {element: person.birth-date}\n'
        '  - {counter: {digits: 3, parity: {element: person.sex, odd: ["1"]}}}\ncheck: citizen-id\n'
    ),
    "numbering/one-digit.yaml": (
        "kind: numbering\nid: one-digit\ntitle: 一位\nparts:\n  - {text: A}\n  - {counter: {digits: 1, first: 8}}\n"
    ),
    "duties/keep.yaml": "kind: duty\nid: keep\ntitle: 管理\nmay: []\n",
    "messages/granted.yaml": message("granted"),
    "messages/refused.yaml": message("refused"),
    "sample/posts.csv": (
        "code,unit,title,duties\ne-1,south,迁入岗,enter-duty\ns-1,north,入学岗,school-duty welcome-duty\n"
        "p-1,south,停车岗,parking-duty\n"
    ),
    "sample/accounts.csv": "login,password,kind,scheme,identifier,posts,since\n"
    + "".join(
        f"{login},{PASSWORD},person,citizen-id,{IDS[login]},{post},2026-01-01\n"
        for login, post in {"mei": "", "kai": "", "qin": "e-1", "shi": "s-1", "tang": "p-1"}.items()
    ),
    "sample/areas.csv": (
        "code,title,places,duties,unit,since\nhomes,海秀街道,460105002,enter-duty parking-duty,south,2026-01-01\n"
        "schools,海秀学区,460105002,school-duty welcome-duty,north,2026-01-01\n"
    ),
}  # fmt: skip


def copy_moving(folder: Path) -> Path:
    """A folder of packs: the real ones below, the small city, and the bundle."""
    for pack in (PACKS / "base", PACKS / "address-statement", PACKS / "discrepancies", SMALL_CITY):
        shutil.copytree(pack, folder / pack.name, ignore=shutil.ignore_patterns("rehearsals"))
    write_pack(folder, "moving", FILES, depends_on=("base", "small-city"))
    return folder


@dataclass(frozen=True, slots=True)
class Moving(Town):
    """Who acts, by login: mei moves house, qin enters, shi answers for the school, tang for parking."""

    def form(self, login: str = "mei") -> Any:
        from yiwang.cases import queries

        return queries.bundle_form_for(self.self(login), BUNDLE)

    def apply(self, login: str = "mei", *, key: str = "", **changes: Any) -> Any:
        """The one form as one sends it who has just opened it. A change to None leaves a value out."""
        from yiwang.cases import services

        form = self.form(login)
        values = {name: value for name, value in {**ANSWERS, **changes}.items() if value is not None}
        return services.submit_bundle(
            self.self(login),
            BUNDLE,
            self.with_files(login, values),
            idempotency_key=key or uuid4().hex,
            form_digest=form.digest,
            facts={one.name: str(one.source.record_id) for one in form.fields if one.source},
        )

    def progress(self, application_id: UUID, login: str = "mei") -> Any:
        """The application as its applicant reads it."""
        from yiwang.cases import queries

        return queries.application(self.self(login), application_id)

    def part(self, application_id: UUID, item: str) -> Any:
        """One of its parts."""
        return next(one for one in self.progress(application_id).parts if one.item_id == item)

    def decides(self, login: str, application_id: UUID, item: str, act: str = "accept", reason: str = "") -> None:
        """Decide a part in one's post, and let everything follow that follows."""
        self.does(login, self.part(application_id, item).case_id, act, reason)
        follow()

    def states(self, application_id: UUID) -> dict[str, str]:
        """Item → state of each part."""
        return {one.item_id: str(one.state) for one in self.progress(application_id).parts}


def follow() -> None:
    """Deliver what cases told to the subscriber that goes on with applications, as the outbox would; and once more for each."""
    from yiwang.cases.events import CASE_ENDED
    from yiwang.cases.services.following import system_follow_ended
    from yiwang.outbox.models import Event
    from yiwang.outbox.values import DeliveredEvent

    run_outside()
    for _twice in range(2):
        for one in Event.objects.filter(type=CASE_ENDED).order_by("id"):
            system_follow_ended(
                DeliveredEvent(
                    position=one.id,
                    event_id=one.event_id,
                    type=one.type,
                    source=one.source,
                    subject=one.subject,
                    time=one.time,
                    machine_time=one.machine_time,
                    data=one.data,
                    correlation_id=one.correlation_id,
                    origin=one.origin,
                )
            )
    run_outside()


@pytest.fixture(scope="session")
def moving_template(server: Any, template: str, django_db_blocker: Any, tmp_path_factory: Any) -> str:
    """A database with the packs applied, the officers, and what the registers say of mei and kai."""
    from yiwang.acts.values import system
    from yiwang.packs.services import apply, load_samples
    from yiwang.records.queries import make_months_ahead

    def fill() -> None:
        packs = copy_moving(tmp_path_factory.mktemp("packs") / "packs")
        apply(system("tests"), [packs])
        load_samples([packs])
        town = Moving()
        for login, name in (("mei", "梅香"), ("kai", "凯风")):
            town.says("town.people", town.subject(login), {"person.name": name, "person.citizen-id": IDS[login]})
        make_months_ahead()

    with django_db_blocker.unblock():
        return made_once(server, TEMPLATE, template, fill)


@pytest.fixture(scope="session")
def moving_clone(server: Any, moving_template: str) -> str:
    """This worker's clone, for tests that are rolled back."""
    return clone_of(server, moving_template, "moving_rolled_back")


@pytest.fixture
def moving(moving_clone: str, permit_office: None, django_db_blocker: Any) -> Iterator[Moving]:
    """The town; what the test writes is rolled back."""
    with django_db_blocker.unblock(), rolled_back_in(moving_clone):
        yield Moving()
        check_desks()


@pytest.fixture
def own_moving(server: Any, moving_template: str, permit_office: None, django_db_blocker: Any) -> Iterator[Moving]:
    """A town of the test's own: what is committed stays until the test ends; threads may join."""
    with django_db_blocker.unblock(), connected_to_a_clone(server, moving_template, "moving"):
        yield Moving()
        check_desks()
