"""Units merged, split and abolished: what goes, what stays, who may, what stands against it, and how it is undone."""

from __future__ import annotations

import threading
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from support.offices import CREDIT_CODE

from yiwang.acts.values import system
from yiwang.audit.models import Entry
from yiwang.identity import queries, registry
from yiwang.identity.models import Post, Succession, Unit, UnitMove, UnitPath
from yiwang.identity.models.single_sign_on import Client
from yiwang.identity.rules.tree import closure
from yiwang.identity.services import (
    OrganisationChanged,
    ReorganisationStopped,
    UnitStands,
    assign_post,
    change_duties,
    close_post,
    close_unit,
    move_unit,
    open_post,
    rename_unit,
    reopen_post,
    reopen_unit,
    reorganise,
    system_load_posts,
    system_load_units,
    undo_reorganisation,
)
from yiwang.identity.values import Abolish, Merge, NewPost, NewUnit, Split
from yiwang.kernel.errors import Fault, Invalid, NotAllowed
from yiwang.kernel.time import today
from yiwang.outbox.models import Event

from .conftest import DUTIES, duty

US = system("tests")
WHY = ("机构改革", "琼编〔2026〕12号")


def codes(fault: Any) -> list[str]:
    return [one.code for one in fault.value.faults]


def history(unit_id: UUID) -> list[tuple[str, str]]:
    return [(one.what, one.other) for one in queries.unit_page(US, unit_id).history]


def tree_is_whole() -> bool:
    stored = {(one.ancestor_id, one.descendant_id): one.depth for one in UnitPath.objects.all()}
    return stored == closure(dict(Unit.objects.values_list("id", "parent_id")))


def new_unit(code: str = "east", parent: str = "gov") -> NewUnit:
    return NewUnit(code, f"单位{code}", "", CREDIT_CODE, "city", "460100", parent)


@pytest.fixture
def reorganising(town: Any, republish: Any) -> Any:
    """The town, whose system administrator reorganises."""
    more = duty(
        "system", "organisation.reorganise/city", "organisation.undo/city", "unit.open/city", "unit.reopen/city",
        "post.reopen/city", administrator="system",
    )  # fmt: skip
    person = {"kind": "subject-kind", "id": "person", "title": "人", "natural_person": True,
              "identifiers": [{"scheme": "citizen-id", "title": "公民身份号码", "checker": "citizen-id"}]}  # fmt: skip
    republish(*[one for one in DUTIES if one["id"] != "system"], more, person)
    return town


def test_a_unit_is_merged_with_its_units_and_posts_and_its_holders_go_on_where_it_went(town: Any) -> None:
    north, south, below = town.units["north"], town.units["south"], town.units["north-a"]
    officer = town.officer("north", "decide")
    seen = queries.preview_reorganisation(US, Merge((north,), south))
    assert {line.kind: line.number for line in seen.lines} == {"unit": 1, "post": 1}
    assert [words for line in seen.lines for _, words in line.examples] == [
        queries.post_titles([officer.capacity_id])[officer.capacity_id],
        "单位north-a",
    ]
    assert [(one.code, one.params["number"]) for one in seen.hints] == [("reach", 1)]
    done = reorganise(US, Merge((north,), south), *WHY, seen.fingerprint)
    assert {one.kind: one.number for one in queries.reorganisation_page(US, done).lines} == {"unit": 1, "post": 1}
    assert Unit.objects.get(id=north).closed_on == today()
    assert Unit.objects.get(id=below).parent_id == Unit.objects.get(id=north).parent_id == south
    assert tree_is_whole()
    assert history(north)[0] == ("merged", "单位south")
    assert history(south)[0] == ("took-over", "单位north")
    seat = queries.seat_of(officer)
    assert seat is not None
    assert seat.unit_id == south
    assert [one.id for one in seat.duties] == ["decide"]
    entry = Entry.objects.get(action="organisation.reorganise")
    assert entry.details["moved"] == {"unit": 1, "post": 1}
    told = Event.objects.get(type="reorganisation.done.v1")
    assert told.data == {"what": "merge", "units": [str(north)], "to": str(south), "moved": {"unit": 1, "post": 1}}
    assert Event.objects.filter(type="post.moved.v1").count() == 1


