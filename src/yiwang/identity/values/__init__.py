"""Checked values of the identity engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from yiwang.acts.values import CapacityKind
from yiwang.identity.values.login_certificates import CertificateView, ChallengeView
from yiwang.kernel.errors import Fault, FieldFault, NotAllowed, msgid

__all__ = [
    "CAPACITY",
    "PROVED_AGAIN",
    "SELF",
    "UNDER",
    "Abolish",
    "AccountView",
    "Administrator",
    "Allowing",
    "AssignmentKind",
    "AssignmentView",
    "CapacityView",
    "ConsentDue",
    "ConsentState",
    "ConsentView",
    "DutyPage",
    "DutyView",
    "EndReason",
    "Establishment",
    "Explanation",
    "Grant",
    "HeadcountView",
    "Headcounts",
    "HeldPost",
    "HolderView",
    "KeptLine",
    "Merge",
    "Moved",
    "Moving",
    "NewPost",
    "NewUnit",
    "OfficerPage",
    "OfficerView",
    "NewPasskey",
    "NewSecondFactor",
    "OwnAccount",
    "Plan",
    "ProofDue",
    "PostLine",
    "PostPage",
    "PostView",
    "PasskeyAnswer",
    "PasskeyView",
    "Reason",
    "Remark",
    "ReorganisationPage",
    "ReorganisationPreview",
    "RelyingParty",
    "Scope",
    "SeatPage",
    "SecondFactorView",
    "SessionView",
    "Standing",
    "StandsIn",
    "Split",
    "Stays",
    "Terms",
    "TookOver",
    "UnitChangeView",
    "UnitLine",
    "UnitNode",
    "UnitPage",
    "UnitScope",
    "UnitView",
    "UnitsFound",
]


class Scope(StrEnum):
    """How far a grant reaches from the unit of the post."""

    OWN = "own"  # what concerns this post alone
    UNIT = "unit"  # the unit of the post
    SUBTREE = "subtree"  # that unit and everything below it
    CITY = "city"  # every unit


CAPACITY = "capacity"
"""Under this name a session keeps in which capacity its account acts: `self`, the id of a post, or `mandate:` and the id of a mandate."""
SELF = "self"
UNDER = "mandate:"
PROVED_AGAIN = "proved-again"
"""And under this one the machine time at which its owner last proved once more who he is, as text (ISO 8601)."""


class Administrator(StrEnum):
    """The three administrators 三员, of which one person holds at most one (GB/T 22239 level 3, 安全管理中心)."""

    SYSTEM = "system"  # accounts, organisation, operations
    SECURITY = "security"  # who holds which post
    AUDIT = "audit"  # reads the log of everybody, the other two included


class AssignmentKind(StrEnum):
    """In which way somebody sits in a post."""

    REGULAR = "regular"  # 任职
    ACTING = "acting"  # 主持工作、代理: in charge without being appointed
    SECONDMENT = "secondment"  # 借调: lent by another unit, where he keeps his place
    DEPUTY = "deputy"  # 代班、顶岗: for one who holds the post, on the days of his absence


class EndReason(StrEnum):
    """Why an assignment ended."""

    REMOVED = "removed"  # 免职
    TRANSFERRED = "transferred"  # 调出
    RETIRED = "retired"  # 退休
    RESIGNED = "resigned"  # 辞职
    OVER = "over"  # 期满: what it was for is done, or the one who was stood in for has left
    MISTAKEN = "mistaken"  # 配岗有误: he should never have been put there
    ACCOUNT_CLOSED = "account-closed"  # 账号关闭, which ends whatever its person held
    REVIEWED = "reviewed"  # 权限复核: who reviewed the rights asked for it, or nobody answered for them


class Establishment(StrEnum):
    """The kinds of places 编制 that a unit may have filled."""

    ADMINISTRATIVE = "administrative"  # 行政编制
    INSTITUTION = "institution"  # 事业编制
    CONTRACT = "contract"  # 聘用


@dataclass(frozen=True, slots=True)
class Terms:
    """How somebody is put into a post, besides from when until when.

    document: number of the document 文号 it rests on.  establishment: the kind of place that a regular holder fills.
    instead_of: of a deputy, the assignment of the one for whom he sits there.
    home, from_unit: of a secondment, the assignment that he is lent from, or the unit where he held no post here.  home_rests: whether
    what he may do in the post he comes from rests meanwhile.
    """

    kind: AssignmentKind = AssignmentKind.REGULAR
    document: str = ""
    establishment: Establishment | None = None
    instead_of: UUID | None = None
    home: UUID | None = None
    from_unit: UUID | None = None
    home_rests: bool = False


@dataclass(frozen=True, slots=True)
class StandsIn:
    """For whom a deputy acts: whatever the one may not decide about, the other may not either."""

    account_id: UUID
    subject_id: UUID | None


@dataclass(frozen=True, slots=True)
class Grant:
    """An action that a duty may do, and how far."""

    action: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class DutyView:
    """A declared duty. longest_days: for so many days at most a post may ask for it; None: it is given by rule alone."""

    id: str
    title: str | Mapping[str, str]
    may: tuple[Grant, ...]
    excludes: frozenset[str]
    administrator: Administrator | None
    longest_days: int | None = None


@dataclass(frozen=True, slots=True)
class AccountView:
    """An account as its owner and the administrators see it."""

    id: UUID
    login: str
    subject_id: UUID | None
    is_active: bool
    origin: str


@dataclass(frozen=True, slots=True)
class UnitView:
    """A unit. level: city | district | township | community | division."""

    id: UUID
    code: str
    title: str
    short_title: str
    credit_code: str
    level: str
    division_code: str
    parent_id: UUID | None


@dataclass(frozen=True, slots=True)
class UnitNode:
    """A unit within the tree. depth: steps below the root that was asked for."""

    unit: UnitView
    depth: int


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit in a list. below: how many units stand below it, at any depth.  posts: how many posts it has.

    closed_on: the first civil date without it.
    """

    unit: UnitView
    below: int
    posts: int = 0
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class UnitsFound:
    """One look at the tree. above: from the top down to the unit whose children these are; empty for a search.  more: there are others."""

    above: tuple[UnitView, ...]
    rows: tuple[UnitLine, ...]
    more: bool = False


