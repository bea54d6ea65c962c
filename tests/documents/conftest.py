"""A small city in which a permit is a certificate: the street offices of the cases' small city, and the pack `stall-permit`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from ruamel.yaml import YAML
from support.databases import clone_of, connected_to_a_clone, made_once, rolled_back_in

from yiwang.documents import registry
from yiwang.documents.values import Limits
from yiwang.kernel.crypto import INTL, write_key_file
from yiwang.kernel.time import machine_now

TESTS = Path(__file__).parents[1]
FOLDERS = [TESTS.parent / "packs", TESTS / "cases" / "packs", TESTS / "documents" / "packs"]
TEMPLATE = "template_stall_city"
PLACE = {"place": "460105002001", "detail": "海港路 8 号"}
ANSWERS: dict[str, Any] = {
    "stall.keeper": "林秀英",
    "stall.keeper-number": "460199196103089029",
    "stall.goods": "清补凉",
    "stall.place": PLACE,
}


def copy_packs(folder: Path) -> Path:
    """A folder with the packs of this city, and those on which they depend."""
    wanted, copied = ["stall-permit", "small-city"], set()
    while wanted:
        name = wanted.pop()
        if name not in copied:
            [root] = [place / name for place in FOLDERS if (place / name).is_dir()]
            shutil.copytree(root, folder / name, ignore=shutil.ignore_patterns("rehearsals"))
            wanted += YAML(typ="safe").load(root / "pack.yaml").get("depends_on", [])
            copied.add(name)
    return folder


@pytest.fixture(scope="session")
def stall_city_template(server: Any, template: str, django_db_blocker: Any, tmp_path_factory: Any) -> str:
    """A database with the packs applied and the sample people in it; made once in a process."""
    from yiwang.acts.values import system
    from yiwang.packs.services import apply, load_samples
    from yiwang.records.queries import make_months_ahead

    def fill() -> None:
        packs = copy_packs(tmp_path_factory.mktemp("packs") / "packs")
        apply(system("tests"), [packs])
        load_samples([packs])
        make_months_ahead()

    with django_db_blocker.unblock():
        return made_once(server, TEMPLATE, template, fill)


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of keys of this test's own, with the city's key in it; returns the key's file."""
    path = tmp_path / "keys" / "city-signing.pem"
    path.parent.mkdir(mode=0o700)
    write_key_file(
        path, INTL.generate(not_before=machine_now() - timedelta(days=1), not_after=machine_now() + timedelta(days=99))
    )
    for module in ("yiwang.audit.queries", "yiwang.audit.services", "yiwang.documents.queries.verification"):
        monkeypatch.setattr(f"{module}.city_key_path", lambda: path)
    monkeypatch.setattr("yiwang.documents.services.signing.city_key_path", lambda: path)
    return path


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of files of this test's own."""
    folder = tmp_path / "files"
    monkeypatch.setattr("yiwang.documents.registry._folder", lambda: folder)
    return folder


class People:
    """Actors by log-in."""

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
        """Who keeps a stall."""
        return self.self("lin")

    @property
    def he(self) -> Any:
        """Keeps the certificates of the southern street."""
        return self.post("heyu")


@contextmanager
def clone(server: Any, template: str, django_db_blocker: Any) -> Iterator[str]:
    with django_db_blocker.unblock(), connected_to_a_clone(server, template, "stall_city") as name:
        yield name


@pytest.fixture(scope="session")
def stall_city_clone(server: Any, stall_city_template: str) -> str:
    """This worker's clone, for tests that are rolled back."""
    return clone_of(server, stall_city_template, "stall_city_rolled_back")


@pytest.fixture
def people(stall_city_clone: str, django_db_blocker: Any, keys: Path, files: Path) -> Iterator[People]:
    """The city of stalls; what the test writes is rolled back."""
    with django_db_blocker.unblock(), rolled_back_in(stall_city_clone):
        yield People()


@pytest.fixture
def own_city(
    server: Any, stall_city_template: str, django_db_blocker: Any, keys: Path, files: Path
) -> Iterator[People]:
    """A city of stalls of the test's own: what is committed stays until the test ends; threads may join."""
    with clone(server, stall_city_template, django_db_blocker):
        yield People()


def issue(people: People, certificate: str = "stall-permit", *, key: str = "", who: str = "lin", **values: Any) -> UUID:
    """Issue a certificate to somebody as a case of the southern street would."""
    from yiwang.acts.queries import current_release
    from yiwang.acts.values import system
    from yiwang.catalog.queries import list_elements, validate
    from yiwang.documents.services import Cause, system_issue_certificate
    from yiwang.identity.queries import system_unit_by_code
    from yiwang.kernel.time import now, today

    person = people.self(who)
    typed, faults = validate(
        ANSWERS | values,
        [one for id, one in list_elements().items() if id.startswith("stall.")],
        today=today(),
    )
    assert faults == []
    unit = system_unit_by_code("south")
    assert unit is not None
    cause = Cause(
        key=key or uuid4().hex,
        at=now(),
        release=current_release(),
        unit_id=unit.id,
        applicant_id=person.capacity_id,
        case_id=uuid4(),
        case_number="X",
    )
    return system_issue_certificate(system("tests"), certificate, person.capacity_id, typed, cause)


# ── Files that people hand in ──


@pytest.fixture
def folder(db: None, tmp_path: Path) -> Iterator[Path]:
    before = registry._folder, registry._limits
    registry.keep_files_in(lambda: tmp_path / "files", lambda: Limits(50 << 20, 500 << 20))
    yield tmp_path / "files"
    registry._folder, registry._limits = before


def somebody() -> Any:
    """A person with an account, as himself."""
    from yiwang.acts.values import Actor, CapacityKind
    from yiwang.identity.models import Account

    account = Account.objects.create(login=f"u{uuid4().hex[:12]}", password="!")
    return Actor(account.id, CapacityKind.SELF, uuid4())


@pytest.fixture
def lin(folder: Path) -> Any:
    return somebody()


@pytest.fixture
def chen(folder: Path) -> Any:
    return somebody()


def files_in(folder: Path) -> list[Path]:
    """Every file that lies in the folder."""
    return [path for path in folder.rglob("*") if path.is_file()]
