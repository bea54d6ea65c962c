"""E-mail: to confirmed addresses alone, tried again until it arrives or is given up, never twice but for the one window that mail has."""

from __future__ import annotations

import email
import email.policy
import logging
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiosmtpd.controller import Controller

from yiwang.acts.services import system_publish_release
from yiwang.acts.values import Actor, CapacityKind, NewDefinition, system
from yiwang.audit.models import Entry
from yiwang.kernel.errors import Invalid, NotFound
from yiwang.kernel.time import machine_now
from yiwang.messaging import queries, registry, services
from yiwang.messaging.checks import mail_goes_out
from yiwang.messaging.models import Contact, Delivery
from yiwang.messaging.services import mail
from yiwang.messaging.values import MailOff, Recipient, TooManyCodes
from yiwang.outbox.models import Event
from yiwang.outbox.queries import shown

from .test_messages import FACTS, NOTE, PERSON

ADDRESS = "lin@example.com"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Box:
    """A mail server that does as it is told, and what arrived."""

    def __init__(self) -> None:
        self.does, self.letters = "", []  # type: ignore[var-annotated]
        self.controller = Controller(self, hostname="127.0.0.1", port=free_port())

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.does == "refuses":
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.does == "is slow":
            import asyncio

            await asyncio.sleep(5)
        if self.does == "drops":
            server.transport.close()
            return "451 gone"
        if self.does == "is busy":
            return "451 try later"
        self.letters.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    @property
    def url(self) -> str:
        return f"mailto://127.0.0.1:{self.controller.port}?from=city@yiwang.example&name=Yiwang&mode=insecure&to=nobody@yiwang.example"


@pytest.fixture
def box() -> Iterator[Box]:
    made = Box()
    made.controller.start()
    before = registry._mail, registry._public
    registry.send_mail_by(lambda: made.url, lambda: "https://city.example")
    yield made
    registry._mail, registry._public = before
    made.controller.stop()


def reader_named(login: str) -> Actor:
    from yiwang.identity.queries import actor_for_self, system_account
    from yiwang.identity.services import open_account
    from yiwang.subjects.services import system_register_subjects
    from yiwang.subjects.values import NewSubject

    bodies = (PERSON, NOTE)
    system_publish_release(system("tests"), [NewDefinition(one["kind"], one["id"], "tests", one) for one in bodies])
    [subject] = system_register_subjects(system("tests"), [NewSubject("person", {"number": login})])
    return actor_for_self(system_account(open_account(system("tests"), login, "Lychee-season-26", subject_id=subject)))


@pytest.fixture
def lin(db: None) -> Actor:
    return reader_named("lin")


def run_jobs() -> None:
    """What the worker would do by now."""
    for one in Delivery.objects.filter(state="waiting", due_at__lte=machine_now()).order_by("id"):
        services.system_deliver(one.id)


def hear() -> None:
    """Give the subscriber every message that was sent; twice, as a lost mark of the outbox may."""
    for _ in range(2):
        for event in Event.objects.filter(type="message.sent.v1"):
            services.system_post(shown(event))


def send(to: Actor, **more: Any) -> UUID:
    found = services.system_send(
        system("tests"), "note", Recipient(subject_id=to.subject_id), key=uuid4().hex, facts=FACTS, **more
    )
    hear()
    return found


def wants_mail(actor: Actor, box: Box, address: str = ADDRESS) -> None:
    services.ask_for_mail(actor, address)
    run_jobs()
    code = re.search(r"\b(\d{6})\b", text_of(box.letters[-1]))
    assert code is not None
    services.confirm_mail(actor, code[1])
    box.letters.clear()


def text_of(letter: EmailMessage) -> str:
    return str(letter.get_content())


def again() -> None:
    """As if the pause were over."""
    Delivery.objects.filter(state="waiting").update(due_at=machine_now())
    run_jobs()


def test_a_message_goes_to_the_confirmed_address_once(lin: Actor, box: Box) -> None:
    wants_mail(lin, box)
    message = send(lin)
    run_jobs()
    again()
    [letter] = box.letters
    assert (letter["To"], letter["Subject"]) == (ADDRESS, "关于甲")
    assert letter["From"] == "Yiwang <city@yiwang.example>"
    assert "编号 1" in text_of(letter)
    assert "https://city.example/my/messages/" in text_of(letter)
    [delivery] = Delivery.objects.filter(message=message)
    assert letter["Message-ID"] == f"<{delivery.id}@yiwang.example>"
    assert len(letter.get_all("Message-ID")) == 1
    assert letter["Auto-Submitted"] == "auto-generated"
    assert queries.inbox(lin).rows[0].mail == "sent"


