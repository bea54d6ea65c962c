"""Applications for rights 权限申请: a post asks for one more duty until a day; who decides for the unit grants it, and it ends by itself.

The application is an event, on which a case begins; the case's decision comes back here. What rule gives is changed elsewhere
(`units.change_duties`), by the security administrator, who may also take what was granted here at any time.

Source: Haikou's plan 统一资源授权系统 (by rule, and on application); GB/T 22239-2019 8.1.4.2 (least privilege).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, CapacityKind, system
from yiwang.identity.events import DUTY_REQUEST_ENDED, DUTY_REQUESTED, POST_CHANGED
from yiwang.identity.models import Account, Post, PostDuty
from yiwang.identity.models.duty_requests import DutyRequest
from yiwang.identity.queries.declared import duties
from yiwang.identity.queries.duty_requests import against, deciding_unit, last_day_faults, requests_of
from yiwang.identity.queries.permission import persons_behind, seat_of, unit_scope
from yiwang.identity.services.assignments import holders_of
from yiwang.identity.services.settling import settle_changed
from yiwang.identity.services.tree import save
from yiwang.identity.values.duty_requests import DutyRequestOver, DutyRequestState
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotFound, msgid
from yiwang.kernel.texts import text
from yiwang.kernel.time import now, today
from yiwang.kernel.typed import several_lines

__all__ = [
    "ask_for_duty",
    "end_requests",
    "give_duty_back",
    "grant_duty",
    "refuse_duty",
    "system_end_asked_duties",
    "system_let_requests_go",
    "withdraw_duty_request",
]

REASON = (2, 200)


@service("duty-request.make", open_to={CapacityKind.POST})
def ask_for_duty(actor: Actor, duty: str, last_day: date | None, reason: str) -> UUID:
    """Ask that the post in which one acts have a duty until a day; return the application. Who decides for the unit has a case at once.

    last_day: the last civil date with it, from today to the longest time that the duty allows; None was not given.
    reason: 2–200 characters, read by who decides.
    Raises Invalid (422) with everything wrong: a duty that is not given on application, one that the post has or has asked for, one that
    excludes what its holders have; nobody who could decide; an account that names no person, whom a case could be about.
    """
    seat = seat_of(actor)
    if seat is None or actor.account_id is None:
        raise NotAllowed(msgid("You no longer hold the post in which you are acting."))
    post = Post.objects.select_for_update(no_key=True).select_related("unit").get(id=seat.post_id)
    account = Account.objects.get(id=actor.account_id)
    known = duties()
    asked = known.get(duty)
    words = several_lines(reason)
    faults = _reason_faults(words)
    if asked is None or asked.longest_days is None:
        faults.append(FieldFault("duty", "not-on-application", msgid("Choose a right of the list.")))
    else:
        faults += [one for one in [against(post, asked, known)] if one is not None]
        faults += last_day_faults(last_day, asked.longest_days)
    if account.subject_id is None:
        message = msgid("Your account names no person, so no case can be about you. Ask the system administrator.")
        faults.append(FieldFault("", "nobody", message))
    unit_id = deciding_unit(post, account.id)
    if unit_id is None:
        message = msgid("Nobody decides on applications for rights in {unit}. Ask the security administrator.")
        faults.append(FieldFault("", "nobody-decides", message, {"unit": post.unit.title}))
    if faults or asked is None or last_day is None or words is None:
        raise Invalid(faults=faults)
    row = DutyRequest.objects.create(
        post=post, duty=duty, asked_by=account, last_day=last_day, reason=words, origin=actor.origin
    )
    act = current_act()
    act.about("duty-request", row.id)
    act.note(post=str(post.id), duty=duty, last_day=last_day.isoformat())
    act.emit(
        DUTY_REQUESTED,
        subject=row.id,
        data={
            "subject_id": str(account.subject_id),
            "unit_id": str(unit_id),
            "post_id": str(post.id),
            "post_title": f"{post.unit.title} {post.title}",
            "duty": duty,
            "duty_title": text(asked.title, "zh-Hans"),
            "last_day": last_day.isoformat(),
            "reason": row.reason,
        },
    )
    return row.id


@service("duty-request.withdraw", open_to={CapacityKind.POST})
def withdraw_duty_request(actor: Actor, request_id: UUID) -> None:
    """Take back what one asked for oneself, before it is decided. Raises NotFound, DutyRequestOver (409)."""
    _post, row = _locked(requests_of(actor).filter(asked_by=actor.account_id), request_id)
    _require_state(row, DutyRequestState.WAITS)
    _end(row, DutyRequestState.WITHDRAWN)


@service("duty-request.grant")
def grant_duty(actor: Actor, request_id: UUID, case_id: UUID, case_number: str) -> None:
    """Let the post have what was asked for, until the day: its holders may at once. The decision of a case.

    Nobody gives rights to a post that he holds himself. Raises NotFound, NotAllowed, DutyRequestOver (409), Invalid (422): the day is
    over, the post is closed, whoever asked holds it no more, the duty cannot be had any longer.
    """
    post, row = _decided(actor, "duty-request.grant", request_id)
    holders = holders_of(post)
    if persons_behind(actor) & {one.account_id for one in holders}:
        raise NotAllowed(msgid("Nobody changes the duties of a post that he holds himself."))
    known = duties()
    asked = known.get(row.duty)
    faults = []
    if asked is None or asked.longest_days is None:
        faults.append(FieldFault("", "not-on-application", msgid("This right is no longer given on application.")))
    elif (fault := against(post, asked, known, row)) is not None:
        faults.append(fault)
    if row.last_day < today():
        faults.append(FieldFault("", "day-over", msgid("The last day that was asked for is over.")))
    if row.asked_by_id not in {one.account_id for one in holders}:
        faults.append(FieldFault("", "left", msgid("Whoever asked does not hold the post any more.")))
    if faults:
        raise Invalid(faults=faults)
    row.case_id, row.case_number = case_id, case_number
    _decide(actor, row, DutyRequestState.GRANTED)
    PostDuty.objects.create(post=post, duty=row.duty, valid_to=row.last_day + timedelta(days=1), request=row)
    _changed(post, given=[row.duty])


@service("duty-request.refuse")
def refuse_duty(actor: Actor, request_id: UUID, case_id: UUID, case_number: str, reason: str) -> None:
    """Let the post go without, for a reason. The decision of a case. Raises NotFound, DutyRequestOver (409)."""
    _post, row = _decided(actor, "duty-request.refuse", request_id)
    row.case_id, row.case_number, row.answer = case_id, case_number, reason
    _decide(actor, row, DutyRequestState.REFUSED)


@service("duty-request.give-back", open_to={CapacityKind.POST})
def give_duty_back(actor: Actor, request_id: UUID) -> None:
    """Let what was granted to one's post end today. Raises NotFound, DutyRequestOver (409)."""
    post, row = _locked(requests_of(actor), request_id)
    _require_state(row, DutyRequestState.GRANTED)
    _take(post, row)


