"""What identity tells. CloudEvents types are for ever; fields are only added."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = [
    "ACCOUNT_CERTIFICATE_ADDED",
    "ACCOUNT_CERTIFICATE_ENDED",
    "ACCOUNT_CERTIFICATE_REMOVED",
    "ACCOUNT_CERTIFICATE_REVOKED",
    "ACCOUNT_CLOSED",
    "ACCOUNT_LINKED",
    "ACCOUNT_LINK_BROKEN",
    "ACCOUNT_KEPT",
    "ACCOUNT_LET_GO",
    "ACCOUNT_REOPENED",
    "KEEPER_CLOSED",
    "KEEPER_CONNECTED",
    "KEEPER_TOKEN_GIVEN",
    "KEEPER_TOKEN_REVOKED",
    "POST_MARKED",
    "RECEIVER_CLOSED",
    "RECEIVER_CONNECTED",
    "ACCOUNT_LOCKED",
    "ACCOUNT_OPENED",
    "ACCOUNT_PASSKEY_ADDED",
    "ACCOUNT_PASSKEY_COPIED",
    "ACCOUNT_PASSKEY_REMOVED",
    "ACCOUNT_PASSWORD_CHANGED",
    "ACCOUNT_SECOND_FACTOR_REMOVED",
    "ACCOUNT_SECOND_FACTOR_TAKEN",
    "ACCOUNT_SIGNED_IN",
    "ACCOUNT_SIGNED_OUT",
    "ACCOUNT_START_PASSWORD_GIVEN",
    "ACCOUNT_UNLINKED",
    "ADMINISTRATORS_SEATED",
    "AUTHORITY_ADDED",
    "AUTHORITY_CHANGED",
    "AUTHORITY_LIST_BROUGHT",
    "AUTHORITY_OPENED",
    "AUTHORITY_SHUT",
    "CONSENT_ASKED",
    "CONSENT_DECIDED",
    "EMERGENCY_ENDED",
    "EMERGENCY_LOOKED",
    "EMERGENCY_OPENED",
    "EMERGENCY_REVIEWED",
    "FIELDS",
    "MANDATE_ACCEPTED",
    "MANDATE_ENDED",
    "MANDATE_OFFERED",
    "ASSIGNMENT_ENDED",
    "CLIENT_CLOSED",
    "CLIENT_CONNECTED",
    "CLIENT_SECRET_RENEWED",
    "ASSIGNMENT_MADE",
    "ASSIGNMENT_PLACED",
    "POST_CHANGED",
    "POST_CLOSED",
    "POST_LOADED",
    "POST_MOVED",
    "POST_OPENED",
    "POST_REOPENED",
    "PROVIDER_CHANGED",
    "PROVIDER_CONNECTED",
    "PROVIDER_OPENED",
    "PROVIDER_SHUT",
    "REORGANISATION_DONE",
    "REORGANISATION_UNDONE",
    "REVIEW_ANSWERED",
    "REVIEW_CLOSED",
    "REVIEW_OPENED",
    "REVIEW_REMINDED",
    "SIGN_ON_BEGUN",
    "SIGN_ON_ENDED",
    "TOKEN_KEY_RENEWED",
    "UNIT_CLOSED",
    "UNIT_HEADCOUNT_SET",
    "UNIT_LOADED",
    "UNIT_MOVED",
    "UNIT_OPENED",
    "UNIT_RENAMED",
    "UNIT_REOPENED",
]

ACCOUNT_OPENED: Final = "account.opened.v1"
"""A natural person has an account.  `subject`: its id."""

ACCOUNT_SIGNED_IN: Final = "account.signed-in.v1"
"""Somebody signed in.  `subject`: the account."""

ACCOUNT_SIGNED_OUT: Final = "account.signed-out.v1"
"""Somebody signed out.  `subject`: the account."""

ACCOUNT_LOCKED: Final = "account.locked.v1"
"""Too many failures; signing in waits.  `subject`: the account."""

ACCOUNT_SECOND_FACTOR_TAKEN: Final = "account.second-factor-taken.v1"
"""Signing in takes a code of an authenticator app, or a passkey, from now on.  `subject`: the account."""

ACCOUNT_SECOND_FACTOR_REMOVED: Final = "account.second-factor-removed.v1"
"""The password alone signs in again: its owner wanted it, or an administrator helped.  `subject`: the account."""

ACCOUNT_PASSKEY_ADDED: Final = "account.passkey-added.v1"
"""Its person added a passkey.  `subject`: the account.  data: `passkey_id`."""

ACCOUNT_PASSKEY_COPIED: Final = "account.passkey-copied.v1"
"""A passkey answered rightly under a count that did not grow: two devices may hold it.  `subject`: the account.  data: `passkey_id`."""

ACCOUNT_PASSKEY_REMOVED: Final = "account.passkey-removed.v1"
"""Its person took a passkey away.  `subject`: the account.  data: `passkey_id`."""

ASSIGNMENT_MADE: Final = "assignment.made.v1"
"""An officer was put into a post.  `subject`: the assignment.  data: `account_id`, `post_id`, `valid_from`, `valid_to` (or null), `kind`
(regular, acting, secondment, deputy), `instead_of` (of a deputy: the assignment for which), `home` and `from_unit` (of a secondment: the
assignment and the unit that lend), `home_rests`."""

ASSIGNMENT_ENDED: Final = "assignment.ended.v1"
"""An officer leaves a post.  `subject`: the assignment.  data: `account_id`, `post_id`, `on`, `kind`, `reason` (removed, transferred,
retired, resigned, over, mistaken, account-closed, reviewed, or empty)."""

ASSIGNMENT_PLACED: Final = "assignment.placed.v1"
"""An officer fills another kind of place 编制 in the unit.  `subject`: the assignment.  data: `establishment`, `was` (empty for none)."""

UNIT_OPENED: Final = "unit.opened.v1"
"""A unit was made.  `subject`: its id.  data: `code`."""

UNIT_MOVED: Final = "unit.moved.v1"
"""A unit has another parent.  `subject`: its id.  data: `parent_id` (or null)."""

UNIT_LOADED: Final = "unit.loaded.v1"
"""Many units were made at once.  `subject`: `batch`.  data: `given`, `new` (counts)."""

POST_OPENED: Final = "post.opened.v1"
"""A post was made.  `subject`: its id.  data: `code`, `unit_id`."""

POST_LOADED: Final = "post.loaded.v1"
"""Many posts were made at once.  `subject`: `batch`.  data: `given`, `new` (counts)."""

POST_CHANGED: Final = "post.changed.v1"
"""A post has other duties.  `subject`: its id.  data: `given`, `taken` (ids of duties)."""

POST_CLOSED: Final = "post.closed.v1"
"""A post is no more.  `subject`: its id.  data: `unit_id`, `on` (first civil date without it)."""

UNIT_RENAMED: Final = "unit.renamed.v1"
"""A unit is called otherwise.  `subject`: its id."""

UNIT_CLOSED: Final = "unit.closed.v1"
"""A unit is no more.  `subject`: its id.  data: `on` (first civil date without it)."""

UNIT_HEADCOUNT_SET: Final = "unit.headcount-set.v1"
"""A unit has another number of places 编制.  `subject`: its id.  data: `kind` (administrative, institution, contract), `places`, `was`
(null for no limit)."""

UNIT_REOPENED: Final = "unit.reopened.v1"
"""A closed unit stands again.  `subject`: its id.  data: `on` (first civil date with it)."""

POST_REOPENED: Final = "post.reopened.v1"
"""A closed post stands again.  `subject`: its id.  data: `unit_id`, `on` (first civil date with it)."""

POST_MOVED: Final = "post.moved.v1"
"""A post stands in another unit, with its duties and its holders.  `subject`: its id.  data: `unit_id`."""

REORGANISATION_DONE: Final = "reorganisation.done.v1"
"""What units had went to another.  `subject`: the reorganisation.  data: `what` (merge, split, abolish), `units` (ids of those that gave),
`to` (id of the one that took), `moved` (kind → count)."""

REORGANISATION_UNDONE: Final = "reorganisation.undone.v1"
"""What a reorganisation moved was returned.  `subject`: the reorganisation that was undone.  data: `by` (id of the act), `moved`
(kind → count), `stayed` (kind → count)."""

ACCOUNT_PASSWORD_CHANGED: Final = "account.password-changed.v1"  # noqa: S105 - the name of an event
"""Somebody took another password.  `subject`: the account."""

ACCOUNT_START_PASSWORD_GIVEN: Final = "account.start-password-given.v1"  # noqa: S105 - the name of an event
"""An officer was given a password to begin with.  `subject`: the account."""

ACCOUNT_CLOSED: Final = "account.closed.v1"
"""An account is no more.  `subject`: its id.  data: `on` (first civil date without it)."""

ADMINISTRATORS_SEATED: Final = "administrators.seated.v1"
"""The first three administrators of a city.  `subject`: `first`.  data: `account_ids`."""

CONSENT_ASKED: Final = "consent.asked.v1"
"""An administrator asks another to consent to a dangerous act.  `subject`: the request.  data: `action`, `of` (which administrator)."""

CONSENT_DECIDED: Final = "consent.decided.v1"
"""A request for consent ended.  `subject`: the request.  data: `action`, `state` (given, refused, withdrawn)."""

CLIENT_CONNECTED: Final = "client.connected.v1"
"""Another system may sign people in here.  `subject`: its id.  data: `unit_id`, `people` (officers, everybody)."""

CLIENT_SECRET_RENEWED: Final = "client.secret-renewed.v1"  # noqa: S105 - the name of an event
"""A connected system has another secret.  `subject`: its id."""

CLIENT_CLOSED: Final = "client.closed.v1"
"""A system is connected no more.  `subject`: its id."""

SIGN_ON_BEGUN: Final = "sign-on.begun.v1"
"""Somebody is being signed in to a connected system.  `subject`: the sign-on.  data: `client_id`."""

SIGN_ON_ENDED: Final = "sign-on.ended.v1"
"""Somebody is signed in to a connected system no more.  `subject`: the sign-on.  data: `client_id`, `by` (session, withdrawn, closed,
revoked, code-replayed, refresh-replayed)."""

TOKEN_KEY_RENEWED: Final = "token-key.renewed.v1"  # noqa: S105 - the name of an event
"""What connected systems are handed is signed with another key.  `subject`: the key.  data: `withdrawn` (whether
those before count no more)."""

MANDATE_OFFERED: Final = "mandate.offered.v1"
"""Somebody is asked to act for another 委托.  `subject`: the mandate.  data: `principal_id`, `agent_id`, `giver_id` (subjects),
`valid_from`, `valid_to` (first civil date without it), `items` (ids, or null for every item)."""

MANDATE_ACCEPTED: Final = "mandate.accepted.v1"
"""The agent accepted.  `subject`: the mandate.  data: `principal_id`, `agent_id`, `giver_id` (subjects)."""

MANDATE_ENDED: Final = "mandate.ended.v1"
"""A mandate ended before its term.  `subject`: the mandate.  data: `principal_id`, `agent_id`, `giver_id`, `other_id` (subjects;
the last one: who is on the other side of who ended it), `end` (declined, revoked, given-back)."""

EMERGENCY_OPENED: Final = "emergency.opened.v1"
"""Two administrators opened one thing for reading 应急查阅.  `subject`: the access.  data: `kind`, `object_id`, `reference` (its number),
`minutes` (how long it lasts), `auditors` (posts of audit administrators, as those who are told)."""

EMERGENCY_LOOKED: Final = "emergency.looked.v1"
"""It was read.  `subject`: the access.  data: `kind`, `object_id`."""

EMERGENCY_ENDED: Final = "emergency.ended.v1"
"""Its time is up, or somebody ended it.  `subject`: the access.  data: `kind`, `object_id`, `reference`, `looks` (how often it was read),
`auditors` (posts), `concerned` (subjects, when it was read)."""

EMERGENCY_REVIEWED: Final = "emergency.reviewed.v1"
"""The audit administrator entered what he finds.  `subject`: the access.  data: `verdict` (proper, improper)."""
PROVIDER_CONNECTED: Final = "provider.connected.v1"
"""An outside identity provider 外部身份源 is declared; nobody comes in through it yet.  `subject`: its id.  data: `kind`, `people`."""

PROVIDER_CHANGED: Final = "provider.changed.v1"
"""It is declared in another way.  `subject`: its id."""

PROVIDER_OPENED: Final = "provider.opened.v1"
"""People may sign in through it.  `subject`: its id.  data: `people`."""

PROVIDER_SHUT: Final = "provider.shut.v1"
"""Nobody signs in through it any more, and sessions that began there have ended.  `subject`: its id."""

ACCOUNT_LINKED: Final = "account.linked.v1"
"""A provider knows the person of an account.  `subject`: the account.  data: `provider_id`."""

ACCOUNT_UNLINKED: Final = "account.unlinked.v1"
"""The person has ended that.  `subject`: the account.  data: `provider_id`."""

ACCOUNT_LINK_BROKEN: Final = "account.link-broken.v1"
"""The security administrator has ended that.  `subject`: the account.  data: `provider_id`, `provider_title`, `subject_id` (the person)."""
ACCOUNT_REOPENED: Final = "account.reopened.v1"
"""A closed account stands again, without posts and password.  `subject`: its id."""

POST_MARKED: Final = "post.marked.v1"
"""A post is a leading one 领导岗位, or is so no more.  `subject`: its id.  data: `leading`."""

KEEPER_CONNECTED: Final = "keeper.connected.v1"
"""Another system keeps officers here 来源系统.  `subject`: its id.  data: `side` (accounts, holders), `unit_ids`, `posts` (all, leading,
others)."""

KEEPER_TOKEN_GIVEN: Final = "keeper.token-given.v1"  # noqa: S105 - the name of an event
"""A system that keeps officers has a token to write here.  `subject`: the system.  data: `token_id`, `until`."""

KEEPER_TOKEN_REVOKED: Final = "keeper.token-revoked.v1"  # noqa: S105 - the name of an event
"""A token serves no more.  `subject`: the system.  data: `token_id`."""

KEEPER_CLOSED: Final = "keeper.closed.v1"
"""A system keeps officers here no more.  `subject`: its id."""

ACCOUNT_KEPT: Final = "account.kept.v1"
"""Another system is the source of an account, or said something of it.  `subject`: the account.  data: `keeper_id`, `unit_id`,
`in_service`."""

ACCOUNT_LET_GO: Final = "account.let-go.v1"
"""The system that was the source of an account is so no more.  `subject`: the account.  data: `keeper_id`."""

RECEIVER_CONNECTED: Final = "receiver.connected.v1"
"""Officers' accounts are supplied to another system 接收系统.  `subject`: its id.  data: `unit_ids`."""

