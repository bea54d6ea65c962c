"""Officers' accounts are supplied to another system by SCIM: a real one, in memory, behind a real socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest import mock
from uuid import UUID
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from scim2_models import EnterpriseUser, ResourceType, ScimProvider, User
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BearerTokenApplication
from scim2_server.utils import load_default_service_provider_config

from yiwang.acts.values import Actor, system
from yiwang.identity.models import Account, Assignment
from yiwang.identity.models.receivers import Receiver, Supply
from yiwang.identity.queries import list_receivers, receiver_page
from yiwang.identity.services import (
    assign_post,
    close_account,
    close_receiver,
    connect_receiver,
    end_assignment,
    reconcile_receiver,
    renew_receiver_token,
    system_mark_account,
    system_mark_all,
    system_rescue_supplies,
    system_supply,
)
from yiwang.identity.services.receivers import telling
from yiwang.identity.values.receivers import NewReceiver
from yiwang.kernel.errors import Invalid, NotAllowed
from yiwang.kernel.time import machine_now, today

US = system("tests")
TOKEN = "a-token-of-the-mail-system"


@dataclass
class Mail:
    """The other system: what it holds, what it was asked, and how it answers when it is not well."""

    storage: InMemoryStorage = field(default_factory=InMemoryStorage)
    asked: list[tuple[str, str]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    forgets: int = 0  # so many answers are lost after it has done what was asked
    address: str = ""

    @property
    def users(self) -> dict[str, Any]:
        """By log-in."""
        return {one.user_name: one for one in self.storage.resources}  # type: ignore[attr-defined]

    def count(self, method: str) -> int:
        return sum(1 for one, _path in self.asked if one == method)


@pytest.fixture
def mail() -> Iterator[Mail]:
    made = Mail()
    provider = ScimProvider(
        models=[User, EnterpriseUser],
        resource_types=[ResourceType.from_resource(User[EnterpriseUser])],
        config=load_default_service_provider_config(),
    )
    application = BearerTokenApplication(made.storage, provider, bearer_tokens=[TOKEN])

    def serve(environ: Any, start_response: Any) -> Any:
        made.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        if made.answers:
            start_response(f"{made.answers.pop(0)} No", [("Content-Type", "text/html")])
            return [b"<html>no</html>"]
        given = list(application(environ, start_response))
        if made.forgets and environ["REQUEST_METHOD"] == "POST":
            made.forgets -= 1
            raise ConnectionAbortedError
        return given

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_said: Any) -> None:
            """Say nothing."""

    server = make_server("127.0.0.1", 0, serve, handler_class=Quiet)
    made.address = f"http://127.0.0.1:{server.server_port}/v2"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver(town: Any, mail: Mail) -> UUID:
    return connect_receiver(US, NewReceiver("邮件系统", "gov", ["north"], mail.address, TOKEN))


def deliver(ahead: timedelta = timedelta()) -> None:
    """Do what the worker would do by then."""
    with mock.patch(
        "yiwang.identity.services.receivers.telling.machine_now", side_effect=lambda: machine_now() + ahead
    ):
        for id in Supply.objects.filter(state__in=["due", "sending"]).order_by("id").values_list("id", flat=True):
            system_supply(id)


def hear(account: Any) -> None:
    """Do what the outbox would do with news of an account."""
    system_mark_account(account.id)


def test_who_gets_a_post_gets_an_account_and_who_loses_the_last_loses_it(town: Any, mail: Mail, receiver: UUID) -> None:
    account, other = town.account("wu.qing"), town.account("elsewhere")
    first = assign_post(US, account.id, town.post("north"), today())
    second = assign_post(US, account.id, town.post("north-a"), today())
    assign_post(US, other.id, town.post("south"), today())
    hear(account)
    hear(other)
    deliver()
    assert set(mail.users) == {"wu.qing"}, "officers of other units are not told of"
    told = mail.users["wu.qing"]
    assert (told.active, told.external_id) == (True, str(account.id))
    assert "、" in told.title
    assert "north" in told[EnterpriseUser].department
    end_assignment(US, first)
    hear(account)
    deliver()
    assert mail.users["wu.qing"].active, "one post is left"
    end_assignment(US, second)
    hear(account)
    deliver()
    assert not mail.users["wu.qing"].active
    [line] = receiver_page(US, receiver).rows
    assert (line.state, line.active, line.fault) == ("done", False, "")
    assert mail.count("POST") == 1
    assert mail.count("DELETE") == 0


def test_a_closed_account_is_told(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account("wu.qing")
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    deliver()
    close_account(US, account.id)
    hear(account)
    deliver()
    assert not mail.users["wu.qing"].active


def test_nothing_is_told_twice_without_news(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account()
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    deliver()
    asked = len(mail.asked)
    hear(account)
    assert system_mark_all() == 0
    deliver()
    assert len(mail.asked) == asked
    assert reconcile_receiver(US, receiver) == 1
    deliver()
    assert len(mail.asked) > asked
    assert mail.count("POST") == 1


def test_an_answer_that_was_lost_makes_no_second_account(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account("wu.qing")
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    mail.forgets = 1
    deliver()
    [supply] = Supply.objects.all()
    assert (supply.state, supply.attempts, supply.remote_id) == ("due", 1, "")
    assert set(mail.users) == {"wu.qing"}, "it was made there, and nobody heard"
    deliver(timedelta(minutes=1))
    supply.refresh_from_db()
    assert (supply.state, supply.remote_id) == ("done", mail.users["wu.qing"].id)
    assert mail.count("POST") == 1


def test_a_worker_that_died_is_followed_by_another(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account("wu.qing")
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    [supply] = Supply.objects.all()
    claimed = telling.system_begin_supply(US, supply.id)
    assert claimed is not None
    assert TOKEN not in repr(claimed)
    telling._tell(claimed)  # made there, and then the worker dies before it marks anything
    system_supply(supply.id)
    assert mail.count("POST") == 1, "claimed: nobody else begins meanwhile"
    Supply.objects.update(due_at=machine_now() - timedelta(minutes=2))
    assert system_rescue_supplies() == 1
    system_supply(supply.id)
    supply.refresh_from_db()
    assert (supply.state, supply.remote_id) == ("done", mail.users["wu.qing"].id)
    assert mail.count("POST") == 1


def test_it_is_tried_with_patience_and_then_somebody_has_to_look(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account()
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    mail.answers = [500] * 50
    for attempt in range(12):
        deliver(timedelta(days=attempt + 1))
        Supply.objects.filter(state="due").update(due_at=machine_now())
    [line] = receiver_page(US, receiver).rows
    assert (line.state, line.attempts, line.fault) == ("failed", 8, "refused:500")
    assert system_mark_all() == 0, "what failed is not tried for ever"
    mail.answers = []
    renew_receiver_token(US, receiver, TOKEN)
    deliver()
    assert receiver_page(US, receiver).rows[0].state == "done"


def test_a_wrong_token_and_a_dead_address_are_told_apart(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account()
    assign_post(US, account.id, town.post("north"), today())
    renew_receiver_token(US, receiver, "another-token")
    hear(account)
    deliver()
    assert receiver_page(US, receiver).rows[0].fault == "refused:401"
    Receiver.objects.update(address="http://127.0.0.1:1/v2")
    Supply.objects.update(due_at=machine_now())
    deliver()
    assert receiver_page(US, receiver).rows[0].fault == "not-reached:ConnectionRefusedError"


def test_an_account_of_somebody_else_there_is_left_alone(town: Any, mail: Mail, receiver: UUID) -> None:
    taken = User[EnterpriseUser](user_name="wu.qing", external_id="another-source", active=True)
    mail.storage.create(ResourceType.from_resource(User[EnterpriseUser]), taken)
    account = town.account("wu.qing")
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    deliver()
    assert mail.users["wu.qing"].external_id == "another-source"
    assert receiver_page(US, receiver).rows[0].fault == "login-taken"


def test_one_that_was_there_before_is_taken_over(town: Any, mail: Mail, receiver: UUID) -> None:
    there = User[EnterpriseUser](user_name="wu.qing", active=False)
    mail.storage.create(ResourceType.from_resource(User[EnterpriseUser]), there)
    account = town.account("wu.qing")
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    deliver()
    assert (mail.users["wu.qing"].active, mail.users["wu.qing"].external_id) == (True, str(account.id))
    assert mail.count("POST") == 0


def test_one_that_was_deleted_there_is_made_again(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account("wu.qing")
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    deliver()
    mail.storage.resources = []
    reconcile_receiver(US, receiver)
    deliver()
    assert mail.users["wu.qing"].active


def test_days_that_begin_and_end_are_found_by_the_hourly_look(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account("wu.qing")
    assign_post(US, account.id, town.post("north"), today() + timedelta(days=1))
    hear(account)
    deliver()
    assert not mail.users
    Assignment.objects.update(valid_from=today())
    assert system_mark_all() == 1
    deliver()
    assert mail.users["wu.qing"].active


def test_a_closed_receiver_hears_nothing(town: Any, mail: Mail, receiver: UUID) -> None:
    account = town.account()
    assign_post(US, account.id, town.post("north"), today())
    hear(account)
    close_receiver(US, receiver)
    deliver()
    assert not mail.asked
    assert bytes(Receiver.objects.get().token) == b""


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://mail/v2",
        "http://user:pass@mail/v2",
        "http://mail/v2?x=1",
        "http://mail/v2#x",
        "file:///etc/passwd",
        "mail",
    ],
)
def test_only_addresses_of_services_are_taken(town: Any, address: str) -> None:
    with pytest.raises(Invalid) as refused:
        connect_receiver(US, NewReceiver("邮件系统", "gov", ["north"], address, TOKEN))
    assert {one.pointer for one in refused.value.faults} == {"address"}


def test_the_token_is_stored_sealed_and_shown_to_nobody(town: Any, mail: Mail, receiver: UUID) -> None:
    row = Receiver.objects.get()
    assert TOKEN.encode() not in bytes(row.token)
    assert TOKEN not in repr(NewReceiver("a", "b", ["c"], "d", TOKEN))
    assert TOKEN not in json.dumps([str(one) for one in (receiver_page(US, receiver), list_receivers(US))])


def test_only_the_system_administrator_connects_one(town: Any, mail: Mail) -> None:
    for duty in ("security", "audit", "decide"):
        actor: Actor = town.officer("gov", duty)
        with pytest.raises(NotAllowed):
            connect_receiver(actor, NewReceiver("邮件系统", "gov", ["north"], mail.address, TOKEN))
    assert Account.objects.exists()
