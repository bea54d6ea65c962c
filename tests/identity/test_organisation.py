"""Units and posts as they change: renamed, moved, closed; what is still needed, who comes late, and what nobody may do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from support.offices import CREDIT_CODE

from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.identity import queries, registry
from yiwang.identity.models import Assignment, Post, Unit
from yiwang.identity.services import (
    LastAdministrator,
    OrganisationChanged,
    StillNeeded,
    assign_post,
    change_duties,
    close_post,
    close_unit,
    end_assignment,
    move_unit,
    open_post,
    open_unit,
    rename_unit,
    system_load_units,
)
from yiwang.identity.values import NewPost, NewUnit
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed
from yiwang.kernel.time import today

from .conftest import DUTIES, duty

US = system("tests")
MORE = {
    "system": ("unit.rename/city", "unit.close/city", "post.close/city", "unit.open/city", "officer.list/city"),
    "security": ("post.change-duties/city", "assignment.assign/city", "assignment.end/city", "officer.list/city"),
}


@pytest.fixture
def managed(town: Any, republish: Any) -> Any:
    """The town, whose administrators may do all that administrators do."""
    republish(
        *[one for one in DUTIES if one["id"] not in MORE],
        *[duty(id, *may, administrator=id) for id, may in MORE.items()],
        {"kind": "subject-kind", "id": "person", "title": "人", "natural_person": True,
         "identifiers": [{"scheme": "citizen-id", "title": "公民身份号码", "checker": "citizen-id"}]},
    )  # fmt: skip
    return town


def codes(fault: Any) -> list[str]:
    return [one.code for one in fault.value.faults]


def history(town: Any, unit: str) -> list[tuple[str, str, str]]:
    found = queries.unit_page(US, town.units[unit]).history
    return [(one.what, one.title_was or one.parent_was, one.parent) for one in found]


def test_a_unit_keeps_what_became_of_it(town: Any) -> None:
    rename_unit(US, town.units["north-a"], "新名称", "")
    move_unit(US, town.units["north-a"], town.units["south"])
    page = queries.unit_page(US, town.units["north-a"])
    assert (page.unit.title, page.unit.short_title) == ("新名称", "新名称")
    assert [one.title for one in page.above] == ["单位gov", "单位south"]
    assert history(town, "north-a") == [
        ("moved", "单位north", "单位south"),
        ("renamed", "单位north-a", "单位north"),
        ("opened", "", "单位north"),
    ]


def test_a_list_of_units_writes_down_only_what_it_changes(town: Any) -> None:
    same = [
        NewUnit("gov", "单位gov", "", CREDIT_CODE, "city", "460100"),
        NewUnit("south", "南区", "", CREDIT_CODE, "city", "460100", "north"),
        NewUnit("north", "单位north", "", CREDIT_CODE, "city", "460100", "gov"),
    ]
    system_load_units(US, same)
    assert [what for what, _, _ in history(town, "south")] == ["moved", "renamed", "opened"]
    assert [what for what, _, _ in history(town, "north")] == ["opened"]


def test_a_unit_that_is_needed_is_closed_by_nobody_and_every_reason_is_said(
    town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.officer("north", "decide")
    town.officer("north", "pay")
    needs = {
        "unit": [
            lambda id: [FieldFault("", "elsewhere", "Another engine needs it.")] if id == town.units["north"] else []
        ],
        "post": [],
    }
    monkeypatch.setattr(registry, "_needs", needs)
    with pytest.raises(StillNeeded) as refused:
        close_unit(US, town.units["north"])
    assert codes(refused) == ["has-units", "post-held", "post-held", "elsewhere"]
    assert Unit.objects.get(id=town.units["north"]).closed_on is None


def test_a_unit_closes_with_its_empty_posts_and_takes_nothing_more(town: Any) -> None:
    post = town.post("south", "decide")
    close_unit(US, town.units["south"])
    assert Post.objects.get(id=post).closed_on == Unit.objects.get(id=town.units["south"]).closed_on == today()
    assert queries.posts_with_duty("decide", [town.units["south"]]) == []
    assert queries.posts_reaching("trial.decide", town.units["south"]) == []
    with pytest.raises(Invalid) as below:
        open_unit(US, NewUnit("south-a", "南甲", "", CREDIT_CODE, "city", "460100", "south"))
    with pytest.raises(Invalid) as seat:
        open_post(US, NewPost("south-9", "south", "岗位", frozenset()))
    with pytest.raises(Invalid) as moved:
        move_unit(US, town.units["north"], town.units["south"])
    with pytest.raises(Invalid) as assigned:
        assign_post(US, town.account().id, post, today())
    with pytest.raises(Invalid) as again:
        close_unit(US, town.units["south"])
    with pytest.raises(Invalid) as renamed:
        rename_unit(US, town.units["south"], " ", "")
    assert codes(below) == codes(seat) == codes(moved) == ["unit-closed"]
    assert codes(assigned) == ["post-closed"]
    assert codes(again) == ["unit-closed"]
    assert codes(renamed) == ["required", "unit-closed"]
    found = queries.browse_units(US, town.units["gov"])
    assert "单位south" not in [line.unit.title for line in found.rows]
    [line] = queries.browse_units(US, None, "south").rows
    assert line.closed_on == today()


def test_a_post_that_is_held_or_will_be_is_not_closed(town: Any) -> None:
    account, post = town.account(), town.post("south", "decide")
    seat = assign_post(US, account.id, post, today() + timedelta(days=3))
    with pytest.raises(StillNeeded) as refused:
        close_post(US, post)
    assert codes(refused) == ["post-held"]
    end_assignment(US, seat)
    close_post(US, post)
    page = queries.post_page(US, post)
    assert page.closed_on == today()
    assert page.holders == page.former == ()  # the assignment was ended before it began


@pytest.mark.parametrize(
    "change",
    [
        lambda town, post: rename_unit(US, town.units["south"], "新", "", 1),
        lambda town, post: move_unit(US, town.units["south"], town.units["north"], 1),
        lambda town, post: close_unit(US, town.units["south"], 1),
        lambda town, post: change_duties(US, post, {"pay"}, 1),
        lambda town, post: close_post(US, post, 1),
    ],
)
def test_who_looked_before_somebody_else_changed_it_is_told_so(town: Any, change: Any) -> None:
    post = town.post("south", "decide")
    rename_unit(US, town.units["south"], "别人改的", "", 1)
    change_duties(US, post, {"oversee"}, 1)
    with pytest.raises(OrganisationChanged) as late:
        change(town, post)
    assert late.value.status == 409


def test_other_duties_count_at_once_and_are_told(town: Any) -> None:
    actor = town.officer("south", "decide")
    assert queries.why(actor, "trial.decide").allowed
    change_duties(US, actor.capacity_id, {"oversee"})
    assert not queries.why(actor, "trial.decide").allowed
    assert queries.why(actor, "trial.read").allowed
    entry = Entry.objects.filter(action="post.change-duties").latest("id")
    assert entry.details["given"] == ["oversee"]
    assert entry.details["taken"] == ["decide"]


def test_duties_are_refused_with_everything_that_is_wrong_with_them(town: Any) -> None:
    actor = town.officer("south", "decide")
    assign_post(US, actor.account_id, town.post("north", "pay"), today())
    with pytest.raises(Invalid) as refused:
        change_duties(US, actor.capacity_id, {"order", "nothing"})
    assert codes(refused) == ["unknown-duty", "duties-exclude"]
    with pytest.raises(Invalid) as within:
        change_duties(US, town.post("south"), {"order", "pay"})
    assert codes(within) == ["duties-exclude"]


def test_nobody_changes_the_duties_of_his_own_post_nor_takes_the_last_administrator_s(managed: Any) -> None:
    security = managed.officer("gov", "security")
    other = managed.officer("gov", "security")
    with pytest.raises(NotAllowed, match="holds himself"):
        change_duties(security, security.capacity_id, {"security", "decide"})
    change_duties(security, other.capacity_id, set())
    with pytest.raises(LastAdministrator):
        change_duties(US, security.capacity_id, set())
    auditor = managed.officer("gov", "audit")
    with pytest.raises(LastAdministrator):
        change_duties(security, auditor.capacity_id, set())


def test_each_administrator_does_his_own_work_and_not_the_other_s(managed: Any) -> None:
    keeper, security, auditor = (managed.officer("gov", one) for one in ("system", "security", "audit"))
    post = managed.post("south", "decide")
    for other in (security, auditor, managed.officer("gov", "decide"), managed.resident()):
        with pytest.raises(NotAllowed):
            rename_unit(other, managed.units["south"], "新", "")
        with pytest.raises(NotAllowed):
            close_unit(other, managed.units["south"])
        with pytest.raises(NotAllowed):
            close_post(other, post)
    for other in (keeper, auditor):
        with pytest.raises(NotAllowed):
            change_duties(other, post, set())
    rename_unit(keeper, managed.units["south"], "新", "")
    change_duties(security, post, {"pay"})
    close_post(keeper, post)
    close_unit(keeper, managed.units["south"])


def test_who_holds_a_post_is_known_to_those_who_administer_officers_alone(managed: Any) -> None:
    security, officer = managed.officer("gov", "security"), managed.officer("south", "decide")
    seen = queries.post_page(security, officer.capacity_id)
    assert [one.account.id for one in seen.holders] == [officer.account_id]
    hidden = queries.post_page(officer, officer.capacity_id)
    assert (hidden.sees_holders, hidden.held_by, hidden.holders) == (False, 1, ())
    [line] = queries.unit_page(officer, managed.units["south"]).posts
    assert (line.held_by, line.holders) == (1, ())


def test_a_page_of_a_unit_costs_as_much_with_ten_posts_as_with_one(town: Any) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            queries.unit_page(US, town.units["south"])
            queries.browse_units(US)
        return len(captured)

    town.officer("south", "decide")
    first = cost()
    for _ in range(9):
        town.officer("south", "decide")
    assert cost() == first
    assert first <= 13


def test_every_duty_of_the_packs_is_said_in_words() -> None:
    from pathlib import Path

    from ruamel.yaml import YAML

    packs = Path(__file__).parents[2] / "packs"
    granted = {
        grant["action"]
        for path in packs.glob("*/duties/*.yaml")
        for grant in YAML(typ="safe").load(path).get("may") or ()
    }
    assert granted - set(registry.action_words) == set()


def test_what_is_not_there_is_not_found(town: Any) -> None:
    from yiwang.kernel.errors import NotFound

    for ask in (
        lambda: queries.unit_page(US, uuid4()),
        lambda: queries.post_page(US, uuid4()),
        lambda: queries.duty_page(US, "nothing"),
        lambda: rename_unit(US, uuid4(), "新", ""),
        lambda: close_post(US, uuid4()),
    ):
        with pytest.raises(NotFound):
            ask()


def test_a_duty_says_which_posts_have_it_and_with_which_it_never_goes(town: Any) -> None:
    post = town.post("south", "pay")
    page = queries.duty_page(US, "pay")
    assert [line.post.id for line in page.posts] == [post]
    assert (page.count, [one.id for one in page.excluded]) == (1, ["order"])
    assert not Assignment.objects.filter(post_id=post).exists()
