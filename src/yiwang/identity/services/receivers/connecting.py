"""To which systems officers' accounts are supplied: the work of the system administrator."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor
from yiwang.identity.events import RECEIVER_CLOSED, RECEIVER_CONNECTED
from yiwang.identity.models import Unit
from yiwang.identity.models.receivers import Receiver, ReceiverUnit
from yiwang.identity.queries.receivers import seal_token
from yiwang.identity.rules.keepers import MOST_UNITS
from yiwang.identity.rules.single_sign_on import LONGEST_TITLE, address_faults
from yiwang.identity.services.receivers.marking import mark_supplies
from yiwang.identity.values.receivers import NewReceiver
from yiwang.kernel.errors import FieldFault, Invalid, NotFound, msgid
from yiwang.kernel.ids import uuid7
from yiwang.settings import configuration

__all__ = ["close_receiver", "connect_receiver", "reconcile_receiver", "renew_receiver_token"]

LONGEST_TOKEN = 4_000


@service("receiver.connect")
def connect_receiver(actor: Actor, given: NewReceiver) -> UUID:
    """Supply the accounts of these units' officers to a system from now on; return its id. Raises Invalid (422) with everything wrong."""
    given = replace(
        given, title=given.title.strip(), unit=given.unit.strip(), address=given.address.strip().rstrip("/")
    )
    codes = list(dict.fromkeys(given.units))
    found = {one.code: one for one in Unit.objects.filter(code__in=[given.unit, *codes], closed_on=None)}
    faults = _faults(given) + _token_faults(given.token)
    unknown = msgid("There is no unit with the code {code}.")
    for at, wanted in (("unit", [given.unit]), ("units", codes)):
        faults += [FieldFault(at, "unknown-unit", unknown, {"code": code}) for code in wanted if code not in found]
    if Receiver.objects.filter(title=given.title).exists():
        faults.append(FieldFault("title", "taken", msgid("Another system has this name.")))
    if faults:
        raise Invalid(faults=faults)
    id = uuid7()
    made = Receiver.objects.create(
        id=id,
        title=given.title,
        unit=found[given.unit],
        address=given.address,
        token=seal_token(id, given.token.strip()),
        connected_by_id=actor.account_id,
        origin=actor.origin,
    )
    ReceiverUnit.objects.bulk_create(ReceiverUnit(receiver=made, unit=found[code]) for code in codes)
    act = current_act()
    act.about("receiver", made.id)
    units = [str(found[code].id) for code in codes]
    act.note(unit_ids=units, supplied=mark_supplies(made))
    act.emit(RECEIVER_CONNECTED, subject=made.id, data={"unit_ids": units})
    return made.id


@service("receiver.renew-token")
def renew_receiver_token(actor: Actor, receiver_id: UUID, token: str) -> None:
    """Enter another token that the system gave us; what failed is told again. Raises NotFound, Invalid (422)."""
    receiver = _open(receiver_id)
    if faults := _token_faults(token):
        raise Invalid(faults=faults)
    receiver.token = seal_token(receiver.id, token.strip())
    receiver.save(update_fields=["token"])
    act = current_act()
    act.about("receiver", receiver.id)
    act.note(supplied=mark_supplies(receiver, failed=True))


@service("receiver.reconcile")
def reconcile_receiver(actor: Actor, receiver_id: UUID) -> int:
    """Tell a system again of every account that it has or should have, whatever it was told before; return how many. Raises NotFound."""
    receiver = _open(receiver_id)
    act = current_act()
    act.about("receiver", receiver.id)
    number = mark_supplies(receiver, all_again=True)
    act.note(supplied=number)
    return number


@service("receiver.close")
def close_receiver(actor: Actor, receiver_id: UUID) -> None:
    """Supply nothing to a system any more. Accounts there stay as they are: it was told that they stand. Raises NotFound."""
    receiver = _open(receiver_id)
    act = current_act()
    act.about("receiver", receiver.id)
    receiver.closed_at = act.time
    receiver.token = b""
    receiver.save(update_fields=["closed_at", "token"])
    act.emit(RECEIVER_CLOSED, subject=receiver.id)


def _faults(given: NewReceiver) -> list[FieldFault]:
    faults = []
    if not given.title:
        faults.append(FieldFault("title", "required", msgid("Give the system a name by which people know it.")))
    elif len(given.title) > LONGEST_TITLE:
        faults.append(FieldFault("title", "too-long", msgid("At most {most} characters."), {"most": LONGEST_TITLE}))
    if not given.units:
        faults.append(FieldFault("units", "required", msgid("Say whose officers have accounts there.")))
    elif len(given.units) > MOST_UNITS:
        faults.append(FieldFault("units", "too-many", msgid("At most {most} units."), {"most": MOST_UNITS}))
    if "?" in given.address:
        faults.append(FieldFault("address", "has-query", msgid("The address of a service ends without “?”.")))
    return faults + address_faults("address", [given.address], https=configuration().https, own_scheme=False)


def _token_faults(token: str) -> list[FieldFault]:
    given = token.strip()
    if not given:
        return [FieldFault("token", "required", msgid("This is required."))]
    if len(given) > LONGEST_TOKEN or not given.isascii() or not given.isprintable():
        return [FieldFault("token", "malformed", msgid("A token is printable ASCII on one line."))]
    return []


def _open(receiver_id: UUID) -> Receiver:
    found = Receiver.objects.select_for_update().filter(id=receiver_id, closed_at=None).first()
    if found is None:
        raise NotFound(msgid("There is no such system."))
    return found
