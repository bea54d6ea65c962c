"""What is stored of cases. Private to this engine: others ask `queries` and `services`.

Every change of a case happens with its `Case` row locked; the rows below belong to it and are reached through it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Right

from yiwang.cases.values import (
    NUMBER_TAIL,
    CaseState,
    Channel,
    ClockState,
    ConsentMeans,
    IdentityShown,
    Outcome,
    PartState,
    TaskState,
)
from yiwang.kernel.ids import uuid7

ORIGINS = ("live", "rehearsal", "invented")


def _one_of(field: str, values: object, name: str) -> models.CheckConstraint:
    return models.CheckConstraint(condition=Q(**{f"{field}__in": [str(one) for one in values]}), name=name)  # type: ignore[attr-defined]


class Case(models.Model):
    """One run 办件 of one item under the release that it began with.

    Personal data: `values` holds what the applicant wrote, `facts` what the city knew of him, `certificates` the numbers of those that
    he showed; `reason` what was written to him; `applicant_name` and `agent_name` what they are called; `subject`, `agent` and
    `account` say who.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.TextField(unique=True, db_comment="case number: implementing unit, level, item, date, counter")
    item = models.TextField(db_comment="id of the declared item")
    release = models.IntegerField(db_comment="the release whose definitions this case keeps")
    subject = models.ForeignKey(
        "subjects.Subject", on_delete=models.PROTECT, related_name="+", db_comment="whom it is for"
    )
    agent = models.ForeignKey(
        "subjects.Subject",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="the person who applies for the subject that he represents; null: the subject itself",
    )
    applicant_name = models.TextField(
        blank=True, default="", db_comment="what the subject was called in its register on that day; empty: in none"
    )
    agent_name = models.TextField(blank=True, default="", db_comment="the same of the person who applied for it")
    mandate = models.ForeignKey(
        "identity.Mandate",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        db_comment="under which the agent sent it; null: by the word of a register, or for himself",
    )
    account = models.ForeignKey(
        "identity.Account",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="who sent it; null: an event began it",
    )
    channel = models.TextField(default=Channel.ONLINE, db_comment="online | hall | community")
    entered_in = models.ForeignKey(
        "identity.Post",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="the post in which an officer entered it for the applicant; null: nobody did",
    )
    entered_instead_of = models.ForeignKey(
        "identity.Account",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        db_comment="for whom a deputy entered it",
    )
    event_id = models.UUIDField(null=True, db_comment="the event that began it")
    event_subject = models.TextField(blank=True, default="", db_comment="what that event was about")
    unit = models.ForeignKey(
        "identity.Unit",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="implementing unit; null: nobody answers yet",
    )
    place = models.TextField(blank=True, default="", db_comment="code of the place that decides who answers")
    state = models.TextField(default=CaseState.OPEN)
    outcome = models.TextField(null=True)
    version = models.IntegerField(default=1, db_comment="rises with every step; forms carry it")
    values = models.JSONField(db_comment="the answers as sent: [{name, value, digest of the element's definition}]")
    form_digest = models.TextField(db_comment="what questions were answered")
    facts = models.JSONField(
        default=list, db_comment="facts used, frozen as evidence: element, value, subject, record, source, age, release"
    )
    materials = models.JSONField(default=list, db_comment="[{id, state}] in declared order")
    certificates = models.JSONField(
        default=list,
        db_comment="certificates that met materials, frozen as evidence: material, identifier, digest, status and day of checking",
    )
    produced = models.JSONField(
        default=list, db_comment="what the case has brought forth, such as numbers: [{name, value, digest}]"
    )
    form_fields = models.IntegerField(default=0, db_comment="questions that the form had for this applicant")
    known_fields = models.IntegerField(default=0, db_comment="of these, those that nobody had to type")
    course_length = models.IntegerField(default=0)
    reason = models.TextField(blank=True, default="", db_comment="of the last decision, withdrawal or cancellation")
    submitted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            _one_of("state", CaseState, "case_state_known"),
            models.CheckConstraint(
                condition=Q(outcome__isnull=True) | Q(outcome__in=[str(one) for one in Outcome]),
                name="case_outcome_known",
            ),
            models.CheckConstraint(
                condition=Q(state="open", outcome__isnull=True, ended_at__isnull=True)
                | Q(state="ended", outcome__isnull=False, ended_at__isnull=False),
                name="case_ended_with_an_outcome",
            ),
            _one_of("origin", ORIGINS, "case_origin_known"),
            models.UniqueConstraint(
                fields=["item", "event_id"], condition=Q(event_id__isnull=False), name="case_once_for_each_event"
            ),
            models.CheckConstraint(
                condition=Q(account__isnull=False) | Q(event_id__isnull=False), name="case_sent_or_begun"
            ),
            models.CheckConstraint(
                condition=Q(channel="online", entered_in__isnull=True)
                | Q(channel__in=["hall", "community"], entered_in__isnull=False),
                name="case_entered_in_a_post",
            ),
        ]
        indexes = [
            models.Index(
                fields=["item", "event_subject"],
                condition=Q(state="open", event_id__isnull=False),
                name="case_begun_and_open",
            ),
            models.Index(Right("number", NUMBER_TAIL), name="case_by_number_tail"),
            models.Index(fields=["subject", "-id"], name="case_by_applicant"),
            models.Index(fields=["agent", "-id"], condition=Q(agent__isnull=False), name="case_by_agent"),
            models.Index(fields=["unit", "-id"], name="case_by_unit"),
            models.Index(fields=["submitted_at"], name="case_by_day_sent"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="case_by_day_ended"),
            models.Index(fields=["unit"], condition=Q(state="open"), name="case_open_by_unit"),
            models.Index(
                fields=["entered_in", "-id"], condition=Q(entered_in__isnull=False), name="case_by_entering_post"
            ),
        ]