@dataclass(frozen=True, slots=True)
class PostView:
    """A post, its unit and its duties. asked: of the duties that were granted on application, the last civil date with each."""

    id: UUID
    title: str
    unit_title: str
    unit_id: UUID
    duties: frozenset[str]
    code: str = ""
    asked: Mapping[str, date] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HolderView:
    """Somebody who sits in a post, sat in it, or will. valid_to: the first civil date without him.

    instead_of: of a deputy, for whom.  came_from: of a secondment, title of the unit (and post).  rests: he may do nothing in it today,
    because he is seconded elsewhere.  end_reason: None while nobody said one.
    """

    assignment_id: UUID
    account: AccountView
    valid_from: date
    valid_to: date | None
    kind: AssignmentKind = AssignmentKind.REGULAR
    document: str = ""
    establishment: Establishment | None = None
    instead_of: AccountView | None = None
    came_from: str = ""
    rests: bool = False
    end_reason: EndReason | None = None
    end_document: str = ""


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post in a list. holders: those of today, for who may know them.  held_by: how many they are.  closed_on: first date without it."""

    post: PostView
    held_by: int
    holders: tuple[HolderView, ...] = ()
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class HeadcountView:
    """The places of one kind that a unit has 编制. places: None for no limit.  filled: how many officers fill one today.

    document: number of the document 文号 that set it.  set_on: civil date.  by: those who fill them, for who may know.
    """

    kind: Establishment
    places: int | None
    filled: int
    document: str = ""
    set_on: date | None = None
    by: tuple[HolderView, ...] = ()


@dataclass(frozen=True, slots=True)
class Headcounts:
    """The places of a unit. rows: the kinds that are limited or filled.  uncounted: regular holders who fill none that anybody named."""

    rows: tuple[HeadcountView, ...]
    uncounted: int


@dataclass(frozen=True, slots=True)
class UnitChangeView:
    """What became of a unit.

    what: opened | renamed | moved | closed | reopened | merged | abolished | took-over | split | split-from | undone.
    Titles of the units above, empty for none.  other: the unit into which it was merged, from which it was split ….
    reorganisation_id: the act, None for changes of this unit alone.
    """

    what: str
    at: datetime
    title_was: str
    title: str
    parent_was: str
    parent: str
    other: str = ""
    reorganisation_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class UnitPage:
    """A unit as its page shows it. version: to be given back with a change.  above: from the top down, itself left out.

    below, within: how many open units stand directly below it, and at any depth.  history: the latest first.
    """

    unit: UnitView
    version: int
    closed_on: date | None
    above: tuple[UnitView, ...]
    below: int
    within: int
    posts: tuple[PostLine, ...]
    history: tuple[UnitChangeView, ...]


@dataclass(frozen=True, slots=True)
class PostPage:
    """A post as its page shows it. version: to be given back with a change.  duties: those declared today, by id.

    sees_holders: whether the reader may know who holds it.  holders: today's and future ones; former: who held it, the latest first.
    leading: it is a leading post 领导岗位.
    """

    post: PostView
    version: int
    closed_on: date | None
    duties: tuple[DutyView, ...]
    sees_holders: bool
    held_by: int
    holders: tuple[HolderView, ...]
    former: tuple[HolderView, ...]
    leading: bool = False


@dataclass(frozen=True, slots=True)
class DutyPage:
    """A duty as its page shows it. posts: the first that have it, by code.  count: how many have it.  excluded: which it excludes."""

    duty: DutyView
    posts: tuple[PostLine, ...]
    count: int
    excluded: tuple[DutyView, ...]


@dataclass(frozen=True, slots=True)
class OwnAccount:
    """One's own account. must_change: the password was given by another.  least: characters of a password.  posts: those of today."""

    account: AccountView
    must_change: bool
    least: int
    posts: tuple[PostView, ...]


