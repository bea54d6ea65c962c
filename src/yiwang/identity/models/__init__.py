"""What the identity engine stores: accounts, the tree of units, posts and who sits in them, sessions, failed sign-ins."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar
from uuid import UUID

from django.contrib.auth import get_backends
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q

from yiwang.acts.values import Actor
from yiwang.identity.values import AssignmentKind, EndReason, Establishment
from yiwang.kernel.ids import uuid7
from yiwang.kernel.time import machine_now, now

ORIGINS = ["live", "rehearsal", "invented"]
UNIT_CHANGES = [
    "opened",
    "renamed",
    "moved",
    "closed",
    "reopened",
    "merged",
    "abolished",
    "took-over",
    "split",
    "split-from",
    "undone",
]
CONSENTS = ["waits", "given", "refused", "withdrawn", "expired"]
REORGANISATIONS = ["merge", "split", "abolish", "undo"]
ASSIGNMENT_KINDS = [str(one) for one in AssignmentKind]
END_REASONS = ["", *(str(one) for one in EndReason)]
ESTABLISHMENTS = [str(one) for one in Establishment]


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by login for Django's authentication. There is no `create_superuser`: nobody is one."""


class Account(AbstractBaseUser):
    """What one natural person signs in with. It has no permissions of its own: they come from posts.

    Libraries ask an account what it may do. It answers for the post in which the request acts (`acting`), and for nothing when
    none is said.

    Personal data: the login and a password hash (Argon2id); the person behind it only by the subject's id.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    login = models.TextField(unique=True, db_comment="lower case, no spaces")
    subject = models.OneToOneField(
        "subjects.Subject",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="the natural person; one account each",
    )
    is_active = models.BooleanField(default=True)
    opened_at = models.DateTimeField(default=now)
    closed_on = models.DateField(null=True, db_comment="first civil date without it")
    start_password_until = models.DateTimeField(
        null=True, db_comment="machine time; the password was given by another and must be changed before anything else"
    )
    password_changed_at = models.DateTimeField(default=machine_now, db_comment="machine time")
    origin = models.TextField(default="live")
    groups = models.ManyToManyField("auth.Group", through="GroupOfNobody", related_name="+")

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "login"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    is_superuser = False
    email = ""  # libraries mail nobody: messages of the city go their own way
    acting: Actor | None = None
    """Who acts in the request that this object belongs to; its middleware says so. Not stored."""
    let_in_by = ""
    """By what its owner was let in a moment ago; his session keeps it. Not stored."""
    let_in_certificate: UUID | None = None
    """By which registered certificate, where it was one. Not stored."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="account_origin_known"),
            models.CheckConstraint(condition=~Q(login=""), name="account_has_a_login"),
        ]

    def has_perm(self, permission: str, subject: models.Model | None = None) -> bool:
        """Whether the post that acts may do what a library calls `permission` (`registry.name_for_library`)."""
        return any(one.has_perm(self, permission, subject) for one in get_backends())

    def has_perms(self, permissions: Iterable[str], subject: models.Model | None = None) -> bool:
        """Whether it may do all of them."""
        return all(self.has_perm(one, subject) for one in permissions)


class GroupOfNobody(models.Model):
    """Libraries expect accounts to have groups. Here nobody is in one: rights come from posts. No row can be written.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey("auth.Group", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk__isnull=True), name="group_of_nobody")]


class FormerPassword(models.Model):
    """A password that an account had: one of the last five is not taken again (GB/T 22239-2019 8.1.4.1 a).

    Personal data: a password hash (Argon2id).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    password = models.TextField()


class SecondFactor(models.Model):
    """An authenticator app 动态口令 that an account has taken over: with it, a code belongs to signing in beside the password.

    Personal data: the secret that the app shares, sealed so that the row alone tells nobody.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    secret = models.BinaryField(db_comment="sealed")
    begun_at = models.DateTimeField(db_comment="machine time; the secret was shown")
    confirmed_at = models.DateTimeField(null=True, db_comment="machine time; from here on it counts")
    last_step = models.BigIntegerField(
        null=True, db_comment="number of the half minute whose code came in last: none counts twice"
    )
    used_at = models.DateTimeField(null=True, db_comment="machine time")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(confirmed_at__isnull=False), name="secondfactor_one_that_counts"
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(confirmed_at__isnull=True), name="secondfactor_one_begun"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(last_step__isnull=False),
                name="secondfactor_counts_from_a_code",
            ),
        ]


class RecoveryCode(models.Model):
    """A code that serves once in place of the app. It is gone as soon as it was used.

    Personal data: none; a keyed digest.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(unique=True, db_comment="keyed, of the account and the code")