RECEIVER_CLOSED: Final = "receiver.closed.v1"
"""Accounts are supplied to a system no more.  `subject`: its id."""

AUTHORITY_ADDED: Final = "authority.added.v1"
"""A certificate authority 认证机构 is declared; nobody signs in by its certificates yet.  `subject`: its id.  data: `people`."""

AUTHORITY_CHANGED: Final = "authority.changed.v1"
"""It is declared in another way.  `subject`: its id."""

AUTHORITY_OPENED: Final = "authority.opened.v1"
"""People may register its certificates and sign in by them.  `subject`: its id.  data: `people`."""

AUTHORITY_SHUT: Final = "authority.shut.v1"
"""Nobody signs in by its certificates any more, and sessions that began so have ended.  `subject`: its id."""

AUTHORITY_LIST_BROUGHT: Final = "authority.list-brought.v1"
"""Its present list of revoked certificates was brought in.  `subject`: its id.  data: `until` (when the next one is due)."""

ACCOUNT_CERTIFICATE_ADDED: Final = "account.certificate-added.v1"
"""Its person registered a certificate 数字证书.  `subject`: the account.  data: `certificate_id`, `subject_id` (the person)."""

ACCOUNT_CERTIFICATE_REMOVED: Final = "account.certificate-removed.v1"
"""Its person took a certificate away.  `subject`: the account.  data: `certificate_id`, `subject_id` (the person)."""