@dataclass(frozen=True, slots=True)
class NewSecondFactor:
    """What an authenticator app takes over.  secret: to be typed, in groups of four.  address: `otpauth:`, as a QR code says it."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """The site as passkeys know it (WebAuthn 3, 4).  id: the host for which they serve.  origin: scheme, host and port of its pages."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """What a browser answered for a passkey, as JSON (WebAuthn 3, 5.1.8), and the session that was asked; None was never asked."""

    response: Mapping[str, object]
    session_id: UUID | None


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """A passkey 通行密钥 as its owner sees it. Times are UTC, of the machine; used_at: None when it never signed in.

    name: as its owner called it.  backed_up: his other devices have it, too.
    """

    id: UUID
    name: str
    made_at: datetime
    used_at: datetime | None
    backed_up: bool


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was added.  recovery_codes: shown this once, where the account had none; else empty."""

    passkey: PasskeyView
    recovery_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SecondFactorView:
    """One's own second factor.  since: of the app, None when there is none.  recovery_codes: how many are left.

    begun: the app that waits for its first code.  passkeys: the oldest first.  new_passkey: what the browser is to be asked for one that
    was begun in this session.  certificates, new_certificate: the same of certificates.  certificate_shown: one has proved its person in
    this session a moment ago.  is_needed: the city asks this account for a factor. Times are UTC, of the machine.
    """

    since: datetime | None
    used_at: datetime | None
    recovery_codes: int
    begun: NewSecondFactor | None
    is_needed: bool
    passkeys: tuple[PasskeyView, ...] = ()
    new_passkey: Mapping[str, object] | None = None
    certificates: tuple[CertificateView, ...] = ()
    new_certificate: ChallengeView | None = None
    certificate_shown: bool = False


@dataclass(frozen=True, slots=True)
class SessionView:
    """One place where an account is signed in. Times are UTC, of the machine.

    here: the session that asks.  browser, system: as the browser calls itself, each empty when unknown.  address: network address of
    its last request.  post: in which it acts, empty for oneself.  lasts_until: when it ends unless it is used, or at the latest.
    provider: the outside provider through which it began, empty where that was here.
    """

    id: UUID
    here: bool
    browser: str
    system: str
    address: str
    post: str
    began_at: datetime
    seen_at: datetime
    lasts_until: datetime
    provider: str = ""


@dataclass(frozen=True, slots=True)
class CapacityView:
    """One capacity in which an account may act: as the person himself, for another under a mandate, or in a post.

    title: of an agent, what the register calls the one for whom he acts; empty where none does.
    """

    capacity: CapacityKind
    capacity_id: UUID
    post: PostView | None = None
    mandate_id: UUID | None = None
    title: str = ""


@dataclass(frozen=True, slots=True)
class AssignmentView:
    """Somebody in a post, from one civil date until the day before another.

    instead_of: of a deputy, log-in of the one for whom.  came_from: of a secondment, title of the unit (and post).  rests: nothing may be
    done in it today, because he is seconded elsewhere.  rests_until: first civil date on which it does not rest, None for no end.
    """

    id: UUID
    post: PostView
    valid_from: date
    valid_to: date | None
    kind: AssignmentKind = AssignmentKind.REGULAR
    document: str = ""
    establishment: Establishment | None = None
    instead_of: str = ""
    came_from: str = ""
    rests: bool = False
    rests_until: date | None = None
    end_reason: EndReason | None = None
    end_document: str = ""


