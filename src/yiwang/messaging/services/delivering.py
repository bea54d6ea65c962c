"""Carry messages to the addresses that their readers have confirmed: each letter claimed, handed over, marked.

Never twice, with one exception that no sender of mail can exclude: whoever dies after the server has taken a letter and before that is
written down leaves it claimed, and it is handed over again. Both have the same Message-ID.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override
from procrastinate.contrib.django import app

from yiwang.acts.services import current_act, defer, service
from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.identity.queries import system_account_of_subject, system_accounts_in_posts
from yiwang.kernel import failpoints
from yiwang.kernel.texts import text
from yiwang.kernel.time import machine_now
from yiwang.messaging.models import Contact, Delivery, Message
from yiwang.messaging.queries import code_of
from yiwang.messaging.registry import mail_server, public_address
from yiwang.messaging.services import mail
from yiwang.messaging.values import DROPPED, FAILED, SENDING, SENT, WAITING, Letter
from yiwang.outbox.values import DeliveredEvent

__all__ = [
    "JOB",
    "QUEUE",
    "begin_waiting",
    "system_begin_delivery",
    "system_deliver",
    "system_end_delivery",
    "system_post",
    "system_rescue_deliveries",
    "system_retry_deliveries",
]

JOB = "messaging.deliver"
QUEUE = "mail"
ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=30)
"""Pauses grow fourfold: the last of eight attempts is made about two days after the first."""
LONGEST_ATTEMPT = timedelta(minutes=10)
JOB_LOST_AFTER = timedelta(minutes=5)


def system_post(event: DeliveredEvent) -> None:
    """Make a letter of a message for everybody whom it is to and who has confirmed an address. In the delivery's transaction.

    What a rehearsal sends stays inside.
    """
    message = Message.objects.filter(pk=event.subject).first()
    if mail_server() is None or message is None or message.origin == "rehearsal":
        return
    for contact in _contacts(message):
        if not Delivery.objects.filter(message=message, contact=contact).exists():
            begin_waiting(Delivery(message=message, contact=contact, state=WAITING, due_at=machine_now()))


def _contacts(message: Message) -> Iterable[Contact]:
    wanted = Contact.objects.exclude(address="").order_by("id")
    if message.to_post_id is not None:
        holders = system_accounts_in_posts([message.to_post_id]).get(message.to_post_id, [])
        return wanted.filter(capacity=str(CapacityKind.POST), account_id__in=holders)
    account_id = message.to_account_id
    if message.to_subject_id is not None:
        account = system_account_of_subject(message.to_subject_id)
        account_id = account.id if account else None
    return wanted.filter(capacity=str(CapacityKind.SELF), account_id=account_id or UUID(int=0))


def begin_waiting(delivery: Delivery) -> None:
    """Keep a letter that waits and defer its job, in the running transaction."""
    delivery.save()
    _defer(delivery)


def _defer(delivery: Delivery) -> None:
    later = delivery.due_at if delivery.due_at > machine_now() else None
    defer(app.configure_task(JOB, queue=QUEUE, schedule_at=later), delivery_id=delivery.id)


def system_deliver(delivery_id: UUID) -> None:
    """One attempt: claim the letter, hand it over, mark it. Does nothing for a letter that is claimed, over, or not due yet."""
    actor = system("messaging.deliver")
    letter = system_begin_delivery(actor, delivery_id)
    server = mail_server()
    if letter is None or server is None:
        return
    failpoints.reach("messaging.before-send")
    error = ""
    try:
        mail.send(server, letter)
    except mail.MailFailed as fault:
        error = str(fault)
    failpoints.reach("messaging.after-send")
    system_end_delivery(actor, delivery_id, attempt=letter.attempt, error=error)


@service("letter.claim")
def system_begin_delivery(actor: Actor, delivery_id: UUID) -> Letter | None:
    """Claim a letter that is due; None when it is not to be sent now. One that nobody wants any more is dropped."""
    act = current_act()
    act.about("letter", delivery_id)
    one = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("contact", "message")
        .filter(pk=delivery_id)
        .first()
    )
    if one is None or mail_server() is None or one.state != WAITING or one.due_at > machine_now():
        return None
    contact = one.contact
    to = contact.address if one.message_id else contact.asked if one.nonce == contact.nonce else ""
    if not to:
        one.state, one.ended_at = DROPPED, machine_now()
        one.save(update_fields=["state", "ended_at"])
        return None
    if one.attempts >= ATTEMPTS:  # each worker died of it
        one.state, one.ended_at, one.error = FAILED, machine_now(), "died"
        one.save(update_fields=["state", "ended_at", "error"])
        return None
    one.state, one.claimed_at, one.attempts = SENDING, machine_now(), one.attempts + 1
    one.save(update_fields=["state", "claimed_at", "attempts"])
    act.note(attempt=one.attempts)
    subject, words = _words(one, contact)
    return Letter(one.id, to, subject, words, one.attempts)


@service("letter.mark")
def system_end_delivery(actor: Actor, delivery_id: UUID, *, attempt: int, error: str) -> None:
    """Write down how an attempt ended: sent, to be tried again later, or given up after the eighth.

    error: the kind of failure, empty for none. Changes nothing for a letter that somebody else has claimed since.
    """
    act = current_act()
    act.about("letter", delivery_id)
    one = Delivery.objects.select_for_update().get(pk=delivery_id)
    if one.state != SENDING or one.attempts != attempt:
        return
    at = machine_now()
    one.error = error
    if not error:
        one.state, one.ended_at = SENT, at
    elif attempt >= ATTEMPTS:
        one.state, one.ended_at = FAILED, at
    else:
        one.state, one.due_at = WAITING, at + FIRST_PAUSE * 4 ** (attempt - 1)
        _defer(one)
    one.save(update_fields=["state", "ended_at", "due_at", "error"])
    act.note(attempt=attempt, state=one.state, error=error)


def _words(one: Delivery, contact: Contact) -> tuple[str, str]:
    """Subject and text in the reader's language."""
    with override(contact.language.lower()):
        if one.message is None:
            words = _(
                "Your code is {code}. Enter it under “Messages” within half an hour, and messages will go to this address as well."
            )
            foot = _("If you did not ask for it, somebody has mistyped his address; you need not do anything.")
            return _("Your code"), f"{words.format(code=code_of(contact))}\n\n{foot}\n"
        texts = one.message.texts
        title = text({tag: each["title"] for tag, each in texts.items()}, contact.language)
        body = text({tag: each["body"] for tag, each in texts.items()}, contact.language)
        pages = "/desk/messages/" if contact.capacity == CapacityKind.POST else "/my/messages/"
        foot = _("Read it on our pages, or stop these mails there: {address}").format(address=public_address() + pages)
        return title, f"{body}\n\n{foot}\n{_('Nobody reads answers to this mail.')}\n"


def system_rescue_deliveries() -> int:
    """Take up letters whose worker died or whose job was lost; return how many. Called by the scheduler."""
    at = machine_now()
    lost = Delivery.objects.filter(
        Q(state=SENDING, claimed_at__lt=at - LONGEST_ATTEMPT) | Q(state=WAITING, due_at__lt=at - JOB_LOST_AFTER)
    ).values_list("pk", flat=True)[:500]
    return _again(list(lost)) if mail_server() is not None else 0


def system_retry_deliveries() -> int:
    """Try again every letter that was given up; return how many. For operators (`yiwang retry --mail`), when the cause is mended."""
    given_up = list(Delivery.objects.filter(state=FAILED).values_list("pk", flat=True))
    Delivery.objects.filter(pk__in=given_up).update(attempts=0)
    return _again(given_up)


def _again(ids: list[UUID]) -> int:
    Delivery.objects.filter(pk__in=ids).update(state=WAITING, due_at=machine_now(), ended_at=None)
    for one in Delivery.objects.filter(pk__in=ids):
        _defer(one)
    return len(ids)