ACCOUNT_CERTIFICATE_ENDED: Final = "account.certificate-ended.v1"
"""The security administrator ended a certificate whose key was lost.  `subject`: the account.  data: `certificate_id`, `subject_id` (the
person)."""

ACCOUNT_CERTIFICATE_REVOKED: Final = "account.certificate-revoked.v1"
"""A list of the authority names a registered certificate as revoked.  `subject`: the account.  data: `certificate_id`, `subject_id` (the
person)."""

_CERTIFICATE = ("certificate_id", "subject_id")
REVIEW_OPENED: Final = "review.opened.v1"
"""The rights of a unit's officers are reviewed 权限复核.  `subject`: the review.  data: `unit_id` (null for the whole city), `last_day`,
`days` (working days until then), `unanswered` (report, end), `lines`, `reviewers` (posts that are to answer)."""

REVIEW_ANSWERED: Final = "review.answered.v1"
"""Somebody answered a line of a review.  `subject`: the review.  data: `line_id`, `outcome` (kept, ended, asked)."""

REVIEW_REMINDED: Final = "review.reminded.v1"
"""The last day is near.  `subject`: the review.  data: `lines` (that wait), `days` (working days left), `reviewers` (posts that have not
answered)."""

REVIEW_CLOSED: Final = "review.closed.v1"
"""A review has ended.  `subject`: the review.  data: `lines`, `kept`, `ended`, `unanswered` (numbers), `readers` (posts of the security
and the audit administrators)."""

