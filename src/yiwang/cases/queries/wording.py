"""What happened and what is waited for, in sentences that need no key. Said in the language that is active."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from yiwang.acts.queries import definition
from yiwang.cases.models import Case, Clock, ClockChange, CourseEntry
from yiwang.cases.queries.limits import amount
from yiwang.cases.rules.diagram import Diagram
from yiwang.cases.values import CaseState, ClockState, ClockUnit, Outcome
from yiwang.kernel.texts import civil_day, text

__all__ = [
    "act_title",
    "asked_sentence",
    "course_sentence",
    "node_title",
    "outcome_sentence",
    "state_sentence",
]


def node_title(diagram: Diagram, node: str, language: str) -> str:
    """The title of a step, or its id when the diagram has none."""
    found = diagram.nodes.get(node)
    return (text(found.titles, language) if found else "") or node


def act_title(diagram: Diagram, node: str, act: str, language: str) -> str:
    """What the button of an act said."""
    found = diagram.nodes.get(node)
    for one in found.acts if found else ():
        if one.name == act:
            return text(one.titles, language)
    return act


def outcome_sentence(outcome: str | None, *, to_applicant: bool = False) -> str:
    """How a case ended.  to_applicant: said to who applied himself."""
    if to_applicant and outcome == Outcome.WITHDRAWN:
        return _("It has been withdrawn.")
    return {
        Outcome.ACCEPTED: _("Accepted."),
        Outcome.REFUSED: _("Refused."),
        Outcome.NOT_ACCEPTED: _("Not taken up."),
        Outcome.REVOKED: _("Granted, and revoked later."),
        Outcome.WITHDRAWN: _("Withdrawn by the applicant."),
        Outcome.CANCELLED: _("Ended by the unit without a decision."),
    }.get(Outcome(outcome or Outcome.CANCELLED), "")


def state_sentence(
    case: Case, units: Iterable[str], clock: Clock | None, days: int | None, *, to_applicant: bool
) -> str:
    """Who has the case and until when, or how it ended.  clock: the one that ends first.  days: working days until then.

    to_applicant: said to who applied himself.
    """
    if case.state == CaseState.ENDED:
        return outcome_sentence(case.outcome, to_applicant=to_applicant)
    names = _(", ").join(units)
    if not names:
        return _("It is being clarified which unit answers for this place. The case is not lost.")
    if clock is None or clock.due is None or days is None:
        if any(one.state == ClockState.PAUSED for one in case.clocks.all()):
            return _("{unit} has it. The limit stands still; what is left of it is kept.").format(unit=names)
        return _("{unit} has it.").format(unit=names)
    day = civil_day(clock.due, get_language())
    if days < 0:
        return ngettext(
            "{unit} has it. The limit ended on {day}, {count} working day ago.",
            "{unit} has it. The limit ended on {day}, {count} working days ago.",
            -days,
        ).format(unit=names, day=day, count=-days)
    sentence = _("{unit} has it. The limit ends on {day}.").format(unit=names, day=day)
    if clock.provisional:
        sentence += " " + _("The day is provisional: the official calendar of that year is not out yet.")
    return sentence


def asked_sentence(task: str, due_on: date | None, *, to_applicant: bool) -> str:
    """That the applicant has to do something, and until when."""
    if due_on is None:
        said = _("It waits for you: {task}.") if to_applicant else _("It waits for the applicant: {task}.")
        return said.format(task=task)
    said = (
        _("It waits for you: {task}, until {day}.")
        if to_applicant
        else _("It waits for the applicant: {task}, until {day}.")
    )
    return said.format(task=task, day=civil_day(due_on, get_language()))


def course_sentence(entry: CourseEntry, diagram: Diagram, language: str, *, to_applicant: bool = False) -> str:
    """One line of the course.  to_applicant: said to who applied himself, who is then “you”."""
    fill: Mapping[str, Any] = {
        "unit": entry.unit.title if entry.unit else "",
        "post": _post(entry),
        "node": node_title(diagram, entry.node, language),
        "act": act_title(diagram, entry.node, entry.act, language),
    }
    sentences = {
        "submitted": _("The applicant sent the form."),
        "submitted-under-mandate": _("An agent sent the form for the applicant, under a mandate."),
        "followed": _("An earlier part of the same application had ended, and this one began."),
        "submitted-for": _("{unit} ({post}) entered the form for the applicant, who was there and agreed."),
        "begun": _("The platform began this case by itself."),
        "settled-elsewhere": _("What it was about has been settled elsewhere."),
        "assigned": _("It went to {unit}: {node}."),
        "unassigned": _("No unit answers for this place yet: {node}."),
        "decided": _("{unit} ({post}) did “{node}”: {act}."),
        "action-done": _("Done: {node}."),
        "action-failed": _("“{node}” could not be done. The operators have been told; the decision stands."),
        "action-again": _("“{node}” is being tried again."),
        "withdrawn": _("The applicant withdrew the case."),
        "cancelled": _("{unit} ({post}) ended the case without a decision."),
        "ended": _("The case ended."),
        "asked": _("The applicant was asked: {node}."),
        "answered": _("The applicant did “{node}”."),
        "reorganised": _("Units were reorganised: {unit} has it now."),
        "transferred": _("{unit} ({post}) handed “{node}” over to a deputy."),
        "outcome-changed": _("What was granted was taken back."),
        "deemed": _("“{node}” was not done in time. {result} ({law})"),
        "clock-paused": _("The limit “{limit}” stands still: {pause} ({law}). What is left of it is kept."),
        "clock-resumed": _("The limit “{limit}” goes on. It ends on {day}."),
        "clock-extended": _("{unit} ({post}) extended the limit “{limit}” by {amount} ({law}). It now ends on {day}."),
        "clock-moved": _(
            "The office that answers, or its place, is another one. The limit “{limit}” now ends on {day}."
        ),
        "clock-recounted": _("Days off or service hours have changed. The limit “{limit}” now ends on {day}."),
    }
    if to_applicant:
        sentences |= {
            "submitted": _("You sent the form."),
            "withdrawn": _("You withdrew the case."),
            "asked": _("You were asked: {node}."),
            "answered": _("You did “{node}”."),
        }
    if entry.clock_change is not None:
        fill = {**fill, **_clock_fill(entry.clock_change, entry.case.release, language)}
    return sentences.get(entry.code, entry.code).format_map(fill)


def _post(entry: CourseEntry) -> str:
    """The post in which it was done, and that a deputy of its holder did it."""
    if entry.post is None:
        return ""
    post: str = entry.post.title
    return _("{post}, by a deputy").format(post=post) if entry.instead_of_id else post


def _clock_fill(change: ClockChange, release: int, language: str) -> dict[str, str]:
    """What a line of the course says of a clock: its limit, why it stands still, by how much it was extended, its new day."""
    limit = definition("limit", change.clock.limit, release)
    pause = definition("pause", change.reason, release) if change.reason else None
    deemed = limit["deemed"]
    return {
        "limit": text(limit["title"], language),
        "pause": text(pause["title"], language) if pause else "",
        "law": f"{limit['law']} {limit['article']}".strip()
        if pause is None
        else f"{pause['law']} {pause['article']}".strip(),
        "amount": amount(change.length, ClockUnit(limit["unit"])) if change.length else "",
        "day": civil_day(change.due, get_language()) if change.due else "",
        "result": text(deemed["result"], language) if deemed else "",
    }