def test_nothing_goes_to_an_address_that_is_not_confirmed(lin: Actor, box: Box) -> None:
    services.ask_for_mail(lin, ADDRESS)
    run_jobs()
    box.letters.clear()
    send(lin)
    run_jobs()
    assert box.letters == []
    assert queries.contact(lin).asked == ADDRESS


def test_the_code_is_for_one_address_and_one_time(lin: Actor, box: Box) -> None:
    with pytest.raises(NotFound):
        services.confirm_mail(lin, "123456")
    services.ask_for_mail(lin, ADDRESS)
    services.ask_for_mail(lin, "other@example.com")
    run_jobs()
    assert [letter["To"] for letter in box.letters] == ["other@example.com"]
    code = re.search(r"\b(\d{6})\b", text_of(box.letters[-1]))[1]  # type: ignore[index]
    Contact.objects.update(asked_at=machine_now() - timedelta(minutes=31))
    with pytest.raises(Invalid):
        services.confirm_mail(lin, code)
    Contact.objects.update(asked_at=machine_now())
    services.confirm_mail(lin, f" {code} ")
    assert queries.contact(lin).address == "other@example.com"
    with pytest.raises(NotFound):
        services.confirm_mail(lin, code)


def test_a_code_cannot_be_guessed(lin: Actor, box: Box) -> None:
    services.ask_for_mail(lin, ADDRESS)
    right = queries.code_of(Contact.objects.get())
    for number in range(5):
        with pytest.raises(Invalid) as refusal:
            services.confirm_mail(lin, f"x{number}")
        assert refusal.value.faults[0].code == "code-wrong"
    with pytest.raises(Invalid) as refusal:
        services.confirm_mail(lin, right)
    assert refusal.value.faults[0].code == "code-over"


def test_nobodys_mailbox_is_flooded_with_codes(lin: Actor, box: Box) -> None:
    for _ in range(5):
        services.ask_for_mail(lin, ADDRESS)
    with pytest.raises(TooManyCodes):
        services.ask_for_mail(lin, ADDRESS)


@pytest.mark.parametrize(
    "typed", ["", "lin", "lin@", "林@example.com", "a@b.c\r\nBcc: x@y.z", "x" * 250 + "@example.com"]
)
def test_an_address_has_a_form(lin: Actor, box: Box, typed: str) -> None:
    with pytest.raises(Invalid):
        services.ask_for_mail(lin, typed)


def test_stopped_mail_stops_at_once(lin: Actor, box: Box) -> None:
    wants_mail(lin, box)
    send(lin)
    services.stop_mail(lin)
    again()
    assert box.letters == []
    assert queries.inbox(lin).rows[0].mail == "dropped"
    assert not Contact.objects.exclude(address="", asked="").exists()


def test_a_rehearsal_stays_inside(lin: Actor, box: Box) -> None:
    wants_mail(lin, box)
    send(lin, origin="rehearsal")
    run_jobs()
    assert box.letters == []


def test_without_a_server_messages_stay_in_the_inbox_and_doctor_says_so(lin: Actor) -> None:
    with pytest.raises(MailOff):
        services.ask_for_mail(lin, ADDRESS)
    send(lin)
    assert not Delivery.objects.exists()
    [finding] = mail_goes_out()
    assert finding.is_well
    assert "No e-mail is sent" in finding.detail