class NumberCounter(models.Model):
    """The last number that a numbering has given for what stands before it.

    Personal data: `scope` may hold a date of birth, never whose.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    numbering = models.TextField(db_comment="id of the declared numbering")
    scope = models.TextField(
        db_comment="what stands before the counter, and of which numbers it gives every second one"
    )
    last = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["numbering", "scope"], name="numbercounter_once_for_each_scope")]


class Application(models.Model):
    """One application 申请 for all items of a bundle, under the release that it was sent under.

    Personal data: `values` holds what the applicant wrote, `facts` what the city knew of him; `reason` what he wrote when he withdrew it;
    `subject`, `agent` and `account` say who, `applicant_name` and `agent_name` what they are called.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.TextField(unique=True, db_comment="as a case number, without a unit: level, bundle, date, counter")
    bundle = models.TextField(db_comment="id of the declared bundle")
    release = models.IntegerField(db_comment="the release whose definitions it and its cases keep")
    subject = models.ForeignKey(
        "subjects.Subject", on_delete=models.PROTECT, related_name="+", db_comment="whom it is for"
    )
    agent = models.ForeignKey(
        "subjects.Subject",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="the person who applies for the subject that he represents; null: the subject itself",
    )
    applicant_name = models.TextField(
        blank=True, default="", db_comment="what the subject was called in its register on that day; empty: in none"
    )
    agent_name = models.TextField(blank=True, default="", db_comment="the same of the person who applied for it")
    account = models.ForeignKey(
        "identity.Account", on_delete=models.PROTECT, related_name="+", db_comment="who sent it"
    )
    channel = models.TextField(default=Channel.ONLINE, db_comment="online | hall | community")
    entered_in = models.ForeignKey(
        "identity.Post",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="the post in which an officer entered it for the applicant; null: nobody did",
    )
    entered_instead_of = models.ForeignKey(
        "identity.Account",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        db_comment="for whom a deputy entered it",
    )
    values = models.JSONField(db_comment="the answers as sent: [{name, value, digest of the element's definition}]")
    form_digest = models.TextField(db_comment="what questions were answered")
    facts = models.JSONField(default=list, db_comment="facts used, frozen as evidence, as a case keeps them")
    form_fields = models.IntegerField(default=0, db_comment="questions that the form had for this applicant")
    known_fields = models.IntegerField(default=0, db_comment="of these, those that nobody had to type")
    asked_apart = models.IntegerField(default=0, db_comment="questions that the items would have asked one by one")
    legal_due = models.DateField(null=True, db_comment="last day of the legal limit of the whole; null: none")
    due = models.DateField(null=True, db_comment="the earlier of the legal and the promised last day")
    due_at = models.DateTimeField(null=True, db_comment="the instant from which the earlier one is over")
    provisional = models.BooleanField(default=False)
    submitted_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, db_comment="when the last of its parts was over")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            _one_of("origin", ORIGINS, "application_origin_known"),
            models.CheckConstraint(
                condition=Q(channel="online", entered_in__isnull=True)
                | Q(channel__in=["hall", "community"], entered_in__isnull=False),
                name="application_entered_in_a_post",
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "-id"], name="application_by_applicant"),
            models.Index(fields=["agent", "-id"], condition=Q(agent__isnull=False), name="application_by_agent"),
        ]


