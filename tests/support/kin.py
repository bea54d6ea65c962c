"""In the demonstration city: one neighbour is the child of the other, by the word of the office that keeps mothers."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from support.demo import NEIGHBOUR, RESIDENT

MOTHER, CHILD = RESIDENT, NEIGHBOUR
KEEPER, CHECKER = "xie.lin", "mo.lan"
"""Who keeps mothers, and who answers doubts, in one unit."""
SINCE = date(1988, 11, 12)


def subject_of(login: str) -> UUID:
    from yiwang.identity.models import Account

    return UUID(str(Account.objects.get(login=login).subject_id))


def relate() -> UUID:
    """The word that says so."""
    from yiwang.acts.values import system
    from yiwang.identity.queries import system_unit_by_code
    from yiwang.records.services import write_relation

    unit = system_unit_by_code("hk-health")
    assert unit is not None
    ends = (subject_of(CHILD), subject_of(MOTHER))
    return write_relation(system("tests"), "mother", *ends, valid_from=SINCE, door="feed", unit_id=unit.id)