class Passkey(models.Model):
    """A passkey 通行密钥 of an account: the public half of a key pair whose other half never leaves the person's device (WebAuthn).

    Personal data: the name that its person gave it, and when it was used. Nothing secret.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    name = models.TextField(db_comment="as its person calls it")
    credential_id = models.BinaryField(unique=True, db_comment="as the authenticator made it, at most 1,023 bytes")
    public_key = models.BinaryField(db_comment="COSE key (RFC 9052), CBOR")
    sign_count = models.BigIntegerField(db_comment="of the authenticator's last answer; 0 where it does not count")
    transports = models.JSONField(
        default=list, db_comment="how the browser reaches it: usb, nfc, ble, internal, hybrid"
    )
    backed_up = models.BooleanField(db_comment="as of its last answer: other devices of the person have it, too")
    made_at = models.DateTimeField(default=machine_now, db_comment="machine time")
    used_at = models.DateTimeField(null=True, db_comment="machine time; last answer that was right")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(sign_count__gte=0), name="passkey_counts_upwards"),
            models.CheckConstraint(condition=~Q(name=""), name="passkey_has_a_name"),
        ]
        indexes = [models.Index(fields=["account", "id"], name="passkey_by_account")]


class PasskeyChallenge(models.Model):
    """What a browser was asked to sign. It is gone as soon as an answer came, whether that was right or not.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session_id = models.UUIDField(db_index=True, db_comment="the session that was asked: no other may answer")
    challenge = models.BinaryField(unique=True, db_comment="32 random bytes")
    adds = models.BooleanField(db_comment="asks for a new passkey, not for one that exists")
    lasts_until = models.DateTimeField(db_index=True, db_comment="machine time")


class SignInAttempt(models.Model):
    """Failures in a row under one name, whether an account stands behind it or not, so that both look the same.

    Personal data: the network address of the last failure; rows of names without an account are dropped after a day.
    """

    key = models.BinaryField(
        primary_key=True, db_comment="keyed digest of the account id, or of the name that was typed"
    )
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    failures = models.PositiveIntegerField(
        default=0, db_comment="attempts since the last success; counted before the check"
    )
    last_at = models.DateTimeField(db_comment="machine time")
    locked_until = models.DateTimeField(null=True, db_comment="machine time")
    last_address = models.TextField(default="")


class Session(models.Model):
    """Where somebody is signed in: one row for one browser or program. What the cookie carries is stored as a digest alone.

    Personal data: the network address and the name of the browser; for the moment of signing in what a form had carried there.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key_digest = models.BinaryField(unique=True, db_comment="SHA-256 of what the cookie carries")
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")
    post = models.ForeignKey("Post", null=True, on_delete=models.CASCADE, related_name="+")
    mandate = models.ForeignKey("Mandate", null=True, on_delete=models.CASCADE, related_name="+")
    provider = models.ForeignKey(
        "Provider",
        null=True,
        on_delete=models.CASCADE,
        related_name="+",
        db_comment="through whom it began, if not here",
    )
    certificate = models.ForeignKey(
        "LoginCertificate",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_comment="by which registered certificate it began, if by one",
    )
    data = models.JSONField(default=dict, db_comment="the rest of what Django keeps in a session")
    began_at = models.DateTimeField(db_comment="machine time")
    seen_at = models.DateTimeField(db_comment="machine time, to the minute")
    lasts_until = models.DateTimeField(
        db_index=True, db_comment="machine time; the earlier of the idle and the absolute limit"
    )
    address = models.TextField(default="", db_comment="network address of the last request")
    agent = models.TextField(default="", db_comment="User-Agent, at most 300 characters")


class Unit(models.Model):
    """An agency, a division of it, a street office, a community. Units form a tree.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.TextField(unique=True)
    title = models.TextField()
    short_title = models.TextField()
    credit_code = models.TextField(db_comment="unified social credit code; a part of another body carries the body's")
    level = models.TextField(db_comment="city | district | township | community | division")
    division_code = models.TextField(db_comment="GB/T 2260 code of the division it belongs to")
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    closed_on = models.DateField(null=True, db_comment="first civil date without it")
    version = models.PositiveIntegerField(
        default=1, db_comment="grows with each change, so that who comes late is told"
    )
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="unit_origin_known"),
            models.CheckConstraint(condition=~Q(parent=F("id")), name="unit_not_its_own_parent"),
        ]