class ApplicationPart(models.Model):
    """One item of an application: before its case begins, while it runs, and when it is over.

    Personal data: `reason` as the applicant wrote it when he withdrew a part that had not begun.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="parts")
    position = models.IntegerField(db_comment="from 1, as the bundle declares them")
    item = models.TextField(db_comment="id of the declared item")
    case_id = models.UUIDField(unique=True, db_comment="the id that its case has, or will have when it begins")
    state = models.TextField(default=PartState.WAITING)
    outcome = models.TextField(null=True, db_comment="of its case, when that has ended")
    held_by = models.TextField(
        blank=True, default="", db_comment="the item whose end stopped it, or about which the applicant is asked"
    )
    goes_on = models.BooleanField(default=False, db_comment="the applicant said that it goes on all the same")
    reason = models.TextField(blank=True, default="")
    begun_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["application", "item"], name="applicationpart_once_for_each_item"),
            _one_of("state", PartState, "applicationpart_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "asking", "begun"], ended_at__isnull=True)
                | Q(state__in=["ended", "stopped", "withdrawn"], ended_at__isnull=False),
                name="applicationpart_over_at_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["begun", "ended"], begun_at__isnull=False)
                | Q(state__in=["waiting", "asking", "stopped", "withdrawn"], begun_at__isnull=True),
                name="applicationpart_begun_with_a_case",
            ),
        ]


class Reception(models.Model):
    """Somebody served at a window 窗口接待: that he showed who he is, and that he agreed to the post applying for him and reading for it.

    Before it nothing is read of him. It counts on its own day, for one item or bundle, in the post that wrote it. Append-only but for what
    came of it: `case` or `application`.

    Personal data: `subject` by id and his `name`, who served him by ids; `consent` is the text that he was shown, without his words.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    subject = models.ForeignKey(
        "subjects.Subject", on_delete=models.PROTECT, related_name="+", db_comment="the natural person at the window"
    )
    item = models.TextField(db_comment="id of the declared item or bundle")
    account = models.ForeignKey("identity.Account", on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("identity.Post", on_delete=models.PROTECT, related_name="+")
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, related_name="+")
    channel = models.TextField()
    shown = models.TextField(db_comment="the document by which he showed who he is: card | electronic | other")
    means = models.TextField(db_comment="how he agreed: signed | spoken | electronic")
    consent = models.JSONField(db_comment="language → the text to which he agreed")
    received_at = models.DateTimeField(db_comment="business time")
    name = models.TextField(blank=True, default="", db_comment="what he was called in his register on that day")
    until = models.DateField(db_comment="the last civil date on which it counts")
    case = models.OneToOneField(Case, null=True, on_delete=models.PROTECT, related_name="reception")
    application = models.OneToOneField(Application, null=True, on_delete=models.PROTECT, related_name="reception")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=["hall", "community"]), name="reception_channel_known"),
            models.CheckConstraint(
                condition=Q(case__isnull=True) | Q(application__isnull=True), name="reception_for_one_form"
            ),
            _one_of("shown", IdentityShown, "reception_shown_known"),
            _one_of("means", ConsentMeans, "reception_means_known"),
            _one_of("origin", ORIGINS, "reception_origin_known"),
        ]
        indexes = [models.Index(fields=["post", "account", "-id"], name="reception_of_post")]


class EngineState(models.Model):
    """Where the process of an open case stands. Goes when the case ends: the course and the tasks are its history.

    Personal data: none; values never enter the process.
    """

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="engine_state")
    state = models.JSONField()


