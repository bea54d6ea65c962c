"""`python -m bench.staffing UNITS OFFICERS`, with the settings of a city: let it grow to so many units and officers, by its own services.

Officers are seated evenly in the new units, in posts with the duties that the officers have who are measured. Nobody signs in as one.
"""

from __future__ import annotations

import sys
from datetime import date, timedelta

from yiwang.kernel.identifiers import invent_citizen_id

LIKE = "hk-460105002-address"
"""The post whose duties the new ones have."""
SINCE = date(2026, 1, 1)


def main(units: int, officers: int) -> None:
    """Add what is missing, and print how many there are."""
    from yiwang.kernel.masking import cover_identity_numbers
    from yiwang.launch.logs import set_up_logs
    from yiwang.settings import set_up

    set_up_logs("bench", level="ERROR", form="console", cover=cover_identity_numbers)
    set_up()
    from yiwang.acts.values import system
    from yiwang.identity.models import Account, Post, PostDuty, Unit
    from yiwang.identity.services import (
        system_assign_posts,
        system_load_posts,
        system_load_units,
        system_open_accounts,
    )
    from yiwang.identity.values import NewPost, NewUnit
    from yiwang.subjects.services import system_register_subjects
    from yiwang.subjects.values import NewSubject

    us = system("bench")
    root = Unit.objects.get(code="hk-gov")
    missing = max(0, units - Unit.objects.count())
    system_load_units(
        us,
        [
            NewUnit(f"bench-{number}", f"第{number}处", "", root.credit_code, "division", root.division_code, root.code)
            for number in range(missing)
        ],
    )
    wanted = max(0, officers - Account.objects.filter(assignments__isnull=False).distinct().count())
    given = frozenset(PostDuty.objects.filter(post__code=LIKE).values_list("duty", flat=True))
    posts = [
        NewPost(f"bench-{number}-post", f"bench-{number % missing}", "核实岗", given)
        for number in range(wanted if missing else 0)
    ]
    system_load_posts(us, posts)
    people = system_register_subjects(
        us, [NewSubject("person", {"citizen-id": _number(number)}, "invented") for number in range(len(posts))]
    )
    accounts = system_open_accounts(us, [(f"bench.{number}", None, person) for number, person in enumerate(people)])
    ids = dict(Post.objects.filter(code__startswith="bench-").values_list("code", "id"))
    seats = [(accounts[f"bench.{number}"], ids[f"bench-{number}-post"], SINCE) for number in range(len(posts))]
    system_assign_posts(us, seats)
    print(
        f"{Unit.objects.count()} units, {Account.objects.filter(assignments__isnull=False).distinct().count()} officers",
        flush=True,
    )


def _number(number: int) -> str:
    """A citizen ID number that nobody has: of a division that is none."""
    day, order = divmod(number, 900)
    return str(invent_citizen_id("460199", date(1970, 1, 1) + timedelta(days=day), order + 100))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
