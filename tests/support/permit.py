"""A small town with one permit: two registers, five materials of every kind, the process of licences, and the officers for it.

Import the fixtures into a `conftest.py`: `permit_template`, `town` (rolled back), `own_town` (committed, for threads).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from support import contents
from support.databases import clone_of, connected_to_a_clone, made_once, rolled_back_in
from support.desks import check_desks
from support.packs import element, write_pack

PACKS = Path(__file__).parents[2] / "packs"
SMALL_CITY = Path(__file__).parents[1] / "cases" / "packs" / "small-city"
TEMPLATE = "template_permit"
ITEM = "stall-permit"
PASSWORD = "Small-city-2026"
PLACE = {"place": "460105002001", "detail": "海港路 9 号"}
ELSEWHERE = {"place": "460105002002", "detail": "东方洋路 1 号"}
PLAN = {"name": "平面图.pdf"}
"""Stands for a file in answers: `Town.with_files` hands one in and puts it there."""
LONG_AGO = date(2026, 1, 5)

IDS = {
    "mei": "460199199004051205",
    "kai": "460199198506071316",
    "qin": "460199198402031424",
    "ruan": "460199198303091536",
    "shi": "460199198208081647",
    "tang": "460199198109091751",
    "guan": "460199198010101868",
    "lei": "460199197911111970",
}
CODES = {"one": "924601990000050122", "two": "92460199000005020W"}

ITEM_FILE = """\
kind: item
id: stall-permit
title: {zh-Hans: 摊位许可, en: Permit for a stall}
summary: {zh-Hans: 开一个摊位, en: Open a stall}
about: organisation
applicant: {kind: person, called: stall.name, nobody: 由摊主申请。}
basic_code: "010199001000"
level: 4
form: stall-permit
place: stall.address
process: licence
parameters:
  accepting: take-up
  reviewing: look-over
  deciding: grant
  checking: take-up
  certificate: stall-permit
  supplement_days: 5
  writes:
    - {resource: stall.permits}
  accepted_message: taken-up
  not_accepted_message: not-taken-up
  supplement_message: please-supply
  granted_message: granted
  refused_message: refused
  revoked_message: revoked
clocks: [{limit: lic-decide, promise: 10}, {limit: lic-supplement}, {limit: lic-deliver}]
materials:
  - id: register-entry
    title: {zh-Hans: 登记证, en: Register entry}
    kind: fact
    elements: [stall.name, stall.number]
  - id: hygiene
    title: {zh-Hans: 卫生培训证明, en: Hygiene course}
    kind: fact
    elements: [hygiene.until]
    element: hygiene.paper
  - id: plan
    title: {zh-Hans: 平面图, en: Floor plan}
    help: {zh-Hans: 看得清门和水槽, en: Door and sink can be seen}
    kind: upload
    element: stall.plan
    may_follow: true
  - id: rules
    title: {zh-Hans: 卫生制度, en: Hygiene rules}
    kind: promise
    element: stall.rules
    promise:
      text: {zh-Hans: 我承诺开业三十日内建立卫生制度。, en: I promise to have hygiene rules within thirty days.}
      check: {working_days: 20}
      broken: {zh-Hans: 撤销许可。, en: The permit is revoked.}
guide:
  conditions: [{zh-Hans: 有摊位, en: You have a stall}]
  steps: [{zh-Hans: 申请, en: Apply}]
  fee: {zh-Hans: 不收费, en: Free}
  result: {zh-Hans: 许可, en: A permit}
"""


def lights_item(id: str, code: str, *, may_follow: str) -> str:
    """An item for who holds a permit already: the certificate of the other item is its one material."""
    return f"""\
kind: item
id: {id}
title: {{zh-Hans: 夜间照明, en: Lights}}
summary: {{zh-Hans: 夜里亮灯, en: Lights at night}}
about: organisation
applicant: {{kind: person, called: stall.name, nobody: 由摊主申请。}}
basic_code: "{code}"
level: 4
form: stall-lights
place: stall.address
process: licence
parameters:
  accepting: take-up
  reviewing: look-over
  deciding: grant
  checking: take-up
  certificate: lights-permit
  supplement_days: 5
  writes:
    - {{resource: stall.lights}}
  accepted_message: taken-up
  not_accepted_message: not-taken-up
  supplement_message: please-supply
  granted_message: granted
  refused_message: refused
  revoked_message: revoked