@dataclass(frozen=True, slots=True)
class SeatPage:
    """One assignment: as one of its post, and as one of its officer's career."""

    holder: HolderView
    assignment: AssignmentView


@dataclass(frozen=True, slots=True)
class OfficerView:
    """An account with its assignments, those that ended included, the latest first.  second_factor: None where it was not asked for."""

    account: AccountView
    assignments: tuple[AssignmentView, ...]
    second_factor: bool | None = None


@dataclass(frozen=True, slots=True)
class OfficerPage:
    """One page of officers. next_cursor: give it back for the next page; empty on the last."""

    officers: tuple[OfficerView, ...]
    next_cursor: str


@dataclass(frozen=True, slots=True)
class UnitScope:
    """The rows that an actor may act on: those of these units, by one of these duties.

    everything: every unit, `unit_ids` is then empty.  duties: the duties of the post that grant the action.
    post_ids: grants of the scope `own`: rows that name one of these posts, in whatever unit.
    parts: where duties of one post reach differently far, the scope of each reach; empty when all reach equally far. Who asks
    about rows that name a duty asks `each`, or a duty would reach as far as another one does.
    """

    everything: bool
    unit_ids: frozenset[UUID]
    duties: frozenset[str]
    post_ids: frozenset[UUID] = frozenset()
    parts: tuple[UnitScope, ...] = ()

    @property
    def each(self) -> tuple[UnitScope, ...]:
        """The scopes in which every duty reaches every unit."""
        return self.parts or (self,)

    @property
    def is_empty(self) -> bool:
        """Whether no row at all can be in this scope."""
        return not (self.everything or self.unit_ids or self.post_ids)

    def covers(self, unit_id: UUID | None) -> bool:
        """Whether rows of this unit are in the scope."""
        return self.everything or (unit_id is not None and unit_id in self.unit_ids)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an actor may or may not do something: a gettext msgid and what fills it in."""

    allowed: bool
    message: str
    params: Mapping[str, object] = field(default_factory=dict)


class ProofDue(NotAllowed):
    """The act is dangerous, and the last proof of who sits there is too old for it. Nothing was done."""

    code = "proof-due"
    title = msgid("First show once more that it is you")
    next_step = msgid("Give your password, and your second factor if you have one; then send again.")


class ConsentDue(Fault):
    """The act needs the consent of another administrator, and nothing else stands against it. Nothing was done.

    action, arguments: what was to be done, as `consents.ask_consent` takes it.  of: whose consent it needs.  within: how long a request
    for it waits, where the city's days are too long.
    """

    code = "consent-due"
    status = 403
    title = msgid("Another administrator has to consent first")
    next_step = msgid("Say why it is to be done and ask for consent; it is done as soon as that is given.")

    def __init__(
        self, action: str, arguments: Mapping[str, Any], of: Administrator, within: timedelta | None = None
    ) -> None:
        super().__init__(msgid("This gives away rights or takes them, for many or for good: nobody does it alone."))
        self.action, self.arguments, self.of, self.within = action, arguments, of, within


class ConsentState(StrEnum):
    """What became of a request for consent. A request that was not decided in time is over: `expired`."""

    WAITS = "waits"
    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ConsentView:
    """A request for the consent of another administrator 双人复核, as its page shows it.

    words: the act, a msgid.  lines: what it is about, each a msgid and what fills it in.  by, by_subject, by_post: who asked
    (login, person), and in which post.
    of: whose consent it needs.  decided_by: login of who decided.  reply: why it was refused.
    yours: it waits for the consent of who looks.  mine: who looks has asked for it himself.
    """

    id: UUID
    action: str
    words: str
    lines: tuple[tuple[str, str], ...]
    by: str
    by_subject: UUID | None
    by_post: str
    of: Administrator
    reason: str
    asked_at: datetime
    lasts_until: datetime
    state: ConsentState
    decided_by: str
    decided_at: datetime | None
    reply: str
    yours: bool
    mine: bool


class Standing(StrEnum):
    """How an assignment stands on a day."""

    NOW = "now"
    RESTS = "rests"  # he is seconded elsewhere meanwhile
    LATER = "later"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Allowing:
    """A grant that a post has.  counts: a grant across the line of the three administrators does not.  reaches: as far as was asked."""

    duty: DutyView
    scope: Scope
    counts: bool
    reaches: bool


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post that somebody holds, held or will hold, and what it grants of the action that was asked about."""

    assignment: AssignmentView
    standing: Standing
    grants: tuple[Allowing, ...]

    @property
    def allows(self) -> bool:
        """Whether this alone is enough today."""
        return self.standing is Standing.NOW and any(one.counts and one.reaches for one in self.grants)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether somebody may do an action today, why (not), and who else may.

    unit: where; None for anywhere.  held: all his posts, those that allow it first.  reserved: the administrators to whom alone the
    action may be granted; None for the city's business.  duties: all that grant it.  posts: that may do it there, at most ten.
    number_of_posts: how many may.
    """

    account: AccountView
    action: str
    unit: UnitView | None
    reason: Reason
    held: tuple[HeldPost, ...]
    reserved: frozenset[Administrator] | None
    duties: tuple[DutyView, ...]
    posts: tuple[PostLine, ...]
    number_of_posts: int


@dataclass(frozen=True, slots=True)
class NewUnit:
    """A unit to be opened or brought in line. parent_code: empty for a root."""

    code: str
    title: str
    short_title: str
    credit_code: str
    level: str
    division_code: str
    parent_code: str = ""


@dataclass(frozen=True, slots=True)
class NewPost:
    """A post to be opened or brought in line."""

    code: str
    unit_code: str
    title: str
    duties: frozenset[str]


# ── Reorganisation ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge units into another that stands already: all they have goes there, and they end."""

    units: tuple[UUID, ...]
    into: UUID


