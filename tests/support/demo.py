"""The demonstration city, whole: packs applied and samples loaded once in a run, then cloned; clients that act in it by name.

Import the fixtures into a `conftest.py`: `demo_template`, `demo` (rolled back), `own_demo` (committed, for children and threads).
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import Any
from uuid import UUID, uuid4

import pytest
from support.databases import clone_of, connected_to_a_clone, made_once, rolled_back_in
from support.desks import check_desks

TEMPLATE = "template_demo"
PASSWORD = "Yiwang-demo-2026"
ITEM = "address-statement"
RESIDENT, NEIGHBOUR = "lin.xiuying", "chen.dawen"
OFFICER, OTHER_OFFICER = "wu.qing", "fu.hai"
SUPERVISOR, DISTRICT_SUPERVISOR = "lu.jing", "su.ming"
ADMINISTRATORS = ("sys.admin", "sec.admin", "aud.admin")
HAIXIU = {"county": "460105", "township": "460105002", "village": ""}


@pytest.fixture(scope="session")
def demo_template(server: Any, template: str, django_db_blocker: Any) -> str:
    """A database with every pack of the repository applied and its invented people."""
    from yiwang.acts.values import system
    from yiwang.packs.services import apply, load_samples

    def fill() -> None:
        apply(system("tests"))
        load_samples()

    with django_db_blocker.unblock():
        return made_once(server, TEMPLATE, template, fill)


@dataclass
class Demo:
    """What a test does in the city through its faces."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    heard: int = 0

    def client(self, login: str = "", *, post: bool | str = False, agent: bool = False, language: str = "") -> Any:
        """A browser in which `login` has signed in: as the person, in the only post, in the post of that title, or as an agent under the
        only mandate that he holds.
        """
        from django.test import Client

        client = Client(HTTP_HOST="127.0.0.1")
        if language:
            client.cookies["yiwang_language"] = language
        if login:
            page = "/desk/sign-in/" if post else "/sign-in/"
            answer = client.post(page, {"login": login, "password": PASSWORD})
            assert answer.status_code == 303, (login, answer.status_code, answer.content.decode()[-800:])
        if agent:
            [chosen] = client.get("/my/capacity/").context["able"]
            assert client.post("/my/capacity/", {"capacity": f"mandate:{chosen.mandate_id}"}).status_code == 303
        if isinstance(post, str):
            held = client.get("/desk/post/").context["held"]
            [chosen] = [one.id for one in held if one.title == post]
            assert client.post("/desk/post/", {"post": chosen}).status_code == 303
        return client

    def answers(self, **changes: str) -> dict[str, str]:
        """The form as a browser sends it, filled for a community of 海秀街道."""
        village = self.village("海秀街道")
        filled = {
            "residence.address.county": village[:6],
            "residence.address.township": village[:9],
            "residence.address.village": village,
            "residence.address.detail": "金盘路30号5栋1202室",
            "residence.since": "2026-03-01",
            "residence.phone": "13807491234",
            "idempotency_key": uuid4().hex,
        }
        return {**filled, **changes}

    def village(self, street: str) -> str:
        """The first community of a street."""
        from yiwang.places import queries

        [found] = [one for one in queries.search_places(street) if one.title == street]
        return queries.children(found.code)[0].code

    def open_form(self, client: Any, **changes: str) -> dict[str, str]:
        """Answers with what the page itself puts into the form."""
        page = client.get(f"/items/{ITEM}/apply/")
        assert page.status_code == 200, page.content.decode()[-800:]
        digest = page.context["form"].digest
        return self.answers(**{"form_digest": digest, "idempotency_key": page.context["idempotency_key"], **changes})

    def send(self, client: Any, **changes: str) -> UUID:
        """Fill in and send; the new case's id."""
        answer = client.post(f"/items/{ITEM}/apply/", self.open_form(client, **changes))
        assert answer.status_code == 303, answer.content.decode()[-3000:]
        return UUID(answer["Location"].split("/")[2])

    def settle(self) -> None:
        """Do what the worker would do by now: outside actions."""
        from yiwang.cases.models import ActionRun
        from yiwang.cases.services import system_run_action

        for run_id in ActionRun.objects.filter(state="pending").values_list("pk", flat=True):
            system_run_action(run_id)

    def tell(self) -> None:
        """Let every subscriber hear what happened since the last time; the worker itself hears what is committed alone."""
        from yiwang.outbox.models import Event
        from yiwang.outbox.registry import subscribers
        from yiwang.outbox.values import DeliveredEvent

        names = [one.name for one in fields(DeliveredEvent) if one.name != "position"]
        while found := list(Event.objects.filter(id__gt=self.heard).order_by("id")):
            for one in found:
                event = DeliveredEvent(position=one.id, **{name: getattr(one, name) for name in names})
                for subscriber in subscribers():
                    if event.type in subscriber.types:
                        subscriber.handler(event)
            self.heard = found[-1].id

    def task_of(self, client: Any, case_id: UUID) -> tuple[UUID, int]:
        """The open task of a case and the version to send back, as the officer's client sees them."""
        found = client.get(f"/api/v1/cases/{case_id}").json()
        return UUID(found["tasks"][0]["id"]), int(found["version"])


def call(client: Any, method: str, path: str, body: Any = None, **headers: str) -> Any:
    """Call the API as a program with a session does."""
    token = client.get("/api/v1/session").json()["csrf_token"]
    content = json.dumps(body if body is not None else {})
    return client.generic(
        method, path, content, content_type="application/json", headers={"X-CSRFToken": token, **headers}
    )


@pytest.fixture
def demo(server: Any, demo_template: str, django_db_blocker: Any) -> Iterator[Demo]:
    """The city; what the test writes is rolled back."""
    name = f"demo_of_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    clone_of(server, demo_template, name)
    with django_db_blocker.unblock(), rolled_back_in(name):
        yield Demo(name)
        check_desks()


@pytest.fixture
def own_demo(server: Any, demo_template: str, django_db_blocker: Any) -> Iterator[Demo]:
    """A city of the test's own: what is committed stays until the test ends."""
    with django_db_blocker.unblock(), cloned(server, demo_template) as made:
        yield made


@contextmanager
def cloned(server: Any, demo_template: str) -> Iterator[Demo]:
    """A clone of the demonstration city, to which Django is connected meanwhile."""
    from django.conf import settings

    with connected_to_a_clone(server, demo_template, "demo") as name:
        urls = {"YIWANG_DATABASE_URL": server.url(name, "owner"), "YIWANG_APP_DATABASE_URL": server.url(name, "app")}
        yield Demo(name, dict(os.environ) | settings.YIWANG.as_environment() | urls)
        check_desks()
