"""The one notice 一次性告知 of everything that an applicant still has to give."""

from __future__ import annotations

from collections.abc import Sequence

from yiwang.cases.models import Case
from yiwang.cases.queries.tasks import askable
from yiwang.cases.rules.materials import missing
from yiwang.cases.values import REASON_LENGTH, Claimed
from yiwang.kernel.errors import FieldFault, Invalid, msgid
from yiwang.kernel.typed import several_lines

__all__ = ["checked_notice"]


def checked_notice(case: Case, asks: Sequence[Claimed]) -> list[dict[str, str]]:
    """The lines of the notice: every missing material, named or not, and what the officer claims beyond them, in the item's order.

    Raises Invalid, with every fault at once: for what cannot be asked, for words that are too long, for a notice of nothing.
    """
    allowed = [(one.kind, one.id) for one in askable(case, "zh-Hans")]
    faults: list[FieldFault] = []
    claimed: dict[tuple[str, str], str] = {("material", id): "" for id in missing(case.materials)}
    for n, one in enumerate(asks):
        words = several_lines(one.words)
        if (one.kind, one.id) not in allowed:
            faults.append(
                FieldFault(
                    f"asks/{n}", "cannot-be-asked", msgid("{id} cannot be asked of the applicant."), {"id": one.id}
                )
            )
        elif words is None or len(words) > REASON_LENGTH:
            faults.append(
                FieldFault(
                    f"asks/{n}/words",
                    "too-long",
                    msgid("What is wrong is said in at most {longest} characters."),
                    {"longest": REASON_LENGTH},
                )
            )
        else:
            claimed[one.kind, one.id] = words
    if not claimed and not faults:
        faults.append(FieldFault("asks", "required", msgid("Choose what the applicant has to give or correct.")))
    if faults:
        raise Invalid(faults=faults)
    return [{"kind": kind, "id": id, "words": claimed[kind, id]} for kind, id in allowed if (kind, id) in claimed]
