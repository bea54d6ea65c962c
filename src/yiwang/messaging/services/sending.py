"""Send and read messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from yiwang.acts.queries import Prepared, definition, list_definitions
from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.cases.values import ActionCall
from yiwang.kernel.errors import NotFound
from yiwang.kernel.ids import uuid7
from yiwang.kernel.texts import text
from yiwang.messaging.events import MESSAGE_SENT
from yiwang.messaging.models import Message
from yiwang.messaging.queries import shape, visible_messages
from yiwang.messaging.rules.filling import fill
from yiwang.messaging.values import MessageView, Recipient
from yiwang.outbox.values import DeliveredEvent

__all__ = ["mark_read", "notify", "system_send", "system_tell", "types_that_are_told"]

_BY_KEY = Prepared(lambda key: Message.objects.filter(key=key), str)


@service("message.send")
def system_send(
    actor: Actor,
    message_id: str,
    to: Recipient,
    *,
    key: str,
    facts: Mapping[str, Mapping[str, str]],
    case_id: UUID | None = None,
    release: int | None = None,
    origin: str = "live",
    about: tuple[str, UUID] | None = None,
) -> UUID:
    """Put a declared message into somebody's inbox, exactly once for each `key`; return its id, also when it was there already.

    message_id: of a declaration of the kind `message`, taken from `release`.  facts: language → placeholder → text; the message is kept
    in each language that the declaration has.
    about: kind and id of what it is about more closely than the case. Raises NotFound (no such declaration).
    """
    act = current_act()
    declared = definition("message", message_id, release)
    languages = {"zh-Hans"} if isinstance(declared["body"], str) else set(declared["body"])
    texts = {
        language: {
            part: fill(text(declared[part], language), facts.get(language) or facts.get("zh-Hans", {}))
            for part in ("title", "body")
        }
        for language in sorted(languages)
    }
    made = Message.objects.bulk_create(
        [
            Message(
                id=uuid7(),
                key=key,
                to_subject_id=to.subject_id,
                to_account_id=to.account_id,
                to_post_id=to.post_id,
                texts=texts,
                case_id=case_id,
                about_kind=about[0] if about else "",
                about_id=about[1] if about else None,
                sent_at=act.time,
                origin=origin,
            )
        ],
        ignore_conflicts=True,
    )
    [sent] = _BY_KEY(key)
    act.about("message", sent.id)
    act.note(message=message_id, repeated=sent.id != made[0].id)
    if sent.id == made[0].id:
        act.emit(MESSAGE_SENT, subject=sent.id, data={"case_id": str(case_id) if case_id else None})
    return sent.id


def notify(call: ActionCall) -> None:
    """The action `notify` of processes: tell the applicant. Parameter `message`: id of a declared message."""
    facts = {
        language: {
            "case.number": call.case_number,
            "case.reason": call.reason,
            "case.due_on": call.due_on.isoformat() if call.due_on else "",
            "case.wanted": call.wanted.get(language, ""),
            "item.title": text(call.item_titles, language),
        }
        for language in ("zh-Hans", "en")
    }
    system_send(
        call.actor,
        call.parameters["message"],
        Recipient(subject_id=call.applicant_id),
        key=call.key,
        facts=facts,
        case_id=call.case_id,
        release=call.release,
        origin=call.origin,
    )


def types_that_are_told() -> set[str]:
    """Types of events on which a message of the release in force is sent."""
    return {sending["event"] for _id, sending in _sent_on_events()}


def system_tell(event: DeliveredEvent) -> None:
    """Send the messages that packs declare for an event, each once to everybody whom it names. In the delivery's transaction.

    A message about an event says what the event's data say: ids, titles, numbers; never what somebody wrote.
    """
    actor = system("messaging.events", correlation_id=event.correlation_id, origin=event.origin)
    facts = {f"event.{name}": str(value) for name, value in event.data.items() if isinstance(value, str | int)}
    case_id, application_id = event.data.get("case_id"), event.data.get("application_id")
    for id, sending in _sent_on_events():
        if sending["event"] != event.type or any(
            event.data.get(name) != value for name, value in sending["when"].items()
        ):
            continue
        for to in _recipients(event.data.get(sending["to"])):
            system_send(
                actor,
                id,
                to,
                key=f"{event.event_id}:{id}:{to.subject_id or to.post_id}",
                facts={"zh-Hans": facts, "en": facts},
                case_id=UUID(str(case_id)) if case_id else None,
                origin=event.origin,
                about=("application", UUID(str(application_id))) if application_id else None,
            )


def _sent_on_events() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for id, message in list_definitions("message").items():
        if message["sent_on"] is not None:
            yield id, message["sent_on"]


def _recipients(named: object) -> list[Recipient]:
    if isinstance(named, str):
        return [Recipient(subject_id=UUID(named))]
    found: list[Recipient] = []
    for one in named if isinstance(named, list) else ():
        if "subject_id" in one:
            found.append(Recipient(subject_id=UUID(one["subject_id"])))
        else:
            found.append(Recipient(post_id=UUID(one["post_id"])))
    return found


@service("message.read", open_to={CapacityKind.SELF, CapacityKind.POST})
def mark_read(actor: Actor, message_id: UUID, language: str = "zh-Hans") -> MessageView:
    """Mark one of the actor's messages as read; a second time changes nothing. Raises NotFound, also for somebody else's."""
    act = current_act()
    act.about("message", message_id)
    found = visible_messages(actor).select_for_update().filter(pk=message_id).first()
    if found is None:
        raise NotFound("There is no such message.")
    if found.read_at is None:
        found.read_at = act.time
        found.save(update_fields=["read_at"])
    return shape(found, language)
