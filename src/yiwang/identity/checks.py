"""What `yiwang doctor` asks of the organisation."""

from __future__ import annotations

from collections.abc import Iterable

from yiwang.identity.models import Unit, UnitPath
from yiwang.identity.queries import duties, system_administrators_present
from yiwang.identity.queries.authorities import system_overdue_authorities
from yiwang.identity.rules.tree import TreeHasCycle, closure
from yiwang.identity.values import Administrator
from yiwang.kernel.health import Finding, register_check


def register_with_doctor() -> None:
    """Add the checks."""
    register_check("administrators", administrators)
    register_check("unit-tree", unit_tree)
    register_check("certificate-authorities", certificate_authorities)


def administrators() -> Iterable[Finding]:
    """Each of the three administrators is somebody: without one, posts could not be assigned or the log not be read."""
    if not any(one.administrator for one in duties().values()):
        return  # before the first apply there is nothing to administer
    present = system_administrators_present()
    for administrator in Administrator:
        if administrator not in present:
            yield Finding(
                False,
                f"Nobody holds a post of the {administrator} administrator today.",
                "Let the security administrator assign one on the page of officers and posts.",
            )
    if len(present) == len(Administrator):
        yield Finding(True, "Each of the three administrators is somebody.")


def unit_tree() -> Iterable[Finding]:
    """The closure says what the parents say."""
    try:
        wanted = closure(dict(Unit.objects.values_list("id", "parent_id")))
    except TreeHasCycle as cycle:
        yield Finding(False, f"The unit {cycle.node} stands above itself.", "Restore the table of units from a backup.")
        return
    stored = {(one.ancestor_id, one.descendant_id): one.depth for one in UnitPath.objects.all()}
    if stored == wanted:
        yield Finding(True, f"The tree of units is whole ({len(wanted):,} paths).")
    else:
        yield Finding(
            False,
            f"{len(stored.items() ^ wanted.items()):,} paths of the tree of units are wrong.",
            "Somebody has changed the tables by hand: restore them from a backup.",
        )


def certificate_authorities() -> Iterable[Finding]:
    """Who signs in by a certificate stands outside while the authority's list of revoked ones is overdue."""
    for title in system_overdue_authorities():
        yield Finding(
            False,
            f"The list of revoked certificates of {title} is missing or overdue: nobody signs in by its certificates.",
            "Let the system administrator bring in the present list on the page of the authority.",
        )