def test_who_holds_the_post_gets_its_messages(lin: Actor, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = Actor(lin.account_id, CapacityKind.POST, uuid4())
    post_id = uuid4()
    monkeypatch.setattr(
        "yiwang.messaging.services.delivering.system_accounts_in_posts", lambda ids: {post_id: [lin.account_id]}
    )
    wants_mail(officer, box, "office@example.com")
    message = queries.Message(to_post_id=post_id, texts={}, sent_at=machine_now(), key="x")
    from yiwang.messaging.services.delivering import _contacts

    assert [one.address for one in _contacts(message)] == ["office@example.com"]
    personal = queries.Message(to_subject_id=lin.subject_id, texts={}, sent_at=machine_now(), key="y")
    assert list(_contacts(personal)) == []


@pytest.mark.parametrize("fault", ["refuses", "is slow", "drops", "is busy"])
def test_what_fails_is_tried_again_later_and_arrives_once(
    lin: Actor, box: Box, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wants_mail(lin, box)
    real = mail.send
    monkeypatch.setattr(mail, "send", lambda url, letter: real(url, letter, seconds=1))
    box.does = fault
    message = send(lin)
    run_jobs()
    [waiting] = Delivery.objects.filter(message=message)
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert timedelta(seconds=25) < waiting.due_at - machine_now() < timedelta(seconds=31)
    run_jobs()  # too early
    box.does = ""
    assert box.letters == []
    again()
    again()
    assert len(box.letters) == 1
    assert Delivery.objects.get(message=message).state == "sent"


def test_a_server_that_is_away_is_given_up_visibly_and_can_be_tried_again(lin: Actor, box: Box) -> None:
    wants_mail(lin, box)
    nobody = f"mailto://127.0.0.1:{free_port()}?from=city@yiwang.example&mode=insecure&to=nobody@yiwang.example"
    registry.send_mail_by(lambda: nobody, lambda: "https://city.example")
    message = send(lin)
    pauses = []
    for _ in range(8):
        Delivery.objects.filter(state="waiting").update(due_at=machine_now())
        began = machine_now()
        run_jobs()
        pauses.append((Delivery.objects.get(message=message).due_at - began).total_seconds())
    one = Delivery.objects.get(message=message)
    assert (one.state, one.attempts, one.error) == ("failed", 8, "ConnectionRefusedError")
    assert [round(pause / 30) for pause in pauses[:7]] == [4**n for n in range(7)]
    assert queries.inbox(lin).rows[0].mail == "failed"
    away, given_up = mail_goes_out()
    assert not away.is_well
    assert given_up.mend == "Mend the cause, then: yiwang retry --mail"
    assert services.system_retry_deliveries() == 1
    registry.send_mail_by(lambda: box.url, lambda: "https://city.example")
    run_jobs()
    assert len(box.letters) == 1


def test_two_workers_hand_it_over_once(lin: Actor, box: Box) -> None:
    wants_mail(lin, box)
    send(lin)
    [one] = Delivery.objects.filter(state="waiting")
    actor = system("messaging.deliver")
    assert services.system_begin_delivery(actor, one.id) is not None
    assert services.system_begin_delivery(actor, one.id) is None


def test_neither_logs_nor_audit_nor_jobs_say_to_whom(
    lin: Actor, box: Box, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    from procrastinate.contrib.django.models import ProcrastinateJob

    with caplog.at_level(logging.DEBUG):
        wants_mail(lin, box)
        box.does = "refuses"
        send(lin)
        run_jobs()
    told = capsys.readouterr()
    written = [one.details for one in Entry.objects.all()], [one.args for one in ProcrastinateJob.objects.all()]
    logged = [one.getMessage() for one in caplog.records if not one.name.startswith(("mail.log", "django.db"))]
    assert ADDRESS not in f"{logged}{told.out}{told.err}{written}"


CHILD = """
import sys
from uuid import UUID
from yiwang import settings
settings.set_up()
from yiwang.messaging.services import system_deliver
system_deliver(UUID(sys.argv[1]))
"""


@pytest.mark.crash
@pytest.mark.parametrize(("place", "arrived"), [("messaging.before-send", 1), ("messaging.after-send", 2)])
def test_a_worker_killed_on_the_way_loses_nothing_and_repeats_only_under_the_same_id(
    city: Any, box: Box, place: str, arrived: int
) -> None:
    lin = reader_named("lin")
    wants_mail(lin, box)
    send(lin)
    [one] = Delivery.objects.filter(state="waiting")
    environment = {**city.environment, "YIWANG_SMTP_URL": box.url, "YIWANG_FAILPOINT": f"{place}@1"}
    died = subprocess.run([sys.executable, "-c", CHILD, str(one.id)], env=environment, timeout=60, check=False)
    assert died.returncode == -9
    assert Delivery.objects.get(pk=one.id).state == "sending"
    assert services.system_rescue_deliveries() == 0  # it may still be at work
    Delivery.objects.update(claimed_at=machine_now() - timedelta(minutes=11))
    assert services.system_rescue_deliveries() == 1
    run_jobs()
    assert len(box.letters) == arrived
    assert {letter["Message-ID"] for letter in box.letters} == {f"<{one.id}@yiwang.example>"}
    assert Delivery.objects.get(pk=one.id).state == "sent"


def test_a_letter_whose_workers_all_die_is_given_up(lin: Actor, box: Box) -> None:
    wants_mail(lin, box)
    send(lin)
    Delivery.objects.filter(state="waiting").update(attempts=8)
    again()
    assert Delivery.objects.filter(state="failed", error="died").count() == 1
    assert box.letters == []