clocks: [{{limit: lic-decide}}, {{limit: lic-supplement}}, {{limit: lic-deliver}}]
materials:
  - id: permit
    title: {{zh-Hans: 摊位许可证, en: Permit of the stall}}
    help: {{zh-Hans: 由审批部门核发, en: Issued by the office of permits}}
    kind: certificate
    certificate: stall-permit
    may_follow: {may_follow}
guide:
  conditions: [{{zh-Hans: 有摊位, en: You have a stall}}]
  steps: [{{zh-Hans: 申请, en: Apply}}]
  fee: {{zh-Hans: 不收费, en: Free}}
  result: {{zh-Hans: 许可, en: A permit}}
"""


def duty(id: str, title: str, *more: str) -> str:
    grants = ["task.decide", "case.read", "record.read", "record.write", *more]
    return f"kind: duty\nid: {id}\ntitle: {title}\nmay:\n" + "".join(
        f"  - {{action: {one}, scope: unit}}\n" for one in grants
    )


def message(id: str, body: str = "{item.title} {case.number} {case.reason}") -> str:
    return f"kind: message\nid: {id}\ntitle: {id}\nbody: |\n  {body}\n"


def register(id: str, about: str, *fields: str, keeper: str = "") -> str:
    called = "called: stall.name\n" if keeper else ""
    lines = [f"kind: resource\nid: {id}\ntitle: {id}\nshape: state\nabout: {about}\n{called}kept_by: keep\nfields:"]
    named = {one: ", represents: citizen-id" if one == keeper else "" for one in fields}
    lines += [f"  - {{element: {one}, role: source{more}}}" for one, more in named.items()]
    return "\n".join([*lines, "sharing: {terms: unconditional}", ""])


FILES: dict[str, str | bytes] = {
    "items/stall-permit.yaml": ITEM_FILE,
    "forms/stall-permit.yaml": (
        "kind: form\nid: stall-permit\ntitle: {zh-Hans: 摊位许可申请, en: Application}\nsections:\n"
        "  - title: {zh-Hans: 经营者, en: Keeper}\n    fields:\n"
        "      - {element: person.name}\n      - {element: stall.name}\n      - {element: stall.address}\n"
        "  - title: {zh-Hans: 摊位, en: Stall}\n    fields:\n"
        "      - {element: stall.goods}\n      - {element: stall.seats, required: false}\n"
        "checks:\n"
        "  - check: stall.goods != '鞭炮' || stall.seats == 0\n    "
        "message: {zh-Hans: 卖鞭炮的摊位不设座位。, en: No seats with firecrackers.}\n"
        "    at: stall.seats\n    law: 烟花爆竹安全管理条例\n    article: 第十六条\n"
        "  - {check: stall.goods != stall.name, message: {zh-Hans: 写卖什么，不写摊位名称。, en: Say what you sell.}, at: stall.goods}\n"
    ),
    "items/stall-lights.yaml": lights_item("stall-lights", "010199002000", may_follow="false"),
    "items/stall-lamps.yaml": lights_item("stall-lamps", "010199003000", may_follow="true"),
    "forms/stall-lights.yaml": (
        "kind: form\nid: stall-lights\ntitle: {zh-Hans: 夜间照明申请, en: Application}\nsections:\n"
        "  - title: {zh-Hans: 摊位, en: Stall}\n    fields:\n"
        "      - {element: stall.name}\n      - {element: stall.address}\n      - {element: stall.lamps}\n"
    ),
    "elements/stall.lamps.yaml": element("stall.lamps", "integer"),
    "resources/stall.lights.yaml": register("stall.lights", "organisation", "stall.lamps"),
    "certificates/lights-permit.yaml": (
        "kind: certificate\nid: lights-permit\ntitle: 照明许可证\ntype_code: 11100000000013338W202\n"
        "holder: {kind: organisation, name: stall.name}\nfields:\n  - {element: stall.name}\n"
        "issued_by: grant\ntemplate: stall-permit\n"
    ),
    "elements/stall.name.yaml": element("stall.name"),
    "elements/stall.number.yaml": element("stall.number"),
    "elements/stall.keeper-id.yaml": element("stall.keeper-id", "citizen-id", "sensitive"),
    "elements/stall.address.yaml": element("stall.address", "address"),
    "elements/stall.goods.yaml": element("stall.goods"),
    "elements/stall.seats.yaml": element("stall.seats", "integer"),
    "elements/stall.plan.yaml": element("stall.plan", "file"),
    "elements/stall.rules.yaml": element("stall.rules", "boolean"),
    "elements/hygiene.until.yaml": element(
        "hygiene.until", "date", check="value >= today", check_message="{zh-Hans: 证明已过期, en: It has run out}"
    ),
    "elements/hygiene.paper.yaml": element("hygiene.paper", "file"),
    "resources/stall.register.yaml": register(
        "stall.register", "organisation", "stall.name", "stall.number", "stall.keeper-id", "stall.address",
        keeper="stall.keeper-id",
    ),
    "resources/town.people.yaml": register("town.people", "person", "person.name", "person.citizen-id"),
    "resources/hygiene.courses.yaml": register("hygiene.courses", "person", "hygiene.until"),
    "resources/stall.permits.yaml": (
        "kind: resource\nid: stall.permits\ntitle: stall.permits\nshape: state\nabout: organisation\nkept_by: keep\nfields:\n"
        "  - {element: stall.goods, role: source}\n  - {element: stall.name, role: use}\nsharing: {terms: unconditional}\n"
    ),
    "duties/take-up.yaml": duty("take-up", "受理", "case.cancel", "certificate.revoke-of-case"),
    "duties/look-over.yaml": duty("look-over", "审查"),
    "duties/grant.yaml": duty(
        "grant", "决定", "record.read-sensitive", "certificate.read", "certificate.suspend", "certificate.resume"
    ),
    "duties/keep.yaml": "kind: duty\nid: keep\ntitle: 管理\nmay: []\n",
    **{
        f"messages/{id}.yaml": message(id)
        for id in ("taken-up", "not-taken-up", "granted", "refused", "revoked")
    },
    "messages/please-supply.yaml": message("please-supply", "{case.wanted}"),
    "certificates/stall-permit.yaml": (
        "kind: certificate\nid: stall-permit\ntitle: 摊位许可证\ntype_code: 11100000000013338W201\n"
        "holder: {kind: organisation, name: stall.name}\nfields:\n  - {element: stall.name}\n  - {element: stall.goods}\n"
        "validity: {years: 5}\nissued_by: grant\ntemplate: stall-permit\n"
    ),
    "templates/stall-permit.typ": (
        '// 摊位许可证\n#let certificate(data) = [#data.title #data.field.at("stall.name") #box(width: 2cm, data.qr)]\n'
    ),
    "sample/posts.csv": (
        "code,unit,title,duties\nw-1,south,受理岗,take-up\nw-2,south,受理二岗,take-up\nr-1,south,审查岗,look-over\n"
        "d-1,south,决定岗,grant\nall-1,south,综合岗,take-up grant look-over\nh-1,south,负责人岗,lead-unit\n"
    ),
    "sample/accounts.csv": "login,password,kind,scheme,identifier,posts,since\n"
    + "".join(
        f"{login},{PASSWORD},person,citizen-id,{IDS[login]},{post},2026-01-01\n"
        for login, post in {
            "mei": "", "kai": "", "qin": "w-1", "ruan": "w-2", "shi": "r-1", "tang": "d-1", "guan": "all-1", "lei": "h-1"
        }.items()
    ),
    "sample/areas.csv": "code,title,places,duties,unit,since\nstalls,海秀街道,460105002,take-up grant look-over,south,2026-01-01\n",
}  # fmt: skip


def write_packs(folder: Path) -> Path:
    """The packs of the town, in a folder."""
    for pack in (PACKS / "base", PACKS / "address-statement", PACKS / "discrepancies", SMALL_CITY):
        shutil.copytree(pack, folder / pack.name, ignore=shutil.ignore_patterns("rehearsals"))
    write_pack(folder, "stalls", FILES, depends_on=("base", "small-city"))
    return folder


@pytest.fixture(scope="session")
def permit_template(server: Any, template: str, django_db_blocker: Any, tmp_path_factory: Any) -> str:
    """A database with the packs applied, the officers, and what the registers say of mei: one stall, her own."""
    from yiwang.acts.values import system
    from yiwang.packs.services import apply, load_samples
    from yiwang.records.queries import make_months_ahead

    def fill() -> None:
        packs = write_packs(tmp_path_factory.mktemp("packs") / "packs")
        apply(system("tests"), [packs])
        load_samples([packs])
        _fill_registers()
        make_months_ahead()

    with django_db_blocker.unblock():
        return made_once(server, TEMPLATE, template, fill)


def _fill_registers() -> None:
    from yiwang.acts.values import system
    from yiwang.subjects.services import system_register_subjects
    from yiwang.subjects.values import NewSubject

    system_register_subjects(
        system("tests"), [NewSubject("organisation", {"credit-code": code}) for code in CODES.values()]
    )
    town = Town()
    town.says("town.people", town.subject("mei"), {"person.name": "梅香", "person.citizen-id": IDS["mei"]})
    town.says("town.people", town.subject("kai"), {"person.name": "凯风", "person.citizen-id": IDS["kai"]})
    town.says("stall.register", town.stall("one"), stall_of("mei", "梅香小吃", "S-1"))
    town.says("hygiene.courses", town.subject("mei"), {"hygiene.until": "2030-01-01"})


def stall_of(keeper: str, name: str, number: str, place: Mapping[str, str] = PLACE) -> dict[str, object]:
    return {
        "stall.name": name,
        "stall.number": number,
        "stall.keeper-id": IDS[keeper],
        "stall.address": dict(place),
    }


@dataclass(frozen=True, slots=True)
class Town:
    """Who acts, by login, and what the registers say."""

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

    def agent(self, login: str, mandate_id: UUID) -> Any:
        """For another, under a mandate."""
        from yiwang.identity.models import Account
        from yiwang.identity.queries import actor_for_mandate

        return actor_for_mandate(Account.objects.get(login=login), mandate_id)

    def mandate(
        self,
        giver: str = "mei",
        agent: str = "kai",
        *,
        items: Collection[str] | None = (ITEM,),
        days: int = 30,
        since: int = 0,
        accepted: bool = True,
        subject: UUID | None = None,
    ) -> UUID:
        """The giver lets somebody act for the stall that he represents (or another subject), for so many days, from so many days away."""
        from yiwang.identity import services
        from yiwang.identity.models import Account
        from yiwang.kernel.time import today

        begins = today() + timedelta(days=since)
        new = services.NewMandate(subject or self.stall("one"), items, begins, begins + timedelta(days=days))
        made = services.give_mandate(self.self(giver), Account.objects.get(login=agent).id, new)
        if accepted:
            services.accept_mandate(self.self(agent), made)
        return made

    def subject(self, login: str) -> UUID:
        from yiwang.subjects.queries import system_find_subject

        found = system_find_subject("citizen-id", IDS[login])
        assert found is not None
        return found

    def stall(self, name: str) -> UUID:
        from yiwang.subjects.queries import system_find_subject

        found = system_find_subject("credit-code", CODES[name])
        assert found is not None
        return found

    def says(
        self, resource: str, subject: UUID, values: Mapping[str, object], *, since: date = LONG_AGO, gone: bool = False
    ) -> None:
        """What a register says from a day on."""
        from yiwang.acts.values import system
        from yiwang.identity.queries import system_unit_by_code
        from yiwang.records.services import system_ingest
        from yiwang.records.values import Door, IngestRow

        unit = system_unit_by_code("south")
        assert unit is not None
        row = IngestRow(subject, values, since, unit_id=unit.id, retracted=gone)
        system_ingest(system("tests"), resource, [row], door=Door.FEED)

    def client(self, login: str = "", *, post: bool = False) -> Any:
        """A browser in which `login` has signed in: as the person, or in the (only) post."""
        from django.test import Client

        client = Client(HTTP_HOST="127.0.0.1")
        if login:
            answer = client.post("/desk/sign-in/" if post else "/sign-in/", {"login": login, "password": PASSWORD})
            assert answer.status_code == 303, (login, answer.status_code)
        return client

    # ── the walk of a case ──

    def send(
        self, login: str = "mei", *, facts: bool = True, item: str = ITEM, under: UUID | None = None, **changes: Any
    ) -> Any:
        """The form as one sends it who has just opened it, typing only what nobody knows. A change to None leaves a value out.

        under: as the agent of this mandate.
        """
        from yiwang.cases import queries, services

        actor = self.self(login) if under is None else self.agent(login, under)
        form = queries.form_for(actor, item)
        values = {**(ANSWERS if item == ITEM else {}), **changes}
        return services.submit(
            actor,
            item,
            self.with_files(login, {name: value for name, value in values.items() if value is not None}, under=under),
            idempotency_key=uuid4().hex,
            form_digest=form.digest,
            facts={one.name: str(one.source.record_id) for one in form.fields if one.source} if facts else None,
        )

    def task(self, login: str, case_id: UUID, *, post: bool = True) -> Any:
        """The one task of a case that waits, as `login` reads it."""
        from yiwang.cases import queries

        actor = self.post(login) if post else self.self(login)
        [one] = queries.case(actor, case_id).tasks
        return queries.task(actor, one.id)

    def does(self, login: str, case_id: UUID, act: str, reason: str = "", **more: Any) -> Any:
        """Do the waiting task in one's post, and let the outside actions run."""
        from yiwang.cases import queries, services

        task = self.task(login, case_id)
        actor = self.post(login)
        services.advance(actor, task.id, version=task.version, act=act, reason=reason, **more)
        run_outside()
        return queries.case(actor, case_id)

    def answers(self, login: str, case_id: UUID, values: Mapping[str, object]) -> Any:
        """Answer what one is asked for."""
        from yiwang.cases import services

        task = self.task(login, case_id, post=False)
        return services.answer_task(self.self(login), task.id, self.with_files(login, values), version=task.version)

    def with_files(self, login: str, values: Mapping[str, object], *, under: UUID | None = None) -> dict[str, object]:
        """The answers with a file that was really handed in wherever `PLAN` stands."""
        from yiwang.documents import services

        filled = dict(values)
        for name in [name for name, value in filled.items() if value == PLAN]:
            actor = self.self(login) if under is None else self.agent(login, under)
            given = services.receive(
                actor, BytesIO(contents.pdf()), name=PLAN["name"], allowed=("pdf",), largest_bytes=1 << 20
            )
            filled[name] = {"id": str(given.id)}
        return filled

    def granted(self, case_id: UUID) -> None:
        """The way to the grant: taken up by qin, looked over by shi, granted by tang."""
        self.does("qin", case_id, "accept")
        self.does("shi", case_id, "agree")
        self.does("tang", case_id, "grant")