class Task(models.Model):
    """A step that waits 待办: for a post with a duty, for the applicant, or for an outside action.

    Personal data: who did it (`done_by`, `done_instead_of`), by id; `asks` what was written to the applicant; `answered` what he wrote
    and what stood before.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="tasks")
    step = models.UUIDField(
        db_comment="the visit of the step in the process; outside effects are keyed by case and step"
    )
    node = models.TextField(db_comment="id of the step in the diagram")
    duty = models.TextField(
        blank=True,
        default="",
        db_comment="the duty in whose lane it stands; it does the decisions, and sees the actions",
    )
    action = models.TextField(blank=True, default="", db_comment="the outside action; empty for a decision")
    party = models.TextField(blank=True, default="", db_comment="applicant, or empty")
    deputy = models.ForeignKey(
        "identity.Post",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="the post to which it was handed; then no other may do it",
    )
    asks = models.JSONField(default=list, db_comment="of the applicant: [{kind: material|element, id, words}]")
    answered = models.JSONField(null=True, db_comment="{values: [{name, value, digest}], before: [the same]}")
    state = models.TextField()
    opened_at = models.DateTimeField()
    own_due_on = models.DateField(
        null=True, db_comment="of a limit of its own; null: the clocks of its case run for it"
    )
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    done_in_post = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")
    done_instead_of = models.ForeignKey(
        "identity.Account",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        db_comment="for whom a deputy did it: his hand, too",
    )
    act = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "step"], name="task_once_for_each_step"),
            _one_of("party", ("", "applicant"), "task_party_known"),
            _one_of("state", TaskState, "task_state_known"),
        ]
        indexes = [
            models.Index(fields=["duty", "id"], condition=Q(state="open"), name="task_open_by_duty"),
            models.Index(
                fields=["state"], condition=Q(state__in=["unassigned", "running", "failed"]), name="task_alarms"
            ),
        ]


class TaskUnit(models.Model):
    """A unit that answers for a task: any post of it with the task's duty may do the task.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="answering")
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, related_name="+")
    waits = models.BooleanField(default=True, db_comment="whether the task is neither done nor closed")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "unit"], name="taskunit_once")]
        indexes = [
            models.Index(fields=["unit", "task"], name="taskunit_by_unit"),
            # what lies on a unit's desk is found without walking through all that ever did
            models.Index(fields=["unit", "task"], condition=Q(waits=True), name="taskunit_waiting"),
        ]


class Clock(models.Model):
    """One limit 时限 of a case as it runs: what the limit, the item's promise, the calendar and its changes come to today.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clocks")
    limit = models.TextField(db_comment="id of the declared limit, in the case's release")
    state = models.TextField(default=ClockState.RUNNING)
    started_at = models.DateTimeField(db_comment="the trigger; its civil date is not counted")
    legal_due = models.DateField(null=True, db_comment="null while it is paused before its end")
    legal_due_at = models.DateTimeField(null=True, db_comment="the instant from which the legal limit is over")
    promised_due = models.DateField(null=True, db_comment="null without a promise, too")
    due = models.DateField(null=True, db_comment="the earlier of both")
    due_at = models.DateTimeField(null=True, db_comment="the instant from which the earlier one is over")
    provisional = models.BooleanField(default=False)
    deems = models.BooleanField(default=False, db_comment="the limit says what counts as done when it is missed")
    ended_at = models.DateTimeField(null=True)
    ended_under = models.IntegerField(
        null=True, db_comment="the release whose calendars its last dates were counted by"
    )
    ended_where = models.JSONField(
        null=True,
        db_comment="division and codes (own first, then those above) of the unit by whose place they were; null without a unit",
    )

    class Meta:
        constraints = [
            _one_of("state", ClockState, "clock_state_known"),
            models.UniqueConstraint(
                fields=["case", "limit"], condition=Q(state__in=["running", "paused"]), name="clock_open_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "paused"], ended_at__isnull=True, ended_under__isnull=True)
                | Q(state__in=["stopped", "met", "missed"], ended_at__isnull=False, ended_under__isnull=False),
                name="clock_ended_at_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(due__isnull=True, due_at__isnull=True) | Q(due__isnull=False, due_at__isnull=False),
                name="clock_due_as_a_whole",
            ),
            models.CheckConstraint(
                condition=Q(legal_due__isnull=True, legal_due_at__isnull=True)
                | Q(legal_due__isnull=False, legal_due_at__isnull=False, due__isnull=False),
                name="clock_legal_due_as_a_whole",
            ),
        ]
        indexes = [
            models.Index(
                fields=["case", "due"], condition=Q(state__in=["running", "paused"]), name="clock_open_by_case"
            ),
            models.Index(fields=["legal_due_at"], condition=Q(state="running", deems=True), name="clock_deems"),
            models.Index(fields=["due"], condition=Q(state="running"), name="clock_running_by_due"),
        ]


class ClockChange(models.Model):
    """What happened to a clock, and what its dates were from then on. Append-only: the application's role may not change a row.

    Personal data: `words` as the approver of an extension wrote them.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    clock = models.ForeignKey(Clock, on_delete=models.CASCADE, related_name="changes")
    position = models.IntegerField(db_comment="from 1")
    at = models.DateTimeField()
    change = models.TextField()
    reason = models.TextField(blank=True, default="", db_comment="id of the declared pause")
    length = models.IntegerField(default=0, db_comment="by how much it was extended, in the unit of the limit")
    words = models.TextField(blank=True, default="", db_comment="why it was extended; the applicant reads it")
    legal_due = models.DateField(null=True)
    promised_due = models.DateField(null=True)
    due = models.DateField(null=True)
    provisional = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock", "position"], name="clockchange_in_order"),
            _one_of(
                "change",
                ("started", "paused", "resumed", "extended", "recounted", "moved", "met", "missed", "stopped"),
                "clockchange_change_known",
            ),
        ]


