"""The permission matrix of services: every capacity × every service, against the table that people have read.

Outcomes: `open` needs no grant (rows are limited by queries); `granted` may, for rows of the unit in question; `elsewhere` may, but
not for rows of that unit, which it does not even see; `refused` is turned away at the door.

Beside it, what each duty of each pack grants, reads included: action × duty → how far.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from ruamel.yaml import YAML
from support.services import import_all_services

import yiwang
from yiwang.acts.registry import all_services
from yiwang.acts.values import VISITOR, Actor, CapacityKind, ServiceInfo
from yiwang.identity.models.mandates import Mandate
from yiwang.identity.queries import actor_for_mandate, duties, system_account, unit_scope
from yiwang.kernel.errors import Fault, NotAllowed, NotSignedIn
from yiwang.kernel.time import now, today

PACKS = Path(__file__).parents[2] / "packs"
TABLE = Path(__file__).with_name("matrix_services.yaml")
DUTIES = Path(__file__).with_name("matrix_duties.yaml")
CAPACITIES = ("visitor", "resident", "agent", "officer", "neighbour", "system", "security", "audit")


def the_services() -> dict[str, ServiceInfo]:
    import_all_services()
    return {
        action: info
        for action, info in all_services().items()
        if info.function.__module__.startswith(f"{yiwang.__name__}.")
    }


def expected() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = YAML(typ="safe").load(TABLE)
    return table


def outcome(info: ServiceInfo, actor: Actor, unit: Any) -> str:
    """What the door itself does. It is called without the other arguments: whoever passes it falls over them just behind."""
    try:
        with transaction.atomic():
            info.function(actor)
            transaction.set_rollback(True)
    except (NotAllowed, NotSignedIn):
        return "refused"
    except (TypeError, Fault):
        pass
    if actor.capacity in info.open_to:
        return "open"
    if actor.capacity is CapacityKind.AGENT:
        return "granted"  # by the mandate; in which items and for whom is for queries to limit
    return "granted" if unit_scope(actor, info.action).covers(unit) else "elsewhere"


@pytest.fixture
def actors(bare_town: Any, republish: Any) -> dict[str, Actor]:
    """One actor for each column. The officer and his neighbour in another unit hold every ordinary duty of all packs."""
    yaml = YAML(typ="safe")
    bodies = [yaml.load(path) for path in sorted(PACKS.glob("*/duties/*.yaml"))]
    republish(*bodies)
    ids = {body["id"] for body in bodies}
    ordinary = [id for id, one in duties().items() if id in ids and one.administrator is None]
    administrators = {one.administrator: id for id, one in duties().items() if id in ids and one.administrator}
    bare_town.unit("city")
    for code in ("here", "there"):
        bare_town.unit(code, "city")
    return {
        "visitor": VISITOR,
        "resident": bare_town.resident(),
        "agent": agent_of(bare_town.resident(), bare_town.resident()),
        "officer": bare_town.officer("here", *ordinary),
        "neighbour": bare_town.officer("there", *ordinary),
        **{str(name): bare_town.officer("city", id) for name, id in administrators.items()},
    }


def agent_of(principal: Actor, agent: Actor) -> Actor:
    """Who acts for another under a mandate of every item."""
    stands = Mandate.objects.create(
        subject_id=principal.subject_id,
        agent_id=agent.account_id,
        given_by_id=principal.account_id,
        valid_from=today(),
        valid_to=today() + timedelta(days=9),
        accepted_at=now(),
    )
    return actor_for_mandate(system_account(agent.account_id), stands.id)


def test_every_capacity_meets_every_service_as_the_table_says(actors: dict[str, Actor], bare_town: Any) -> None:
    assert set(actors) == set(CAPACITIES)
    found = {
        action: {name: outcome(info, actors[name], bare_town.units["here"]) for name in CAPACITIES}
        for action, info in the_services().items()
    }
    table = expected()
    wrong = [
        f"{action}: {{{', '.join(f'{name}: {found[action][name]}' for name in CAPACITIES)}}}"
        for action in found
        if found[action] != table.get(action)
    ]
    assert not wrong, f"{TABLE.name} does not say this; decide whether it should:\n" + "\n".join(wrong)


def test_the_table_has_no_row_without_a_service() -> None:
    assert not set(expected()) - set(the_services())


def test_no_administrator_is_granted_the_city_s_business() -> None:
    for action, row in expected().items():
        granted = [name for name in CAPACITIES if row[name] in {"granted", "elsewhere"}]
        administrators = [name for name in granted if name in {"system", "security", "audit"}]
        assert not (administrators and set(granted) - set(administrators)), (
            f"{action} mixes administration and business: {granted}"
        )


@pytest.mark.parametrize("kind", ["case", "task", "record", "facts", "message"])
def test_none_of_the_three_administrators_reads_cases_and_facts(actors: dict[str, Actor], kind: str) -> None:
    actions = {grant.action for one in duties().values() for grant in one.may if grant.action.startswith(f"{kind}.")}
    for name in ("system", "security", "audit"):
        for action in actions | {f"{kind}.read", f"{kind}.list"}:
            assert unit_scope(actors[name], action).is_empty


def reach(actor: Actor, action: str, units: dict[str, Any]) -> str:
    """How far somebody in a post of the unit `here` may do it, as the queries and the doors ask; empty: not at all."""
    scope = unit_scope(actor, action)
    for word, unit in (("city", "there"), ("subtree", "below"), ("unit", "here")):
        if scope.covers(units[unit]):
            return word
    return "own" if scope.post_ids else ""


def granted_actions() -> list[str]:
    """Everything that a duty of any pack lets somebody do or read, and every service beside it."""
    return sorted({grant.action for one in duties().values() for grant in one.may} | set(the_services()))


def test_every_duty_of_every_pack_reaches_as_far_as_the_table_says(actors: dict[str, Actor], bare_town: Any) -> None:
    """Measured with an officer who holds this one duty: what he gets by the way fails here as what the pack grants him does."""
    bare_town.unit("below", "here")
    declared = sorted(YAML(typ="safe").load(path)["id"] for path in PACKS.glob("*/duties/*.yaml"))
    holders = {duty: bare_town.officer("here", duty) for duty in declared}
    found = {
        action: {duty: far for duty in declared if (far := reach(holders[duty], action, bare_town.units))}
        for action in granted_actions()
    }
    table: dict[str, dict[str, str]] = YAML(typ="safe").load(DUTIES)
    found = {action: row for action, row in found.items() if row}
    wrong = [
        f"{action}: {{{', '.join(f'{duty}: {far}' for duty, far in found.get(action, {}).items())}}}"
        for action in sorted(set(found) | set(table))
        if found.get(action) != table.get(action)
    ]
    assert not wrong, f"{DUTIES.name} does not say this; decide whether it should:\n" + "\n".join(wrong)


@pytest.mark.parametrize("capacity", ["visitor", "resident", "agent"])
def test_without_a_post_nobody_has_any_of_it(actors: dict[str, Actor], capacity: str) -> None:
    assert [action for action in granted_actions() if not unit_scope(actors[capacity], action).is_empty] == []