def test_who_takes_over_reaches_the_past_where_it_was_done_and_nobody_else_does(town: Any) -> None:
    north, south, gov = (town.units[name] for name in ("north", "south", "gov"))
    heir, stranger = town.officer("south", "decide"), town.officer("gov", "decide")
    assert not queries.unit_scope(heir, "trial.decide").covers(north)
    done = reorganise(US, Abolish(north, south), *WHY)
    assert queries.unit_scope(heir, "trial.decide").covers(north)
    assert Unit.objects.filter(queries.in_scope(heir, "trial.decide", "id")).count() == 2
    assert not queries.unit_scope(stranger, "trial.decide").covers(north)
    assert heir.capacity_id in queries.posts_reaching("trial.decide", north)
    later = reorganise(US, Merge((south,), gov), *WHY)
    assert queries.unit_scope(stranger, "trial.decide").unit_ids == {north, south, gov}
    assert queries.system_heir(north) == gov
    undo_reorganisation(US, later, "文件撤销")
    undo_reorganisation(US, done, "文件撤销")
    assert queries.unit_scope(heir, "trial.decide").unit_ids == {south}
    assert not Succession.objects.exists()
    assert tree_is_whole()


@pytest.mark.parametrize("action", ["trial.decide", "trial.read"])
def test_who_is_to_hear_of_a_unit_is_exactly_who_may_act_on_it(town: Any, action: str) -> None:
    kinds = [("decide",), ("oversee",), ("tend",), ("pay", "decide")]
    actors = [town.officer(unit, *duties) for unit in ("gov", "north", "north-a", "south") for duties in kinds]
    reorganise(US, Abolish(town.units["north-a"], town.units["south"]), *WHY)
    reorganise(US, Merge((town.units["north"],), town.units["gov"]), *WHY)
    for unit in town.units.values():
        may = [actor.capacity_id for actor in actors if queries.unit_scope(actor, action).covers(unit)]
        assert may
        assert sorted(queries.posts_reaching(action, unit)) == sorted(may)


def test_a_split_gives_what_was_named_and_the_past_of_the_duties_that_went(town: Any) -> None:
    north = town.units["north"]
    deciding, paying = town.officer("north", "decide"), town.officer("north", "pay")
    plan = Split(north, new_unit(), frozenset({deciding.capacity_id}), frozenset({town.units["north-a"]}))
    done = reorganise(US, plan, *WHY, queries.preview_reorganisation(US, plan).fingerprint)
    east = Unit.objects.get(code="east")
    assert queries.actor_unit(deciding) == Unit.objects.get(code="north-a").parent_id == east.id
    assert queries.actor_unit(paying) == north
    assert queries.unit_scope(deciding, "trial.decide").unit_ids == {north, east.id}
    assert history(north)[0] == ("split", "单位east")
    assert history(east.id)[0] == ("split-from", "单位north")
    undo_reorganisation(US, done, "文件撤销")
    east.refresh_from_db()
    assert queries.actor_unit(deciding) == Unit.objects.get(code="north-a").parent_id == north
    assert east.closed_on == today()
    assert tree_is_whole()


def test_a_new_unit_that_got_something_of_its_own_stays_when_the_split_is_undone(town: Any) -> None:
    post = town.post("north", "decide")
    done = reorganise(US, Split(town.units["north"], new_unit(), frozenset({post})), *WHY)
    open_post(US, NewPost("east-1", "east", "新岗位", frozenset()))
    undo_reorganisation(US, done, "文件撤销")
    assert Unit.objects.get(code="east").closed_on is None