ANSWERS: dict[str, Any] = {"stall.goods": "清补凉", "stall.plan": PLAN, "stall.rules": True}


def run_outside() -> None:
    """Run every outside action that is due, until none is left, as the worker would."""
    from yiwang.cases.models import ActionRun
    from yiwang.cases.services import system_run_action

    while due := list(ActionRun.objects.filter(state="pending").values_list("pk", flat=True)):
        for run_id in due:
            system_run_action(run_id)
        gone_wrong = ActionRun.objects.filter(state="failed").values_list("error", flat=True)
        assert not gone_wrong, list(gone_wrong)


@pytest.fixture(scope="session")
def permit_clone(server: Any, permit_template: str) -> str:
    """This worker's clone, for tests that are rolled back."""
    return clone_of(server, permit_template, "permit_rolled_back")


@pytest.fixture
def permit_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What certificates need: the city's key, and a folder for files."""
    from yiwang.kernel.crypto import INTL, write_key_file
    from yiwang.kernel.time import machine_now

    key, folder = tmp_path / "keys" / "city-signing.pem", tmp_path / "files"
    key.parent.mkdir(mode=0o700)
    begin = machine_now() - timedelta(days=1)
    write_key_file(key, INTL.generate(not_before=begin, not_after=begin + timedelta(days=100)))
    for module in ("yiwang.documents.services.signing", "yiwang.documents.queries.verification"):
        monkeypatch.setattr(f"{module}.city_key_path", lambda: key)
    monkeypatch.setattr("yiwang.documents.registry._folder", lambda: folder)


@pytest.fixture
def town(permit_clone: str, permit_office: None, django_db_blocker: Any) -> Iterator[Town]:
    """The town; what the test writes is rolled back."""
    with django_db_blocker.unblock(), rolled_back_in(permit_clone):
        yield Town()
        check_desks()


@pytest.fixture
def own_town(server: Any, permit_template: str, permit_office: None, django_db_blocker: Any) -> Iterator[Town]:
    """A town of the test's own: what is committed stays until the test ends; threads may join."""
    with django_db_blocker.unblock(), connected_to_a_clone(server, permit_template, "permit"):
        yield Town()
        check_desks()
