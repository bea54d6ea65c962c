"""Tell one past case: everybody in it acts through the doors that people of today use, at the time of the story.

A life is one transaction, so nobody sees a case in the middle of its past. What follows by itself (outside actions, events, alarms, what
counts as done) follows at its own moment. The audit keeps both times: when it is said to have happened, and when it was told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from io import BytesIO
from random import Random
from typing import Any
from uuid import UUID

from django.db import transaction

from yiwang.acts.values import Actor, system
from yiwang.cases import queries as cases
from yiwang.cases import services as case_services
from yiwang.cases.values import TaskView
from yiwang.catalog.values import FILE_FORMATS
from yiwang.documents import services as documents
from yiwang.identity import queries as identity
from yiwang.identity.services import system_open_accounts
from yiwang.kernel.time import now, telling
from yiwang.outbox import queries as events
from yiwang.outbox import services as outbox
from yiwang.packs.rehearsals.attachments import attachment
from yiwang.packs.samples.lives import CaseRules, IsWorking, Life, Planned, moment_after
from yiwang.records import queries as records
from yiwang.records import services as record_services
from yiwang.records.values import Evidence
from yiwang.subjects.queries import system_find_subject
from yiwang.supervision import queries as supervision
from yiwang.supervision import services as watch
from yiwang.supervision.values import CLOSE

__all__ = ["live"]

MOST_ALARMS = 50
"""Of one case; more say that an alarm does not go off."""
LARGEST_FILE = 1 << 20
A_MOMENT = timedelta(seconds=15)
"""As long as the scheduler may take to come round."""


def live(life: Life, rules: CaseRules, is_working: IsWorking) -> UUID:
    """Tell one life up to now and return its case. Raises whatever a service raises that refuses a step, and then nothing is told."""
    with transaction.atomic():
        return _Telling(life, rules, is_working).tell()


class _Telling:
    """One life while it is told. acted: officers who did something, with when."""

    def __init__(self, life: Life, rules: CaseRules, is_working: IsWorking) -> None:
        self._life = life
        self._rules = rules
        self._is_working = is_working
        self._chance = Random(f"{rules.seed}:{life.told.item}:{life.number}")  # noqa: S311 -- repeatable on purpose
        self._heard = events.last_event()
        self._acted: list[tuple[datetime, Actor]] = []

    def tell(self) -> UUID:
        """All of it."""
        with telling(self._life.at):
            self._applicant = self._applying()
            self._case = self._doubts() if self._life.told.doubt else self._sends()
            self._settle()
        for planned in self._life.steps:
            if planned.at >= now():
                break
            self._pass_time(planned.at)
            with telling(planned.at):
                if not self._do(planned):
                    break
                self._settle()
        self._pass_time(now())
        self._answer_alerts()
        return self._case

    # ── Beginning ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _applying(self) -> Actor:
        """The applicant, with an account in which nobody can sign in, if he has none."""
        subject = system_find_subject(self._rules.scheme, self._life.applicant)
        if subject is None:
            raise ValueError(f"{self._life.told.item}: an applicant is not registered yet; people come before cases.")
        account = identity.system_account_of_subject(subject)
        if account is None:
            login = f"{self._rules.login}{self._life.number:06}"
            us = system("samples", origin="invented")
            account = identity.system_account(system_open_accounts(us, [(login, None, subject)])[login])
        return identity.actor_for_self(account)

    def _sends(self) -> UUID:
        told, about = self._life.told, None
        if self._life.about:
            about = system_find_subject(told.applicants.scheme, self._life.about)
        form = cases.form_for(self._applicant, told.item, subject_id=about)
        asked = {one.name for one in form.fields if one.source is None}
        answers = {name: template for name, template in told.answers.items() if name in asked}
        receipt = case_services.submit(
            self._applicant,
            told.item,
            self._filled(answers),
            idempotency_key=f"told:{told.item}:{self._life.number}",
            form_digest=form.digest,
            subject_id=about,
        )
        return receipt.case_id

    def _doubts(self) -> UUID:
        doubt = self._life.told.doubt
        if doubt is None or self._applicant.subject_id is None:
            raise AssertionError("Only a doubt is told here.")
        id = record_services.report_discrepancy(
            self._applicant,
            doubt.resource,
            self._applicant.subject_id,
            doubt.element,
            self._life.filled(doubt.proposed),
            Evidence(text=self._life.filled(doubt.evidence)),
            purpose=doubt.purpose,
        )
        self._heard = outbox.deliver_within(self._heard)
        case_id = records.discrepancy(self._applicant, id, purpose=doubt.purpose).line.case_id
        if case_id is None:
            raise ValueError(f"{self._life.told.item}: the doubt began no case.")
        return case_id

    def _filled(self, answers: Mapping[str, Any]) -> dict[str, object]:
        """Answers to send, their files handed in."""
        found: dict[str, object] = {}
        for name, template in answers.items():
            value = self._life.filled(template)
            if isinstance(value, dict) and "file" in value:
                made = attachment(value["file"])
                given = documents.receive(
                    self._applicant,
                    BytesIO(made.content),
                    name=made.name,
                    allowed=tuple(FILE_FORMATS),
                    largest_bytes=LARGEST_FILE,
                )
                value = {"id": str(given.id)}
            found[name] = value
        return found

    # ── Going on ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _do(self, planned: Planned) -> bool:
        """Take a step; whether somebody could."""
        step = planned.step
        if step.withdraw:
            case_services.withdraw(self._applicant, self._case, reason=planned.reason)
        elif step.answer:
            task = self._open_task(self._applicant)
            wanted = {one.id for one in task.wanted}
            answers = {name: value for name, value in step.answer.items() if name in wanted}
            case_services.answer_task(self._applicant, task.id, self._filled(answers), version=task.version)
        else:
            return self._decides(planned)
        return True

    def _decides(self, planned: Planned) -> bool:
        """An officer does his step; none does when the only ones stand too near, such as the one who applied, and the case waits."""
        for actor in self._officers():
            task = self._open_task(actor)
            if not task.why_not:
                case_services.advance(actor, task.id, version=task.version, act=planned.step.act, reason=planned.reason)
                self._acted.append((now(), actor))
                return True
        return False

    def _open_task(self, actor: Actor) -> TaskView:
        [task_id, *_] = [one.id for one in cases.case(actor, self._case).tasks]
        return cases.task(actor, task_id)

    def _officers(self) -> Iterator[Actor]:
        """Those whose duty the open task is, in the order in which they are asked: first those who have done nothing in the case yet."""
        brief = cases.system_brief(self._case)
        if not brief.holders:
            raise ValueError(f"{self._life.told.item}: the case waits for no officer at this step.")
        holder = brief.holders[0]
        posts = [holder.deputy_id] if holder.deputy_id else identity.posts_with_duty(holder.duty, holder.unit_ids)
        seats = [(account, post) for post, held in identity.system_accounts_in_posts(posts).items() for account in held]
        if not seats:
            raise ValueError(f"{self._life.told.item}: nobody sits in a post with the duty {holder.duty}.")
        known = {actor.account_id for _, actor in self._acted}
        asked = sorted(self._chance.sample(sorted(seats), len(seats)), key=lambda seat: seat[0] in known)
        for account, post in asked:
            yield identity.actor_for_post(identity.system_account(account), post)

    def _settle(self) -> None:
        """Let everything follow that follows at once: outside actions and what subscribers make of events."""
        while True:
            heard = outbox.deliver_within(self._heard)
            ran = case_services.system_run_actions_of(self._case)
            if heard == self._heard and not ran:
                return
            self._heard = heard

    def _pass_time(self, until: datetime) -> None:
        """Let every alarm go off that comes before, and what counts as done be done."""
        for _ in range(MOST_ALARMS):
            alarm = supervision.system_next_alarm(self._case)
            if alarm is None or alarm + A_MOMENT >= until:
                return
            with telling(alarm + A_MOMENT):
                watch.system_tick()
                case_services.system_deem_missed()
                self._settle()
        raise RuntimeError(f"{self._life.told.item}: an alarm does not go off.")

    # ── Afterwards ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _answer_alerts(self) -> None:
        """The unit explains what it was told, and the supervisor closes it, some days after the case went on."""
        if not self._acted:
            return
        rules, last = self._rules.alerts, self._acted[-1][1]
        for line in supervision.alerts_on_cases(last, [self._case]).get(self._case, ()):
            explains = next((actor for at, actor in self._acted if at >= line.fired_at), None)
            if explains is None or line.unit_id is None:
                continue  # it still waits for the officer
            explained = moment_after(self._rules, self._acted[-1][0], rules.explained, self._is_working, self._chance)
            closed = moment_after(self._rules, explained, rules.closed, self._is_working, self._chance)
            if explained < now():
                with telling(explained):
                    watch.explain(explains, line.id, self._chance.choice(rules.explanations))
                    self._settle()
            if closed < now():
                with telling(closed):
                    watch.close(self._supervisor(line.unit_id), line.id, self._chance.choice(rules.closings))
                    self._settle()

    def _supervisor(self, unit_id: UUID) -> Actor:
        posts = identity.posts_reaching(CLOSE, unit_id)
        seats = sorted(
            (account, post) for post, held in identity.system_accounts_in_posts(posts).items() for account in held
        )
        if not seats:
            raise ValueError("Nobody sits in a post that supervises.")
        account, post = self._chance.choice(seats)
        return identity.actor_for_post(identity.system_account(account), post)