def test_undoing_returns_what_stands_as_it_went_and_says_what_does_not(town: Any) -> None:
    north, south = town.units["north"], town.units["south"]
    kept, gone = town.post("north", "decide"), town.post("north", "pay")
    done = reorganise(US, Merge((north,), south), *WHY)
    move_unit(US, town.units["north-a"], town.units["gov"])
    close_post(US, gone)
    seen = queries.preview_undoing(US, done)
    assert {line.kind: (line.number, line.stays.number if line.stays else 0) for line in seen.lines} == {
        "post": (1, 1), "unit": (0, 1),
    }  # fmt: skip
    undo_reorganisation(US, done, "文件撤销", "", seen.fingerprint)
    assert set(Post.objects.filter(unit_id=north).values_list("id", flat=True)) == {kept}
    assert Unit.objects.get(id=town.units["north-a"]).parent_id == town.units["gov"]
    assert Unit.objects.get(id=north).closed_on is None
    assert history(north)[0] == ("undone", "单位south")
    with pytest.raises(ReorganisationStopped) as again:
        undo_reorganisation(US, done, "再来一次")
    assert codes(again) == ["undone-already"]
    undoing = queries.reorganisation_page(US, done).undone_by
    assert undoing is not None
    with pytest.raises(ReorganisationStopped) as backwards:
        undo_reorganisation(US, undoing, "再来一次")
    assert codes(backwards) == ["is-undoing"]
    assert Event.objects.get(type="reorganisation.undone.v1").data["stayed"] == {"unit": 1, "post": 1}


def test_every_reason_against_undoing_is_said(town: Any) -> None:
    north, south, gov = (town.units[name] for name in ("north", "south", "gov"))
    first = reorganise(US, Merge((town.units["north-a"],), south), *WHY)
    reorganise(US, Merge((north, south), gov), *WHY)
    with pytest.raises(ReorganisationStopped) as refused:
        undo_reorganisation(US, first, "文件撤销")
    assert codes(refused) == ["to-closed", "parent-closed"]


def test_a_plan_that_makes_no_sense_is_refused_with_everything_that_is_wrong(town: Any) -> None:
    north, south = town.units["north"], town.units["south"]
    close_unit(US, south)
    with pytest.raises(Invalid) as merged:
        reorganise(US, Merge((north, south), north), " ", "")
    assert codes(merged) == ["unit-closed", "same-unit", "required", "required"]
    with pytest.raises(Invalid) as split:
        reorganise(US, Split(north, NewUnit("gov", "", "", "1", "city", "460100", "gov")), *WHY)
    assert [one.pointer for one in split.value.faults] == ["posts", "title", "credit_code", "code"]
    with pytest.raises(Invalid) as others:
        reorganise(US, Split(north, new_unit(), frozenset({town.post("gov")})), *WHY)
    assert codes(others) == ["not-there"]
    with pytest.raises(ReorganisationStopped) as below:
        reorganise(US, Abolish(north, town.units["north-a"]), *WHY)
    assert codes(below) == ["below-source"]


def test_who_looked_before_posts_or_units_changed_is_told_so(town: Any) -> None:
    north, south = town.units["north"], town.units["south"]
    post = town.post("north", "decide")
    changes = (
        lambda: rename_unit(US, south, "新名称", ""),
        lambda: change_duties(US, post, {"pay"}),
        lambda: town.post("north"),
        lambda: town.unit("north-b", "north"),
    )
    for change in changes:
        seen = queries.preview_reorganisation(US, Merge((north,), south)).fingerprint
        assert queries.preview_reorganisation(US, Merge((north,), south)).fingerprint == seen
        change()
        with pytest.raises(OrganisationChanged):
            reorganise(US, Merge((north,), south), *WHY, seen)
    assert not UnitMove.objects.exists()


def test_the_system_administrator_reorganises_and_never_where_he_works_himself(reorganising: Any) -> None:
    town = reorganising
    north, south = town.units["north"], town.units["south"]
    administrator = town.officer("gov", "system")
    for other in (town.officer("gov", "security"), town.officer("north", "decide"), town.resident()):
        with pytest.raises(NotAllowed):
            reorganise(other, Merge((north,), south), *WHY)
        with pytest.raises(NotAllowed):
            queries.preview_reorganisation(other, Merge((north,), south))
    assert queries.preview_reorganisation(administrator, Merge((north,), town.units["gov"])).stops == ()
    own = town.post("south", "decide")
    assign_post(US, administrator.account_id, own, today())
    with pytest.raises(ReorganisationStopped) as refused:
        reorganise(administrator, Merge((north,), south), *WHY)
    assert codes(refused) == ["own-post"]
    split = Split(north, new_unit(), frozenset({town.post("north", "pay")}))
    undo_reorganisation(administrator, reorganise(administrator, split, *WHY), "文件撤销")