@dataclass(frozen=True, slots=True)
class Split:
    """Open a new unit and give it these posts, child units and areas of an old one, which goes on with the rest."""

    unit: UUID
    new: NewUnit
    posts: frozenset[UUID] = frozenset()
    units: frozenset[UUID] = frozenset()
    areas: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Abolish:
    """Abolish a unit: all it has goes to its successor."""

    unit: UUID
    successor: UUID


Plan = Merge | Split | Abolish


@dataclass(frozen=True, slots=True)
class Moving:
    """A plan as the engines carry it out. sources: whose things go.  to: who takes them; in the preview of a split nobody yet.

    whole: the sources end, and everything goes.  Of a split: posts, units, areas: what was named.  duties: what only posts that go are
    there to do: their open work goes with them.  source_codes: of the sources.  to_codes: of the unit that takes and those above it.
    """

    sources: frozenset[UUID]
    to: UUID
    whole: bool
    posts: frozenset[UUID] = frozenset()
    units: frozenset[UUID] = frozenset()
    areas: frozenset[UUID] = frozenset()
    duties: frozenset[str] = frozenset()
    source_codes: frozenset[str] = frozenset()
    to_codes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Moved:
    """One thing that went. source: whose it was; None: it stood at the top.  was_there: the unit that took it had it already."""

    object_id: UUID
    source: UUID | None
    was_there: bool = False


@dataclass(frozen=True, slots=True)
class Stays:
    """Things of one kind that undoing does not return, and why, as a msgid."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class KeptLine:
    """How many of a kind go, or went. title: msgid.  examples: the first of them, id and words.

    stays: of an undoing, what does not return; the examples are then the first of these.
    """

    kind: str
    title: str
    number: int
    examples: tuple[tuple[UUID, str], ...] = ()
    stays: Stays | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """What an engine has to say to a plan. stops: it cannot be done as long as this holds."""

    says: FieldFault
    stops: bool = True


@dataclass(frozen=True, slots=True)
class ReorganisationPreview:
    """What a reorganisation, or its undoing, would do now. fingerprint: to be given back with the act.  stops: every reason against it.

    hints: what it leaves as it is, and what somebody should see to.
    """

    sources: tuple[UnitView, ...]
    to: UnitView
    lines: tuple[KeptLine, ...]
    stops: tuple[FieldFault, ...]
    hints: tuple[FieldFault, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class ReorganisationPage:
    """A reorganisation as its page shows it. what: merge | split | abolish | undo.  lines: what went, without examples.

    undoes, undone_by: ids of the act that it undid, and of the one that undid it.
    """

    id: UUID
    what: str
    at: datetime
    reason: str
    document: str
    sources: tuple[UnitView, ...]
    to: UnitView
    lines: tuple[KeptLine, ...]
    undoes: UUID | None
    undone_by: UUID | None


TookOver = Mapping[str, frozenset[UUID]]
"""Duty → the units for whose past a post of this duty answers; under the empty name, for any duty."""
