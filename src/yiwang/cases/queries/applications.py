"""Applications for bundles: how far each part is, who has it, and what the end of one means for the others, in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from yiwang.acts.queries import definition
from yiwang.acts.values import Actor, CapacityKind
from yiwang.cases.models import Application, ApplicationPart, Case, CourseEntry, Task, TaskUnit
from yiwang.cases.queries.bundles import Bundle, bundle, consequence_sentence, item_titles
from yiwang.cases.queries.cases import (
    Reading,
    frozen_values,
    held_by,
    masks,
    may_stop,
    reading,
    state_sentence,
    with_masked_facts,
)
from yiwang.cases.queries.clocks import due_of
from yiwang.cases.queries.forms import process_of
from yiwang.cases.queries.visibility import visible_cases
from yiwang.cases.queries.wording import course_sentence
from yiwang.cases.values import (
    ApplicationEntry,
    ApplicationLine,
    ApplicationView,
    Outcome,
    PartOf,
    PartState,
    PartView,
)
from yiwang.documents.queries import certificates_of_case
from yiwang.kernel.errors import NotFound
from yiwang.kernel.texts import civil_day, text

__all__ = ["application", "application_of_case", "my_applications", "own_application", "shape_application"]

MOST_IN_A_LIST = 50


def own_application(actor: Actor, application_id: UUID) -> Application | None:
    """One's own application, or one that was sent for another whom one represents."""
    return _own(actor).filter(pk=application_id).first()


def my_applications(actor: Actor, language: str = "zh-Hans") -> tuple[ApplicationLine, ...]:
    """The actor's own applications, newest first, at most 50: who has more finds them by their cases. Two queries."""
    rows = _own(actor).prefetch_related("parts").order_by("-pk")[:MOST_IN_A_LIST]
    return tuple(
        ApplicationLine(
            id=one.id,
            number=one.number,
            bundle_id=one.bundle,
            title=_title(one, language),
            submitted_at=one.submitted_at,
            ended_at=one.ended_at,
            due_on=one.due,
            done=sum(PartState(part.state).is_over for part in one.parts.all()),
            all=len(one.parts.all()),
        )
        for one in rows
    )


def application(actor: Actor, application_id: UUID, language: str = "zh-Hans") -> ApplicationView:
    """One application: its applicant and the post that entered it see all of it, another the parts whose cases it sees. Raises NotFound."""
    found = own_application(actor, application_id)
    if found is None and actor.capacity is not CapacityKind.SELF:
        seen = visible_cases(actor).filter(pk=OuterRef("case_id"))
        mine = ApplicationPart.objects.filter(Exists(seen), application=OuterRef("pk"))
        found = Application.objects.filter(Exists(mine), pk=application_id).first()
    if found is None:
        raise NotFound("There is no such application.")
    return shape_application(actor, found, language)


def application_of_case(actor: Actor, case_id: UUID, language: str = "zh-Hans") -> PartOf | None:
    """The application of which a case that the actor sees is a part; None for one that stands by itself."""
    part = ApplicationPart.objects.filter(case_id=case_id).select_related("application").first()
    if part is None:
        return None
    one = part.application
    with override(language.lower()):
        parts = _Shaping(actor, one, language).parts()
    return PartOf(one.id, one.number, one.bundle, _title(one, language), parts)