class CourseEntry(models.Model):
    """One line of the course 办理过程. Said in words when it is read, in the reader's language.

    Personal data: `account` and `instead_of` by id; `reason` as it was written.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="course")
    position = models.IntegerField(db_comment="from 1; two lines of one instant keep their order")
    at = models.DateTimeField()
    code = models.TextField()
    by = models.TextField(db_comment="applicant | officer | system")
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("identity.Post", null=True, on_delete=models.PROTECT, related_name="+")
    account = models.ForeignKey("identity.Account", null=True, on_delete=models.PROTECT, related_name="+")
    instead_of = models.ForeignKey(
        "identity.Account",
        null=True,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        db_comment="for whom a deputy acted",
    )
    node = models.TextField(blank=True, default="")
    act = models.TextField(blank=True, default="")
    reason = models.TextField(blank=True, default="")
    clock_change = models.ForeignKey(ClockChange, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "position"], name="courseentry_in_order"),
            _one_of("by", ("applicant", "officer", "system"), "courseentry_by_known"),
        ]


class ActionRun(models.Model):
    """One attempt of an outside action. The next attempt is a row of its own, made when this one has failed.

    Personal data: none; `error` is the class of what went wrong, never its text.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="runs")
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="+")
    step = models.UUIDField()
    attempt = models.IntegerField(db_comment="from 1")
    state = models.TextField(default="pending")
    begun = models.IntegerField(
        default=0, db_comment="how often it was begun; more than once only if a process died in it"
    )
    due_at = models.DateTimeField(db_comment="machine time from which it may run")
    ended_at = models.DateTimeField(null=True, db_comment="machine time")
    error = models.TextField(blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "step", "attempt"], name="actionrun_once_for_each_attempt"),
            _one_of("state", ("pending", "done", "failed", "dropped"), "actionrun_state_known"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="pending"), name="actionrun_pending")]


class Draft(models.Model):
    """A form that somebody has begun and not sent 暂存: one for each account, item and mandate. Goes when it is sent, discarded or old.

    Personal data: `values`, what he typed, sealed so that the row alone tells nobody; `account` and `subject_id` say who.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey("identity.Account", on_delete=models.CASCADE, related_name="+")
    item = models.TextField(db_comment="id of the declared item or bundle")
    mandate = models.ForeignKey(
        "identity.Mandate", null=True, on_delete=models.CASCADE, related_name="+", db_comment="under which he applies"
    )
    subject_id = models.UUIDField(
        null=True,
        db_comment="for whom he applies, as he chose; whether he may is asked when the form is opened and sent",
    )
    values = models.BinaryField(db_comment="sealed JSON: name of the field → what was typed")
    saved_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_comment="business time from which it is forgotten")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "item", "mandate"], nulls_distinct=False, name="draft_once_for_each_item"
            ),
            _one_of("origin", ORIGINS, "draft_origin_known"),
        ]
        indexes = [models.Index(fields=["expires_at"], name="draft_by_end")]