def test_a_closed_unit_and_a_closed_post_are_opened_again(town: Any) -> None:
    south = town.units["south"]
    post = town.post("south", "decide")
    with pytest.raises(UnitStands) as is_open:
        reopen_unit(US, south)
    close_unit(US, south)
    with pytest.raises(UnitStands) as below:
        reopen_post(US, post)
    reopen_unit(US, south)
    assert Post.objects.get(id=post).closed_on is None
    assert [what for what, _ in history(south)] == ["reopened", "closed", "opened"]
    close_post(US, post)
    reopen_post(US, post)
    with pytest.raises(UnitStands):
        reopen_post(US, post)
    reorganise(US, Abolish(south, town.units["north"]), *WHY)
    with pytest.raises(UnitStands) as reorganised:
        reopen_unit(US, south)
    assert codes(is_open) == ["not-closed"]
    assert codes(below) == ["unit-closed"]
    assert codes(reorganised) == ["reorganised"]


def listed(code: str, parent: str, title: str = "") -> NewUnit:
    return NewUnit(code, title or f"单位{code}", "", CREDIT_CODE, "city", "460100", parent)


def test_a_list_of_units_and_posts_does_not_undo_a_reorganisation_and_says_what_it_left(town: Any) -> None:
    north, south = town.units["north"], town.units["south"]
    system_load_posts(US, [NewPost("p", "north", "岗", frozenset({"decide"}))])
    units = [listed("gov", ""), listed("north", "gov"), listed("north-a", "north", "新名称"), listed("south", "gov")]
    done = reorganise(US, Merge((north,), south), *WHY)
    assert system_load_units(US, units) == 0
    system_load_posts(US, [NewPost("p", "north", "新岗", frozenset({"pay"}))])
    assert Unit.objects.get(id=north).closed_on == today()
    assert Unit.objects.get(id=north).parent_id == south
    below, post = Unit.objects.get(code="north-a"), Post.objects.get(code="p")
    assert (below.parent_id, below.title) == (south, "新名称")
    assert (post.unit_id, post.title) == (south, "新岗")
    assert tree_is_whole()
    said = [
        Entry.objects.get(action="unit.load").details,
        Entry.objects.filter(action="post.load").latest("id").details,
    ]
    assert [one["left_alone"] for one in said] == [["north", "north-a"], ["p"]]
    undo_reorganisation(US, done, "文件撤销")
    system_load_units(US, units)
    assert "left_alone" not in Entry.objects.filter(action="unit.load").latest("id").details


def test_a_list_that_gives_a_closed_unit_something_new_is_refused(town: Any) -> None:
    reorganise(US, Merge((town.units["north"],), town.units["south"]), *WHY)
    with pytest.raises(Invalid) as below:
        system_load_units(US, [listed("gov", ""), listed("new", "north")])
    assert [(one.pointer, one.code) for one in below.value.faults] == [("1/parent", "unit-closed")]
    with pytest.raises(Invalid) as inside:
        system_load_posts(US, [NewPost("new", "north", "岗", frozenset())])
    assert [(one.pointer, one.code) for one in inside.value.faults] == [("0/unit", "unit-closed")]


def test_a_connected_system_goes_with_its_unit_and_comes_back(town: Any) -> None:
    one = Client.objects.create(
        title="信访系统", unit_id=town.units["north"], people="officers", asks_consent=False, salt=b"salt", scopes=["openid"],
        redirect_addresses=["https://letters.example/back"],
    )  # fmt: skip
    done = reorganise(US, Merge((town.units["north"],), town.units["south"]), *WHY)
    one.refresh_from_db()
    assert one.unit_id == town.units["south"]
    undo_reorganisation(US, done, "文件撤销")
    one.refresh_from_db()
    assert one.unit_id == town.units["north"]


# ── Nothing that names a unit is forgotten ──────────────────────────────────────────────────────────────────────────────

