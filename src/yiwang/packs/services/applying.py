"""`apply`: one numbered release of everything declared, with the engines' own tables, in one transaction."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from django.db import OperationalError, connection

from yiwang.acts.services import current_act, service, system_publish_release
from yiwang.acts.values import Actor
from yiwang.kernel import failpoints
from yiwang.kernel.errors import Conflict
from yiwang.kernel.kinds import all_kinds
from yiwang.packs.queries import plan_reading, read_configured
from yiwang.packs.queries.plans import as_definition, stored_kinds
from yiwang.packs.values import PACK, Plan, Reading

__all__ = ["TablesBusy", "apply", "system_apply_plan"]

Say = Callable[[str], None]
LOCK_TIMEOUT_MS = 3_000
TRIES = 5
LOCK_NOT_AVAILABLE = "55P03"


class TablesBusy(Conflict):
    """A table that the release changes was in use for too long; nothing was changed."""

    code = "tables-busy"
    title = "A table that has to change is in use"
    next_step = "Try again at a quieter time, or end the long transaction that `yiwang doctor` names."


def silent(line: str) -> None:
    """Tell nobody."""


def apply(actor: Actor, folders: Sequence[Path] | None = None, *, say: Say = silent) -> int:
    """Read, check, plan and apply the packs; return the number of the release in force afterwards.

    Runs as the database's owner. Nothing to change: no release is made. A failure at any point leaves nothing behind. Waits for no table
    longer than 3 seconds, so that nobody waits long behind it; tries 5 times.
    Raises RefusedCity with all faults; ReleaseMoved (409) when somebody else applies at this moment; TablesBusy (409).
    """
    reading = read_configured(folders)
    for attempt in range(1, TRIES + 1):
        plan = plan_reading(reading)
        if plan.is_empty:
            say(str(plan))
            return plan.against
        try:
            return system_apply_plan(actor, reading, plan, say=say)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            say(f"A table is in use; try {attempt} of {TRIES} failed and left nothing behind.")
    raise TablesBusy


@service("pack.apply")
def system_apply_plan(actor: Actor, reading: Reading, plan: Plan, *, say: Say = silent) -> int:
    """Publish `plan` and let every kind bring its tables in line, in one transaction; return the release's number."""
    act = current_act()
    began = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [str(LOCK_TIMEOUT_MS)])
    definitions = [
        as_definition(one, reading) for kind in stored_kinds() for one in plan.changed.get(kind, {}).values()
    ]
    retired = [(kind, id) for kind, ids in plan.retired.items() for id in ids]
    summary = {
        "packs": {id: one.body.version for id, one in sorted(reading.packs.items())},
        "changes": len(plan.changes),
    }
    release = system_publish_release(actor, definitions, retired, summary=summary, planned_on=plan.against)
    act.about("release", release)
    act.note(changed=len(definitions), retired=len(retired))
    failpoints.reach("packs.after-publish")
    kinds = [kind for kind in all_kinds() if kind.stored]
    for kind in kinds:
        changed = plan.changed.get(kind.name, {})
        gone = plan.retired.get(kind.name, ())
        if changed or gone:
            kind.apply(release, changed, gone)
            say(f"  {kind.name}: {len(changed)} new or changed, {len(gone)} retired")
    for kind in kinds:
        kind.apply_city(release, reading.city)
    failpoints.reach("packs.before-commit")
    packs = len(plan.changed.get(PACK, {}))
    say(f"Release {release}: {len(plan.changes)} changes in {packs} packs ({time.monotonic() - began:.1f} s)")
    return release