def system_end_asked_duties() -> int:
    """End what was granted and whose last day is over; return how many. For the scheduler; rights end with the day anyway."""
    over = PostDuty.objects.filter(valid_to__lte=today()).order_by("id").values_list("request_id", "request__origin")
    ended = 0
    for request_id, origin in list(over):
        ended += _system_end(system("identity.end-asked-duties", origin=origin), request_id)
    return ended


@service("duty-request.end")
def _system_end(actor: Actor, request_id: UUID) -> bool:
    """Each in a transaction of its own; False when somebody did meanwhile."""
    post, row = _locked(DutyRequest.objects.all(), request_id)
    if row.state != DutyRequestState.GRANTED:
        return False
    _take(post, row)
    return True


def system_let_requests_go(actor: Actor, case_id: UUID, request_id: UUID, *, case_number: str, reason: str) -> None:
    """The case of an application has ended without a decision: what still waits there is refused, with the reason that the case ended with.

    actor: the system.
    """
    if DutyRequest.objects.filter(id=request_id, state=DutyRequestState.WAITS).exists():
        refuse_duty(actor, request_id, case_id, case_number, reason)


def end_requests(gone: QuerySet[PostDuty]) -> None:
    """Let applications that granted some of these duties be over, within the service that takes the duties away or gives them for good."""
    for one in list(gone.filter(request__isnull=False).select_related("request").order_by("id")):
        request = one.request
        one.delete()
        if request is not None:
            request.ended_on = today()
            _end(request, DutyRequestState.ENDED)