class Reorganisation(models.Model):
    """One act that gave what units had to another: merged, split, abolished; or that undid such an act. Rows are only added.

    Personal data: `reason` as an administrator wrote it. Who did it stands in the audit log.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    what = models.TextField(db_comment="merge | split | abolish | undo")
    at = models.DateTimeField(default=now, db_comment="business time from which it counts")
    to = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+", db_comment="the unit that takes over")
    reason = models.TextField()
    document = models.TextField(blank=True, default="", db_comment="number of the document 文号 that it rests on")
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(what__in=REORGANISATIONS), name="reorganisation_known"),
            models.CheckConstraint(
                condition=Q(what="undo", undoes__isnull=False) | (~Q(what="undo") & Q(undoes__isnull=True)),
                name="reorganisation_undoes_one",
            ),
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="reorganisation_origin_known"),
        ]


class UnitMove(models.Model):
    """One thing that a reorganisation gave from one unit to another: what undoing it returns. Rows are only added.

    Personal data: none; the thing by its id.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reorganisation = models.ForeignKey(Reorganisation, on_delete=models.CASCADE, related_name="moves")
    kind = models.TextField(db_comment="as its engine registered it: unit, post, task …")
    object_id = models.UUIDField()
    source = models.ForeignKey(
        Unit,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_comment="whose it was; null: it stood at the top",
    )
    to = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    was_there = models.BooleanField(default=False, db_comment="the unit that takes had it already")

    class Meta:
        indexes = [models.Index(fields=["reorganisation", "kind"], name="unitmove_by_kind")]


class Succession(models.Model):
    """A unit answers for the past of another: for all of it, or for what one duty did there. Closed over chains.

    What stays where it was done (ended cases, certificates, records) is reached through this by who has the work now.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reorganisation = models.ForeignKey(Reorganisation, on_delete=models.CASCADE, related_name="+")
    predecessor = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    successor = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="+")
    duty = models.TextField(blank=True, default="", db_comment="id of a declared duty; empty: everything")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["reorganisation", "predecessor", "successor", "duty"], name="succession_once"
            ),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="succession_of_another"),
        ]


class UnitChange(models.Model):
    """What became of a unit: opened, renamed, moved below another, closed, merged, split; what was before and after.

    Personal data: none. Who did it stands in the audit log.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="changes")
    what = models.TextField(db_comment="opened | renamed | moved | closed | merged …, as UNIT_CHANGES lists them")
    at = models.DateTimeField(default=now)
    other = models.ForeignKey(
        Unit, null=True, on_delete=models.PROTECT, related_name="+", db_comment="merged into it, split from it …"
    )
    reorganisation = models.ForeignKey(Reorganisation, null=True, on_delete=models.PROTECT, related_name="changes")
    title_was = models.TextField(blank=True, default="")
    title = models.TextField()
    parent_was = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")
    parent = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(what__in=UNIT_CHANGES), name="unitchange_known"),
        ]
        indexes = [models.Index(fields=["unit", "-at"], name="unitchange_by_unit")]


class UnitPath(models.Model):
    """One pair of the closure of the tree: `ancestor` stands `depth` steps above `descendant`; each unit is its own at 0.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ancestor = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="+")
    descendant = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="paths")
    depth = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ancestor", "descendant"], name="unitpath_once")]


class Post(models.Model):
    """A seat in a unit. An officer's permissions come only from posts.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.TextField(unique=True)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="posts")
    title = models.TextField()
    leading = models.BooleanField(
        default=False,
        db_comment="领导岗位: the organisation department says who holds it, where it keeps leading posts",
    )
    closed_on = models.DateField(null=True, db_comment="first civil date without it")
    version = models.PositiveIntegerField(
        default=1, db_comment="grows with each change, so that who comes late is told"
    )
    origin = models.TextField(default="live")

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="post_origin_known")]


