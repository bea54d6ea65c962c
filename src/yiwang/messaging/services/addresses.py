"""Where else somebody wants his messages: an e-mail address that he has confirmed."""

from __future__ import annotations

import hmac
from datetime import timedelta
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.time import machine_now, today
from yiwang.kernel.typed import no_spaces
from yiwang.messaging.models import Contact, Delivery
from yiwang.messaging.queries import code_of
from yiwang.messaging.registry import mail_server
from yiwang.messaging.services.delivering import begin_waiting
from yiwang.messaging.values import DROPPED, WAITING, MailOff, TooManyCodes

__all__ = ["ask_for_mail", "confirm_mail", "stop_mail"]

OWN = {CapacityKind.SELF, CapacityKind.POST}
CODE_SERVES = timedelta(minutes=30)
MOST_TRIES = 5
MOST_CODES_A_DAY = 5
LONGEST = 254


@service("mail.ask", open_to=OWN)
def ask_for_mail(actor: Actor, address: str, language: str = "zh-Hans") -> None:
    """Send a code to an address to which the actor wants his messages; an address that is confirmed already serves until then.

    As a person for messages to the person, in a post for messages to the posts that he holds. Raises MailOff (409) where the city sends
    no mail, Invalid (422), TooManyCodes (429) after five codes in a day: whose address it is, is not known yet.
    """
    act = current_act()
    typed = no_spaces(address)
    if mail_server() is None:
        raise MailOff
    try:
        EmailValidator()(typed)
        typed.encode("ascii")
    except (ValidationError, UnicodeEncodeError):
        typed = ""
    if not typed or len(typed) > LONGEST:
        fault = FieldFault("address", "not-an-address", msgid("Enter an e-mail address, such as name@example.com."))
        raise Invalid(faults=[fault])
    Contact.objects.get_or_create(account_id=_account(actor), capacity=str(actor.capacity))
    contact = _own(actor)
    if contact is None:
        raise AssertionError("The row was just made.")
    act.about("contact", contact.id)
    asked_today = contact.asked_times if contact.asked_on == today() else 0
    if asked_today >= MOST_CODES_A_DAY:
        raise TooManyCodes(msgid("Five codes have been sent today."))
    contact.asked, contact.nonce, contact.tries, contact.language = typed, uuid4(), 0, language
    contact.asked_at, contact.asked_on, contact.asked_times = machine_now(), today(), asked_today + 1
    contact.save()
    begin_waiting(Delivery(contact=contact, nonce=contact.nonce, state=WAITING, due_at=machine_now()))


def confirm_mail(actor: Actor, code: str) -> None:
    """Show by the code that the address is one's own; from now on messages go there as well.

    Raises NotFound when no code was asked for, Invalid (422) for a wrong code, one of more than half an hour ago, or the sixth try.
    """
    wrong = _try_code(actor, code)
    if wrong == "code-over":
        message = msgid("This code no longer serves. Have a new one sent.")
        raise Invalid(faults=[FieldFault("code", wrong, message)])
    if wrong:
        raise Invalid(faults=[FieldFault("code", wrong, msgid("This is not the code that was sent."))])


@service("mail.confirm", open_to=OWN)
def _try_code(actor: Actor, code: str) -> str:
    """What is wrong with the code, empty when it is right. A wrong one counts, and is no fault here, which would undo the counting."""
    act = current_act()
    contact = _own(actor)
    if contact is None or contact.nonce is None or contact.asked_at is None:
        raise NotFound("No code was asked for.")
    act.about("contact", contact.id)
    if contact.tries >= MOST_TRIES or machine_now() - contact.asked_at > CODE_SERVES:
        return "code-over"
    if not hmac.compare_digest(no_spaces(code).encode(), code_of(contact).encode()):
        contact.tries += 1
        contact.save(update_fields=["tries"])
        return "code-wrong"
    contact.address, contact.confirmed_at = contact.asked, act.time
    contact.asked, contact.nonce, contact.asked_at = "", None, None
    contact.save()
    return ""


@service("mail.stop", open_to=OWN)
def stop_mail(actor: Actor) -> None:
    """Forget the address; what was still on its way is not sent. A second time changes nothing."""
    act = current_act()
    contact = _own(actor)
    act.about("contact", contact.id if contact else "none")
    if contact is None:
        return
    contact.address, contact.confirmed_at = "", None
    contact.asked, contact.nonce, contact.asked_at = "", None, None
    contact.save()
    Delivery.objects.filter(contact=contact, state=WAITING).update(state=DROPPED, ended_at=machine_now())


def _own(actor: Actor) -> Contact | None:
    """The actor's row, locked."""
    return Contact.objects.select_for_update().filter(account_id=_account(actor), capacity=str(actor.capacity)).first()


def _account(actor: Actor) -> UUID:
    if actor.account_id is None:
        raise NotAllowed(msgid("Messages go to somebody who is signed in."))
    return actor.account_id
