"""The pack kind that messaging owns: `message` in the folder `messages`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, did_you_mean
from yiwang.messaging.registry import placeholders
from yiwang.messaging.rules.filling import unknown_placeholders
from yiwang.outbox.registry import declared_events

__all__ = ["MessageKind"]


class SendingBody(BaseModel):
    """An event on which a message is sent.

    event: its type.  when: fields of its data that must have these values.  to: the field that says who is told: the id of a subject, or
    a list of `{subject_id}` and `{post_id}`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    event: str
    when: dict[str, str] = Field(default_factory=dict)
    to: str


class MessageBody(Body):
    """A text that is sent. `title` is its subject line.

    Both may hold `{case.number}`, `{case.reason}`, `{case.due_on}`, `{item.title}`, `{case.wanted}` (what the notice asks of the
    applicant, line by line), and what other engines fill (`messaging.registry`). A line whose placeholders are all empty is left out.

    sent_on: an event on which it is sent; its placeholders are then `{event.…}` with a field of the event's data. Without it, processes
    and other declarations send it.
    """

    kind: Literal["message"]
    body: str | dict[str, str]
    sent_on: SendingBody | None = None


class MessageKind(Kind):
    """`messages/*.yaml`."""

    name = "message"
    folder = "messages"
    schema = MessageBody
    order = 40

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Every placeholder is filled by something, both texts come in the same languages, and the event is told."""
        sending: SendingBody | None = one.body.sent_on
        known = placeholders()
        if sending is not None:
            fields = declared_events().get(sending.event)
            known = frozenset(f"event.{field}" for field in fields or ())
            yield from _check_sending(one, sending, fields)
        texts = {"title": one.body.title, "body": one.body.body}
        for pointer, given in texts.items():
            for language, text in ({"": given} if isinstance(given, str) else given).items():
                for name in unknown_placeholders(text, known):
                    yield DeclarationFault(
                        one.path,
                        one.line(f"{pointer}/{language}".rstrip("/")),
                        f"Nothing fills the placeholder {{{name}}}.",
                        "There are: " + ", ".join(f"{{{each}}}" for each in sorted(known)) + ".",
                    )
        languages = [{"zh-Hans"} if isinstance(given, str) else set(given) for given in texts.values()]
        if languages[0] != languages[1]:
            yield DeclarationFault(
                one.path, one.line("body"), "Title and body come in different languages.", "Give both in each language."
            )


def _check_sending(one: Declaration, sending: SendingBody, fields: frozenset[str] | None) -> Iterable[DeclarationFault]:
    if fields is None:
        yield DeclarationFault(
            one.path,
            one.line("sent_on/event"),
            f"No engine tells the event `{sending.event}`.",
            did_you_mean(sending.event, declared_events()),
        )
        return
    for pointer, field in {"to": sending.to, **{f"when/{name}": name for name in sending.when}}.items():
        if field not in fields:
            yield DeclarationFault(
                one.path,
                one.line(f"sent_on/{pointer}"),
                f"`{sending.event}` has no field `{field}`.",
                did_you_mean(field, fields),
            )
