"""What other systems that keep officers may do, and what is declared well of them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta

from yiwang.identity.values.keepers import LeadingPosts, NewKeeper, Side
from yiwang.kernel.canonical import canonical_json
from yiwang.kernel.errors import FieldFault, msgid

__all__ = ["MOST_UNITS", "SIDE_ACTIONS", "TOKEN_DAYS", "keeper_faults", "overlapping", "version_of"]

TOKEN_DAYS = 366
"""No token lasts longer."""
TOKEN_LASTS = timedelta(days=180)
LONGEST_TITLE = 60
MOST_UNITS = 50

SIDE_ACTIONS: Mapping[Side, frozenset[str]] = {
    Side.ACCOUNTS: frozenset(
        {
            *("account.open", "account.close", "account.reopen"),
            *("keeper.read", "keeper.open-account", "keeper.change-account", "keeper.let-account-go"),
        }
    ),
    Side.HOLDERS: frozenset({"assignment.assign", "assignment.end", "keeper.read", "keeper.seat"}),
}
"""What a keeper of each side does in its own name. No action of the one stands on the other but reading.

Source: the three administrators are three persons (三员分立); a system that opened accounts and gave them posts would be two of them.
"""


def keeper_faults(given: NewKeeper) -> list[FieldFault]:
    """Everything wrong with a keeper as described, but for what the tables know."""
    faults = []
    if not given.title.strip():
        faults.append(FieldFault("title", "required", msgid("Give the system a name by which people know it.")))
    elif len(given.title) > LONGEST_TITLE:
        faults.append(FieldFault("title", "too-long", msgid("At most {most} characters."), {"most": LONGEST_TITLE}))
    if not given.units:
        faults.append(FieldFault("units", "required", msgid("Say of which units it is the source.")))
    elif len(given.units) > MOST_UNITS:
        faults.append(FieldFault("units", "too-many", msgid("At most {most} units."), {"most": MOST_UNITS}))
    if given.side is Side.ACCOUNTS and (given.posts is not LeadingPosts.ALL or given.establishment is not None):
        message = msgid("Only a system that says who holds posts has to do with kinds of posts and places.")
        faults.append(FieldFault("posts", "holders-only", message))
    return faults


def overlapping(one: LeadingPosts, other: LeadingPosts) -> bool:
    """Whether two keepers of holders would keep the same posts of a unit."""
    return LeadingPosts.ALL in (one, other) or one is other


def version_of(shown: object) -> str:
    """A short digest of what is shown of a row: other with each change of it."""
    return hashlib.sha256(canonical_json(shown)).hexdigest()[:24]
