"""Emergency access 应急查阅 (break-glass): an administrator reads one thing that he otherwise never sees.

Two persons open it, a timer closes it, a third reads the report: the system or the security administrator asks and the other one of the
two consents (`require_consent`); it lasts `YIWANG_EMERGENCY_MINUTES` of machine time; each look is an act of its own in the audit log; and
whatever came of it waits for the audit administrator's finding. What can be opened, and how it is shown, engines say
(`registry.register_emergency`). It gives sight and nothing else: nobody decides, changes or downloads under it.

Source: GB/T 22239-2019 8.1.5 (系统管理、审计管理、安全管理, each only in its own operations).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from yiwang.acts.services import current_act, service
from yiwang.acts.values import Actor, system
from yiwang.identity.events import EMERGENCY_ENDED, EMERGENCY_LOOKED, EMERGENCY_OPENED, EMERGENCY_REVIEWED
from yiwang.identity.models.emergencies import EmergencyAccess, EmergencyLook
from yiwang.identity.queries.consents import administrator_of
from yiwang.identity.queries.emergencies import emergency_minutes, found, is_open
from yiwang.identity.queries.permission import persons_behind, posts_reaching
from yiwang.identity.registry import emergencies
from yiwang.identity.services.consents import consented_by, require_consent
from yiwang.identity.values import Administrator
from yiwang.identity.values.emergencies import Verdict
from yiwang.kernel.errors import Conflict, FieldFault, Invalid, NotAllowed, msgid
from yiwang.kernel.time import machine_now

__all__ = [
    "EmergencyOver",
    "EmergencyStands",
    "EmergencyUnreviewable",
    "end_emergency",
    "look_in_emergency",
    "open_emergency",
    "review_emergency",
    "system_end_emergencies",
]

ANSWERED_WITHIN = timedelta(hours=2)
"""What nobody consents to in this time was no emergency."""
REASON = (10, 500)


class EmergencyStands(Conflict):
    """Who asks has an emergency access already; one thing is read at a time."""

    code = "emergency-stands"
    title = msgid("You have an emergency access already")
    next_step = msgid("End it first, or wait until its time is up.")


class EmergencyOver(Conflict):
    """Its time is up, or somebody ended it."""

    code = "emergency-over"
    title = msgid("The time of this emergency access is over")
    next_step = msgid("Nothing can be read under it any more. If it is still needed, ask anew and say why.")


class EmergencyUnreviewable(Conflict):
    """It still runs, or a finding was entered already."""

    code = "emergency-unreviewable"
    title = msgid("This emergency access cannot be reviewed now")
    next_step = msgid("Look at how it stands: a finding is entered once, after its end.")


@service("emergency.open")
def open_emergency(actor: Actor, kind: str, reference: str, reason: str) -> UUID:
    """Open one thing for reading, with the consent of the other one of system and security administrator; return the access.

    kind: of `registry.register_emergency`.  reference: the number of the thing.  reason: 10–500 characters, for the other two and for
    whom it concerns.

    Raises NotAllowed (403: who stands near to it, or where the city asks no consent or gives no time), Invalid (422) with everything wrong,
    EmergencyStands (409), ConsentDue (403).
    """
    act = current_act()
    whose = administrator_of(actor)
    act.require(
        whose in (Administrator.SYSTEM, Administrator.SECURITY),
        msgid("Only the system and the security administrator open something in an emergency."),
    )
    minutes = emergency_minutes()
    act.require(minutes > 0, msgid("This city has set that nothing is opened in an emergency."))
    object_id = _object(actor, kind, reference, reason)
    act.about(kind, object_id)
    _refuse_a_second(actor)
    require_consent(
        actor,
        Administrator.SECURITY if whose is Administrator.SYSTEM else Administrator.SYSTEM,
        within=ANSWERED_WITHIN,
        kind=kind,
        reference=reference,
        reason=reason,
    )
    consenter = consented_by()
    if consenter is None or actor.account_id is None or actor.capacity_id is None:
        raise NotAllowed(msgid("Nobody opens anything in an emergency alone."))
    moment = machine_now()
    one = EmergencyAccess.objects.create(
        kind=kind,
        object_id=object_id,
        reference=reference.strip(),
        reason=reason.strip(),
        asked_by_id=actor.account_id,
        asked_in_id=actor.capacity_id,
        consented_by_id=consenter,
        begun_at=moment,
        lasts_until=moment + timedelta(minutes=minutes),
        origin=actor.origin,
    )
    act.about("emergency", one.id)
    act.emit(EMERGENCY_OPENED, subject=one.id, data=_told(one) | {"minutes": minutes})
    return one.id


@service("emergency.look")
def look_in_emergency(actor: Actor, access_id: UUID, kind: str) -> UUID:
    """Write down that the thing is read now, and return its id. For the engine that shows it, within the act that does.

    Raises NotFound, NotAllowed (somebody else's access, or another kind of thing), EmergencyOver (409). Who ends the access meanwhile
    waits until the look is written down.
    """
    act = current_act()
    row = found(EmergencyAccess.objects.select_for_update(no_key=True), access_id)
    act.about("emergency", row.id)
    mine = row.asked_by_id == actor.account_id and row.asked_in_id == actor.capacity_id
    act.require(mine, msgid("Only who asked for the emergency access reads under it, in the same post."))
    act.require(row.kind == kind, msgid("This emergency access is for something else."))
    if not is_open(row, machine_now()):
        raise EmergencyOver
    EmergencyLook.objects.create(access=row)
    act.emit(EMERGENCY_LOOKED, subject=row.id, data={"kind": kind, "object_id": str(row.object_id)})
    return row.object_id


@service("emergency.end")
def end_emergency(actor: Actor, access_id: UUID) -> None:
    """End an access before its time is up: whoever has it, or any system or security administrator. Raises NotFound, EmergencyOver."""
    row = found(EmergencyAccess.objects.select_for_update(no_key=True), access_id)
    if not is_open(row, moment := machine_now()):
        raise EmergencyOver
    current_act().about("emergency", row.id)
    _end(row, moment, actor.account_id)


@service("emergency.review")
def review_emergency(actor: Actor, access_id: UUID, verdict: str, remark: str) -> None:
    """Enter what the audit administrator finds, once, after the end.  verdict: a Verdict.  remark: 1–500 characters.

    Raises NotFound, NotAllowed for who asked for it or consented to it, Invalid (422), EmergencyUnreviewable (409).
    """
    act = current_act()
    row = found(EmergencyAccess.objects.select_for_update(no_key=True), access_id)
    act.about("emergency", row.id)
    act.require(
        not persons_behind(actor) & {row.asked_by_id, row.consented_by_id},
        msgid("Nobody reviews what he asked for or consented to himself."),
    )
    moment = machine_now()
    if row.verdict or is_open(row, moment):
        raise EmergencyUnreviewable
    faults = _length_faults("remark", remark, 1, REASON[1])
    if verdict not in set(Verdict):
        faults.insert(0, FieldFault("verdict", "required", msgid("Choose one of these.")))
    if faults:
        raise Invalid(faults=faults)
    if row.ended_at is None:  # the scheduler has not looked yet
        _end(row, row.lasts_until)
    row.verdict, row.remark = verdict, remark.strip()
    row.reviewed_by_id, row.reviewed_at = actor.account_id, moment
    row.save(update_fields=["verdict", "remark", "reviewed_by", "reviewed_at"])
    act.emit(EMERGENCY_REVIEWED, subject=row.id, data={"verdict": verdict})


@service("emergency.run-out")
def _run_out(actor: Actor, access_id: UUID) -> None:
    """End an access whose time is up. Nothing to do when somebody else did meanwhile."""
    current_act().about("emergency", access_id)
    row = EmergencyAccess.objects.select_for_update(no_key=True).filter(id=access_id, ended_at__isnull=True).first()
    if row is not None and not is_open(row, machine_now()):
        _end(row, row.lasts_until)


def system_end_emergencies() -> int:
    """End every access whose time is up, so that it is reported; return how many. For the scheduler."""
    rows = EmergencyAccess.objects.filter(ended_at__isnull=True, lasts_until__lte=machine_now())
    over = list(rows.values_list("id", "origin"))
    for access_id, origin in over:
        _run_out(system("identity.end-emergencies", origin=origin), access_id)
    return len(over)


def _refuse_a_second(actor: Actor) -> None:
    """One that is over stands in nobody's way, though the scheduler may not have looked yet."""
    rows = EmergencyAccess.objects.select_for_update(no_key=True)
    row = rows.filter(asked_by_id=actor.account_id, ended_at__isnull=True).first()
    if row is not None and is_open(row, machine_now()):
        raise EmergencyStands
    if row is not None:
        _end(row, row.lasts_until)


def _end(row: EmergencyAccess, at: datetime, by: UUID | None = None) -> None:
    """Close it, and report to the auditors; whom it concerned hears of it when it was read."""
    row.ended_at, row.ended_by_id = at, by
    row.save(update_fields=["ended_at", "ended_by"])
    looks = row.looks.count()
    concerned = emergencies()[row.kind].concerned(row.object_id) if looks else ()
    data = _told(row) | {"looks": looks, "concerned": [{"subject_id": str(one)} for one in concerned]}
    current_act().emit(EMERGENCY_ENDED, subject=row.id, data=data)


def _told(row: EmergencyAccess) -> dict[str, object]:
    return {
        "kind": row.kind,
        "reference": row.reference,
        "object_id": str(row.object_id),
        "auditors": [{"post_id": str(one)} for one in posts_reaching("emergency.review", None)],
    }


def _object(actor: Actor, kind: str, reference: str, reason: str) -> UUID:
    faults = _length_faults("reason", reason, *REASON)
    opened = emergencies().get(kind)
    object_id = None
    if opened is None:
        faults.append(FieldFault("kind", "unknown", msgid("Nothing of this kind is opened in an emergency.")))
    elif not reference.strip():
        faults.append(FieldFault("reference", "required", msgid("This is required.")))
    elif (object_id := opened.find(actor, reference.strip())) is None:
        faults.append(
            FieldFault("reference", "unknown", msgid("Nothing has this number. Compare it with the receipt."))
        )
    if faults or object_id is None:
        raise Invalid(faults=faults)
    return object_id


def _length_faults(field: str, text: str, least: int, most: int) -> list[FieldFault]:
    length = len(text.strip())
    if not length:
        return [FieldFault(field, "required", msgid("This is required."))]
    if length < least:
        return [FieldFault(field, "too-short", msgid("At least {least} characters."), {"least": least})]
    if length > most:
        return [FieldFault(field, "too-long", msgid("At most {most} characters."), {"most": most})]
    return []