# ── Inside ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _locked(among: QuerySet[DutyRequest], request_id: UUID) -> tuple[Post, DutyRequest]:
    """The post and the application, locked in this order, as whoever changes a post's duties does. Raises NotFound."""
    current_act().about("duty-request", request_id)
    post_id = among.filter(id=request_id).values_list("post_id", flat=True).first()
    if post_id is None:
        raise NotFound(msgid("There is no such application."))
    post = Post.objects.select_for_update(no_key=True).get(id=post_id)
    return post, DutyRequest.objects.select_for_update(no_key=True).get(id=request_id)


def _decided(actor: Actor, action: str, request_id: UUID) -> tuple[Post, DutyRequest]:
    """The post and the application, locked, which waits and is in the actor's reach."""
    reach = unit_scope(actor, action)
    within = Q() if reach.everything else Q(post__unit__in=reach.unit_ids)
    post, row = _locked(DutyRequest.objects.filter(within), request_id)
    current_act().require(
        row.asked_by_id not in persons_behind(actor), msgid("Nobody decides on what he asked for himself.")
    )
    _require_state(row, DutyRequestState.WAITS)
    return post, row


def _decide(actor: Actor, row: DutyRequest, state: DutyRequestState) -> None:
    row.decided_by_id, row.decided_at = actor.account_id, now()
    current_act().note(case=row.case_number, duty=row.duty)
    _end(row, state)


def _take(post: Post, row: DutyRequest) -> None:
    """What was granted ends: with its last day, or today."""
    PostDuty.objects.filter(request=row).delete()
    row.ended_on = min(today(), row.last_day + timedelta(days=1))
    _end(row, DutyRequestState.ENDED)
    _changed(post, taken=[row.duty])


def _end(row: DutyRequest, state: DutyRequestState) -> None:
    row.state = state
    row.save()
    asked = duties().get(row.duty)
    data = {
        "state": str(state),
        "duty": row.duty,
        "duty_title": text(asked.title, "zh-Hans") if asked else row.duty,
        "last_day": row.last_day.isoformat(),
        "askers": [{"post_id": str(row.post_id)}],
    }
    current_act().emit(DUTY_REQUEST_ENDED, subject=row.id, data=data)


def _changed(post: Post, given: Collection[str] = (), taken: Collection[str] = ()) -> None:
    save(post)
    settle_changed(post.id)
    act = current_act()
    act.about("post", post.id)
    act.emit(POST_CHANGED, subject=str(post.id), data={"given": sorted(given), "taken": sorted(taken)})


def _require_state(row: DutyRequest, state: DutyRequestState) -> None:
    if row.state != state:
        raise DutyRequestOver


def _reason_faults(words: str | None) -> list[FieldFault]:
    """words: the reason as it is read; None where it holds control characters."""
    least, most = REASON
    if words is None:
        message = msgid("The reason holds a control character. Type it again instead of pasting.")
        return [FieldFault("reason", "control-character", message)]
    if not words:
        return [FieldFault("reason", "required", msgid("Say what you need it for."))]
    if len(words) < least:
        return [FieldFault("reason", "too-short", msgid("At least {least} characters."), {"least": least})]
    if len(words) > most:
        return [FieldFault("reason", "too-long", msgid("At most {most} characters."), {"most": most})]
    return []