DUTY_REQUESTED: Final = "duty-request.made.v1"
"""A post asks for a duty until a day 权限申请.  `subject`: the application.  data: `subject_id` (the person who asks), `unit_id` (that
decides), `post_id`, `post_title` (with its unit), `duty`, `duty_title` (in Chinese), `last_day`, `reason` (an officer's own words about his
work)."""

DUTY_REQUEST_ENDED: Final = "duty-request.ended.v1"
"""It was decided or taken back, or what it granted is over.  `subject`: the application.  data: `state` (granted, refused, withdrawn,
ended), `duty`, `duty_title` (in Chinese), `last_day`, `askers` (the post)."""

_MANDATE = ("principal_id", "agent_id", "giver_id")
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    EMERGENCY_OPENED: ("kind", "object_id", "reference", "minutes", "auditors"),
    EMERGENCY_ENDED: ("kind", "object_id", "reference", "looks", "auditors", "concerned"),
    ACCOUNT_LINK_BROKEN: ("provider_id", "provider_title", "subject_id"),
    ACCOUNT_CERTIFICATE_ADDED: _CERTIFICATE,
    ACCOUNT_CERTIFICATE_REMOVED: _CERTIFICATE,
    ACCOUNT_CERTIFICATE_ENDED: _CERTIFICATE,
    ACCOUNT_CERTIFICATE_REVOKED: _CERTIFICATE,
    REVIEW_OPENED: ("unit_id", "last_day", "days", "unanswered", "lines", "reviewers"),
    REVIEW_REMINDED: ("lines", "days", "reviewers"),
    REVIEW_CLOSED: ("lines", "kept", "ended", "unanswered", "readers"),
    DUTY_REQUESTED: (
        *("subject_id", "unit_id", "post_id", "post_title"),
        *("duty", "duty_title", "last_day", "reason"),
    ),
    DUTY_REQUEST_ENDED: ("state", "duty", "duty_title", "last_day", "askers"),
    MANDATE_OFFERED: (*_MANDATE, "valid_from", "valid_to", "items"),
    MANDATE_ACCEPTED: _MANDATE,
    MANDATE_ENDED: (*_MANDATE, "other_id", "end"),
}
"""What a declaration that names one of these events may use of it."""
