"""Cases that events begin."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import Field

from yiwang.cases.declarations.forms import FormBody
from yiwang.kernel.kinds import Declaration, DeclarationFault, Part, did_you_mean
from yiwang.outbox.registry import declared_events

__all__ = ["StartBody", "check_start"]


class StartBody(Part):
    """What begins a case without anybody sending a form: an event of the platform.

    event: its type.  values: element of the form → field of the event's data.  subject: the field that says whom the case is about.
    unit: the field that says which unit has it, for an item without a `place`.  ends_on: the type of an event about the same thing
    that makes a case idle which still waits for its decision.
    """

    event: str
    subject: str
    unit: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    ends_on: str = ""


def check_start(one: Declaration, form: FormBody | None) -> Iterable[DeclarationFault]:
    """Somebody applies and a place answers, or an event begins it and says who and whose; the event can fill the form."""
    body = one.body
    start = body.starts_on
    if not body.about and start is None:
        yield one.fault("about", "The item does not say who applies.", "Add `about:` with a kind of subject.")
    if not body.place and (start is None or not start.unit):
        yield one.fault(
            "place",
            "Nothing says which unit answers.",
            "Add `place:` with an element of the form, or let `starts_on` name the `unit`.",
        )
    if start is not None:
        yield from _check_event(one, start)
        if form is not None:
            yield from _check_filling(one, start, form)


def _check_event(one: Declaration, start: StartBody) -> Iterable[DeclarationFault]:
    events = declared_events()
    for pointer, type in (("starts_on/event", start.event), ("starts_on/ends_on", start.ends_on)):
        if type and type not in events:
            yield one.fault(pointer, f"No engine tells the event `{type}`.", did_you_mean(type, events))
    fields = events.get(start.event)
    named = {"starts_on/subject": start.subject, "starts_on/unit": start.unit}
    named |= {f"starts_on/values/{name}": field for name, field in start.values.items()}
    for pointer, field in named.items():
        if fields is not None and field and field not in fields:
            yield one.fault(pointer, f"`{start.event}` has no field `{field}`.", did_you_mean(field, fields))


def _check_filling(one: Declaration, start: StartBody, form: FormBody) -> Iterable[DeclarationFault]:
    asked = form.elements()
    for name in start.values:
        if name not in asked:
            yield one.fault(
                f"starts_on/values/{name}",
                f"The form `{one.body.form}` does not ask `{name}`.",
                did_you_mean(name, asked),
            )
    for question in (question for section in form.sections for question in section.fields):
        if question.required and question.element not in start.values:
            yield one.fault(
                "starts_on/values",
                f"The form needs `{question.element}`, and nothing of the event fills it.",
                f"Add `{question.element}: <field of the event>`, or write `required: false` in the form.",
            )