MOVES = {
    "unit": "identity.Unit.parent",
    "post": "identity.Post.unit",
    "area": "places.AreaDuty.unit",
    "discrepancy": "records.Discrepancy.unit",
    "article": "content.Article.unit",
    "client": "identity.Client.unit",
    "keeper": "identity.Keeper.unit",
    "kept-account": "identity.KeptAccount.unit",
    "receiver": "identity.Receiver.unit",
    "case": "cases.Case.unit",
    "task": "cases.TaskUnit.unit",
}
STAYS = {
    "with the post, whose id does not change": {
        "identity.Session.post", "identity.PostDuty.post", "identity.Assignment.post", "messaging.Message.to_post",
        "cases.Task.deputy", "identity.SignOn.post", "identity.KeptPost.post", "identity.ReviewLine.post",
        "identity.DutyRequest.post",
    },
    "it is the history or the closure of the tree itself": {
        "identity.Reorganisation.to", "identity.UnitMove.source", "identity.UnitMove.to",
        "identity.Succession.predecessor", "identity.Succession.successor", "identity.UnitChange.unit",
        "identity.UnitChange.other", "identity.UnitChange.parent_was", "identity.UnitChange.parent",
        "identity.UnitPath.ancestor", "identity.UnitPath.descendant",
    },
    "it says who did it then; who took over reaches it by succession": {
        "records.DiscrepancyReport.unit", "records.DiscrepancyReport.post", "records.DiscrepancyEntry.unit",
        "records.DiscrepancyEntry.post", "documents.Certificate.unit", "documents.StatusEntry.post",
        "cases.Case.entered_in", "cases.Application.entered_in", "cases.Reception.post", "cases.Reception.unit",
        "identity.ConsentRequest.asked_in", "identity.EmergencyAccess.asked_in", "identity.Review.opened_in",
        "identity.ReviewLine.answered_in",
        "cases.Task.done_in_post", "cases.CourseEntry.unit", "cases.CourseEntry.post",
    },
    "how many places a unit has is decided for it, by a document of its own: they do not add up by themselves": {
        "identity.Headcount.unit",
    },
    "administrators agreed to it for this unit; a reorganisation widens nobody's reach": {
        "identity.KeeperUnit.unit", "identity.ReceiverUnit.unit",
    },
    "it says whose rights were to be reviewed; the lines are of posts, which go along": {"identity.Review.unit"},
    "it says which unit lent somebody then": {"identity.Assignment.from_unit"},
    "it says who answered when the watch fired; who took over explains it by succession": {
        "supervision.Alert.unit", "supervision.Alert.post", "supervision.AlertWord.post",
    },
}  # fmt: skip


def test_every_key_to_a_unit_or_a_post_goes_with_it_or_is_history_for_a_reason() -> None:
    keys = {
        f"{model._meta.app_label}.{model.__name__}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model in (Unit, Post)
    }
    assert {one.kind for one in registry.kept()} == set(MOVES)
    assert keys == set(MOVES.values()).union(*STAYS.values())


# ── Two at once ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def at_once(*acts: Any) -> list[Any]:
    barrier, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(n: int) -> None:
        from django.db import connection

        connection.ensure_connection()
        barrier.wait(timeout=30)
        try:
            results[n] = acts[n]()
        except Fault as fault:
            results[n] = fault
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert not any(one.is_alive() for one in threads)
    return results


def test_of_two_reorganisations_of_one_unit_at_once_one_is_done(own_town: Any) -> None:
    for code in ("a", "b", "c"):
        own_town.unit(code, "gov")
    a, b, c = (own_town.units[one] for one in ("a", "b", "c"))
    results = at_once(lambda: reorganise(US, Merge((a,), b), *WHY), lambda: reorganise(US, Merge((a,), c), *WHY))
    assert sum(isinstance(one, Invalid) for one in results) == 1, results
    assert tree_is_whole()
    [done] = [one for one in results if isinstance(one, UUID)]
    twice = at_once(*[lambda: undo_reorganisation(US, done, "文件撤销")] * 2)
    assert sum(isinstance(one, ReorganisationStopped) for one in twice) == 1, twice


def test_a_post_that_is_assigned_meanwhile_goes_with_its_new_holder(own_town: Any) -> None:
    own_town.unit("a", "gov")
    post, account = own_town.post("a", "decide"), own_town.account()
    at_once(
        lambda: reorganise(US, Merge((own_town.units["a"],), own_town.units["gov"]), *WHY),
        lambda: assign_post(US, account.id, post, today()),
    )
    seat = queries.seat_of(queries.actor_for_post(account, post))
    assert seat is not None
    assert seat.unit_id == own_town.units["gov"]