def shape_application(actor: Actor, one: Application, language: str) -> ApplicationView:
    """The view of an application. Ten queries, two more when a window entered it, and those that its certificates cost."""
    with override(language.lower()):
        shaping = _Shaping(actor, one, language)
        parts = shaping.parts()
        masked = masks(actor)
        values, facts = (one.values, one.facts) if shaping.sees_all else ([], [])
        return ApplicationView(
            id=one.id,
            number=one.number,
            bundle_id=one.bundle,
            title=_title(one, language),
            submitted_at=one.submitted_at,
            ended_at=one.ended_at,
            is_over=one.ended_at is not None,
            sentence=_sentence(one, parts, shaping.now),
            due_on=one.due,
            legal_due_on=one.legal_due,
            due_is_provisional=one.provisional,
            release=one.release,
            parts=parts,
            history=shaping.history(),
            values=frozen_values(values, facts, one.release, language, masked=masked),
            facts=with_masked_facts(facts, one.release, language, masked=masked),
            form_fields=one.form_fields,
            known_fields=one.known_fields,
            asked_apart=one.asked_apart,
            may_withdraw=sum(part.may_withdraw for part in parts) > 1,
            origin=one.origin,
            applicant_name=one.applicant_name,
            agent_name=one.agent_name,
            entered_by=f"{one.entered_in.unit.title} {one.entered_in.title}" if one.entered_in else "",
        )


def _own(actor: Actor) -> QuerySet[Application]:
    if actor.capacity is not CapacityKind.SELF or actor.capacity_id is None:
        return Application.objects.none()
    return Application.objects.filter(subject_id=actor.capacity_id) | Application.objects.filter(
        agent_id=actor.capacity_id
    )


def _title(one: Application, language: str) -> str:
    return text(definition("bundle", one.bundle, one.release)["title"], language)


def _sentence(one: Application, parts: Sequence[PartView], now: Reading) -> str:
    """How far the whole is."""
    granted = sum(part.outcome is Outcome.ACCEPTED for part in parts)
    if one.ended_at is not None:
        if granted == len(parts):
            return _("Everything has been done.")
        return _("It is over: {granted} of {all} were granted.").format(granted=granted, all=len(parts))
    said = _("{granted} of {all} have been done.").format(granted=granted, all=len(parts))
    days = now.days_left(one.due)
    if one.due is not None and days is not None:
        said += " " + (
            _("The whole is due on {day}.").format(day=civil_day(one.due, get_language()))
            if days >= 0
            else ngettext(
                "The whole was due on {day}, {count} working day ago.",
                "The whole was due on {day}, {count} working days ago.",
                -days,
            ).format(day=civil_day(one.due, get_language()), count=-days)
        )
    return said