class PostDuty(models.Model):
    """What a post is there to do: one declared duty of it.

    Personal data: none.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="duties")
    duty = models.TextField(db_index=True, db_comment="id of a declared duty")
    valid_to = models.DateField(
        null=True,
        db_comment="of a duty that was asked for: first civil date without it; null: it is the post's for good",
    )
    request = models.OneToOneField(
        "identity.DutyRequest", null=True, on_delete=models.PROTECT, related_name="given", db_comment="what granted it"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "duty"], name="postduty_once"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True, request__isnull=True)
                | Q(valid_to__isnull=False, request__isnull=False),
                name="postduty_ends_when_asked_for",
            ),
        ]


class Assignment(models.Model):
    """An account sits in a post from `valid_from` until the day before `valid_to` (配岗); civil dates of business time.

    All assignments of an account are its career. What rests: the seat that a secondment named as its home, on the days of the secondment.

    Personal data: who holds which public post in which way, and why that ended; people by ids.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="assignments")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="assignments")
    kind = models.TextField(default="regular", db_comment="regular | acting | secondment | deputy")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, db_comment="first civil date without the post")
    document = models.TextField(blank=True, default="", db_comment="number of the document 文号 that it rests on")
    establishment = models.TextField(
        blank=True, default="", db_comment="kind of place 编制 that a regular holder fills; empty: nobody said"
    )
    instead_of = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="deputies",
        db_comment="of a deputy: the seat of the one for whom he acts",
    )
    home = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="secondments", db_comment="the seat he is lent from"
    )
    from_unit = models.ForeignKey(
        Unit, null=True, on_delete=models.PROTECT, related_name="+", db_comment="of a secondment: the unit that lends"
    )
    home_rests = models.BooleanField(default=False, db_comment="the home seat gives no rights meanwhile")
    end_reason = models.TextField(blank=True, default="", db_comment="removed | retired …, as END_REASONS lists them")
    end_document = models.TextField(blank=True, default="", db_comment="number of the document 文号 that ended it")
    assigned_at = models.DateTimeField(default=now)
    assigned_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    ended_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="assignment_origin_known"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="assignment_ends_after_it_begins",
            ),
            models.UniqueConstraint(
                fields=["account", "post"], condition=Q(valid_to__isnull=True), name="assignment_one_open_for_each_seat"
            ),
            models.CheckConstraint(condition=Q(kind__in=ASSIGNMENT_KINDS), name="assignment_kind_known"),
            models.CheckConstraint(condition=Q(end_reason__in=END_REASONS), name="assignment_end_reason_known"),
            models.CheckConstraint(
                condition=Q(establishment="") | Q(kind="regular", establishment__in=ESTABLISHMENTS),
                name="assignment_regular_fills_a_place",
            ),
            models.CheckConstraint(
                condition=Q(kind="deputy", instead_of__isnull=False, valid_to__isnull=False)
                | (~Q(kind="deputy") & Q(instead_of__isnull=True)),
                name="assignment_deputy_for_somebody_until",
            ),
            models.CheckConstraint(
                condition=Q(kind="secondment", from_unit__isnull=False)
                | (~Q(kind="secondment") & Q(from_unit__isnull=True, home__isnull=True)),
                name="assignment_seconded_from_somewhere",
            ),
            models.CheckConstraint(
                condition=Q(home_rests=False) | Q(home__isnull=False), name="assignment_rests_a_home"
            ),
        ]
        indexes = [models.Index(fields=["account", "valid_from"], name="assignment_by_account")]


class Headcount(models.Model):
    """How many places of one kind a unit has 编制, by which document. Rows are only added: the latest of a unit and a kind counts.

    Personal data: none. Who set it stands in the audit log.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="headcounts")
    kind = models.TextField(db_comment="administrative | institution | contract")
    places = models.PositiveIntegerField(null=True, db_comment="null: no limit any more")
    document = models.TextField(db_comment="number of the document 文号 that set it")
    set_at = models.DateTimeField(default=now)
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ESTABLISHMENTS), name="headcount_kind_known"),
            models.CheckConstraint(condition=~Q(document=""), name="headcount_rests_on_a_document"),
            models.CheckConstraint(condition=Q(origin__in=ORIGINS), name="headcount_origin_known"),
        ]
        indexes = [models.Index(fields=["unit", "kind", "-id"], name="headcount_latest")]


class ConsentRequest(models.Model):
    """A dangerous act that waits for the consent of another administrator 双人复核, and what became of it.

    Personal data: `reason` and `reply` as administrators wrote them; who is concerned only by ids, in `arguments`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    action = models.TextField(db_comment="the service that is to be run")
    arguments = models.JSONField(db_comment="what it is to be run with: parameter → value")
    digest = models.BinaryField(db_comment="SHA-256 of action and arguments in canonical JSON")
    reason = models.TextField()
    asked_by = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    asked_in = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_comment="in which post")
    asked_at = models.DateTimeField(default=now)
    lasts_until = models.DateTimeField(db_comment="after this nobody can consent any more")
    needs = models.TextField(db_comment="whose consent: system | security | audit")
    state = models.TextField(default="waits", db_comment="waits | given | refused | withdrawn | expired")
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reply = models.TextField(blank=True, default="", db_comment="why it was refused")
    origin = models.TextField(default="live")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CONSENTS), name="consentrequest_state_known"),
            models.CheckConstraint(
                condition=~Q(decided_by=F("asked_by")) | Q(state="withdrawn"), name="consentrequest_by_another"
            ),
            models.UniqueConstraint(fields=["digest"], condition=Q(state="waits"), name="consentrequest_asked_once"),
        ]
        indexes = [models.Index(fields=["-asked_at"], name="consentrequest_by_time")]


from yiwang.identity.models import (  # noqa: E402 - Django finds models from here
    duty_requests,  # noqa: F401
    emergencies,  # noqa: F401
    keepers,  # noqa: F401
    login_certificates,  # noqa: F401
    mandates,  # noqa: F401
    outside,  # noqa: F401
    receivers,  # noqa: F401
    reviews,  # noqa: F401
    single_sign_on,  # noqa: F401
)