class _Shaping:
    """One reading of one application: what is the same for all of its parts."""

    def __init__(self, actor: Actor, one: Application, language: str) -> None:
        self.actor, self.one, self.language = actor, one, language
        self.now = reading(actor, language)
        self.whole: Bundle = bundle(one.bundle, one.release)
        self.titles = item_titles(self.whole, language)
        self.rows = list(ApplicationPart.objects.filter(application=one).order_by("position"))
        self.is_own = actor.capacity is CapacityKind.SELF and actor.capacity_id in (one.subject_id, one.agent_id)
        self.sees_all = self.is_own or (one.entered_in_id is not None and one.entered_in_id == actor.capacity_id)
        answering = Prefetch("tasks__answering", TaskUnit.objects.select_related("unit").order_by("unit__code"))
        tasks = Prefetch("tasks", Task.objects.select_related("deputy").order_by("opened_at", "id"))
        seen = visible_cases(actor).filter(pk__in=[row.case_id for row in self.rows])
        self.cases = {
            case.pk: case for case in seen.select_related("unit").prefetch_related(tasks, answering, "clocks")
        }

    def parts(self) -> tuple[PartView, ...]:
        """Every part; of those whose cases the reader does not see, nothing but what the bundle declares."""
        return tuple(self._part(row) for row in self.rows)

    def _part(self, row: ApplicationPart) -> PartView:
        case = self.cases.get(row.case_id)
        part = self.whole.part(row.item)
        sees = self.sees_all or case is not None
        clock = due_of(case) if case is not None else None
        outcome = row.outcome if case is None or case.outcome is None else case.outcome
        stoppable = case is not None and may_stop(case)
        return PartView(
            item_id=row.item,
            title=self.titles[row.item],
            position=row.position,
            state=PartState(row.state) if sees else None,
            outcome=Outcome(outcome) if sees and outcome else None,
            sentence=self._says(row, case)
            if sees
            else _("Another office's part; your post does not see how it stands."),
            case_id=case.pk if case is not None else None,
            case_number=case.number if case is not None else "",
            has_it=tuple(held_by(case)) if case is not None else (),
            due_on=clock.due if clock is not None and case is not None and case.ended_at is None else None,
            reason=(case.reason if case is not None else row.reason) if sees else "",
            after=tuple(self.titles[edge.item] for edge in part.after),
            if_not=self._if_not(row),
            certificates=certificates_of_case(self.actor, case.pk, self.language) if case is not None else (),
            may_withdraw=self.is_own and (row.state in (PartState.WAITING, PartState.ASKING) or stoppable),
            may_answer=self.is_own and row.state == PartState.ASKING,
        )

    def _says(self, row: ApplicationPart, case: Case | None) -> str:
        """How a part stands, what comes next and until when."""
        if case is not None:
            return state_sentence(case, self.now)
        because = self.titles.get(row.held_by, "")
        match PartState(row.state):
            case PartState.WAITING:
                waited = self._waited_for(row)
                return _("It begins by itself as soon as this is done: {titles}.").format(titles=_(", ").join(waited))
            case PartState.ASKING:
                return _("“{title}” was not granted. Do you want this part all the same?").format(title=because)
            case PartState.STOPPED:
                return _("It did not begin, because “{title}” was not granted or was withdrawn.").format(title=because)
            case PartState.WITHDRAWN:
                return _("You took it back before it began.") if self.is_own else _("Withdrawn before it began.")
        return ""

    def _waited_for(self, row: ApplicationPart) -> list[str]:
        over = {one.item for one in self.rows if PartState(one.state).is_over}
        edges = self.whole.part(row.item).after
        return [self.titles[edge.item] for edge in edges if edge.item not in over]

    def _if_not(self, row: ApplicationPart) -> tuple[str, ...]:
        """What follows for others when this part is not granted: said while it may still happen."""
        if PartState(row.state).is_over:
            return ()
        return tuple(
            consequence_sentence(edge, self.titles, part.item_id)
            for part in self.whole.parts
            for edge in part.after
            if edge.item == row.item
        )

    def history(self) -> tuple[ApplicationEntry, ...]:
        """What has happened, the latest first: the courses of the cases that the reader sees, and what befell other parts."""
        lines = [ApplicationEntry(self.one.submitted_at, "", _("The one form for all parts was sent."))]
        for row in self.rows:
            title = self.titles[row.item]
            if not self.sees_all and row.case_id not in self.cases:
                continue
            if row.asked_at is not None:
                lines.append(ApplicationEntry(row.asked_at, title, _("You were asked whether it goes on.")))
            if row.case_id not in self.cases and row.ended_at is not None:
                lines.append(ApplicationEntry(row.ended_at, title, self._says(row, None), reason=row.reason))
        entries = (
            CourseEntry.objects.filter(case_id__in=self.cases)
            .select_related("unit", "post", "clock_change__clock")
            .order_by("at", "case_id", "position")
        )
        for entry in entries:
            case = entry.case = self.cases[entry.case_id]
            if entry.code in ("submitted", "action-done"):  # said already, or no news for who waits
                continue
            diagram = process_of(definition("item", case.item, case.release), case.release).diagram
            said = course_sentence(entry, diagram, self.language, to_applicant=self.now.is_applicant(case))
            unit = entry.unit.title if entry.unit else ""
            lines.append(ApplicationEntry(entry.at, self.titles[case.item], said, unit, entry.reason))
        if self.one.ended_at is not None:
            lines.append(ApplicationEntry(self.one.ended_at, "", _("All parts are over.")))
        return tuple(sorted(lines, key=_at)[::-1])  # of two lines of one instant the later one stands first


def _at(line: ApplicationEntry) -> datetime:
    return line.at
