"""Other systems keep officers here by SCIM 2.0: what they may do, what they may not, and what each attempt leaves in the audit log."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from support.demo import RESIDENT, Demo
from support.keeping import (
    ENTERPRISE,
    GROUP,
    OFFICER,
    USER,
    Keeping,
    administrator,
    connected,
    officer,
    patch,
    people_without_accounts,
)

from yiwang.audit.models import Entry
from yiwang.identity.models import Account, Assignment, Post, Unit
from yiwang.identity.models.keepers import KeeperToken, KeptAccount
from yiwang.identity.queries import keeper_of_account, keeper_of_post
from yiwang.identity.registry import principals
from yiwang.identity.services import (
    assign_post,
    close_account,
    close_keeper,
    connect_keeper,
    end_assignment,
    give_keeper_token,
    mark_leading,
    open_post,
    revoke_keeper_token,
    set_headcount,
)
from yiwang.identity.values import AssignmentKind, Establishment, NewPost, Terms
from yiwang.identity.values.keepers import KeeperOverlap, KeptElsewhere, LeadingPosts, NewKeeper, Side
from yiwang.kernel.errors import NotAllowed
from yiwang.kernel.time import machine_now, today
from yiwang.subjects.models import Identifier

OTHER = "hk-civil"


@pytest.fixture
def street(demo: Demo) -> str:
    """A unit with units below it."""
    return str(Assignment.objects.filter(account__login="wu.qing").values_list("post__unit__code", flat=True)[0])


@pytest.fixture
def hr(street: str) -> Keeping:
    return connected(Side.ACCOUNTS, street)


@pytest.fixture
def personnel(street: str) -> Keeping:
    return connected(Side.HOLDERS, street)


def opened(hr: Keeping, unit: str, login: str = "new.officer", **more: Any) -> UUID:
    """A new officer, whom the system of accounts opens."""
    number, name = next(people_without_accounts())
    answer = hr.ask("POST", "Users", officer(login, number, name, unit, **more))
    assert answer.status_code == 201, answer.content.decode()
    return UUID(answer.json()["id"])


def new_post(unit: str, *duties: str) -> UUID:
    return open_post(
        administrator("sys.admin"), NewPost(f"{unit}-{uuid4().hex[:6]}", unit, "新设岗位", frozenset(duties))
    )


def refusals(action: str) -> list[dict[str, Any]]:
    return [one.details for one in Entry.objects.filter(action=action, outcome="refused").order_by("id")]


def detail(answer: Any, status: int, type: str = "") -> str:
    assert answer.status_code == status, (answer.status_code, answer.content.decode())
    said = answer.json()
    assert said["schemas"] == ["urn:ietf:params:scim:api:messages:2.0:Error"]
    assert said.get("scimType", "") == type
    return str(said["detail"])


# ── What it is for ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_officer_comes_gets_a_post_and_leaves(hr: Keeping, personnel: Keeping, street: str) -> None:
    id = opened(hr, street, externalId="e-1", active=True)
    account = Account.objects.get(id=id)
    assert not account.has_usable_password(), (
        "nobody signs in before the system administrator has given a start password"
    )
    post = new_post(street)
    added = {"op": "add", "path": "members", "value": [{"value": str(id)}]}
    assert personnel.ask("PATCH", f"Groups/{post}", patch(added)).status_code == 204
    [seat] = Assignment.objects.filter(account_id=id)
    assert (seat.post_id, seat.kind, seat.valid_from, seat.valid_to) == (post, "regular", today(), None)
    assert personnel.ask("PATCH", f"Groups/{post}", patch(added)).status_code == 204, "adding once more changes nothing"
    assert Assignment.objects.filter(account_id=id).count() == 1
    shown = hr.ask("GET", f"Users/{id}").json()
    assert [one["value"] for one in shown["groups"]] == [str(post)]
    gone = patch({"op": "replace", "path": "active", "value": False})
    assert hr.ask("PATCH", f"Users/{id}", gone).status_code == 204
    seat.refresh_from_db()
    account.refresh_from_db()
    assert (seat.valid_to, account.is_active) == (today(), False)
    assert hr.ask("GET", f"Users/{id}").json()["active"] is False
    back = patch({"op": "replace", "value": {"active": True}})
    assert hr.ask("PATCH", f"Users/{id}", back).status_code == 204
    account.refresh_from_db()
    assert account.is_active
    assert not Assignment.objects.filter(account_id=id, valid_to=None).exists(), "posts do not come back by themselves"
    assert hr.ask("DELETE", f"Users/{id}").status_code == 204
    assert hr.ask("GET", f"Users/{id}").status_code == 404
    account.refresh_from_db()
    assert not account.is_active, "nothing is deleted: the account is closed"
    acts = Entry.objects.filter(capacity="application", outcome="done").values_list("action", flat=True)
    assert {"account.open", "account.close", "account.reopen", "assignment.assign", "keeper.seat"} <= set(acts)


def test_a_resident_s_account_becomes_the_officer_s_and_stays_his(hr: Keeping, street: str) -> None:
    account = Account.objects.get(login=RESIDENT)
    number = Identifier.objects.get(subject_id=account.subject_id, scheme="citizen-id").value
    name = principals().called([account.subject_id])[account.subject_id]
    made = hr.ask("POST", "Users", officer("another.name", number, name, street))
    assert (made.status_code, made.json()["userName"]) == (201, RESIDENT)
    assert hr.ask("DELETE", f"Users/{account.id}").status_code == 204
    account.refresh_from_db()
    assert account.is_active, "he goes on as a resident"


def test_a_whole_officer_is_put(hr: Keeping, street: str) -> None:
    number, name = next(people_without_accounts())
    given = officer("put.officer", number, name, street, active=True)
    id = hr.ask("POST", "Users", given).json()["id"]
    changed = {**given, "externalId": "x", ENTERPRISE: {"department": street, "employeeNumber": "9"}}
    answer = hr.ask("PUT", f"Users/{id}", changed)
    assert (answer.status_code, answer.json()["externalId"]) == (200, "x")
    kept = KeptAccount.objects.get(account_id=id)
    assert (kept.employee_number, kept.external_id) == ("9", "x")
    renamed = hr.ask("PUT", f"Users/{id}", {**changed, "userName": "else"})
    assert detail(renamed, 400, "mutability")


def test_pages_and_filters(hr: Keeping, street: str) -> None:
    made = [opened(hr, street, f"paged.{n}", externalId=f"e-{n}") for n in range(3)]
    first = hr.ask("GET", 'Users?filter=userName sw "paged."&count=2').json()
    assert (first["totalResults"], first["itemsPerPage"], first["startIndex"]) == (3, 2, 1)
    last = hr.ask("GET", 'Users?filter=userName sw "paged."&count=2&startIndex=3').json()
    assert [one["id"] for one in [*first["Resources"], *last["Resources"]]] == [str(id) for id in made]

    def found(filter: str) -> set[str]:
        answer = hr.ask("GET", f"Users?filter={filter}")
        assert answer.status_code == 200, answer.content.decode()
        return {one["userName"] for one in answer.json().get("Resources", [])} & {f"paged.{n}" for n in range(3)}

    assert found('externalId eq "e-1"') == {"paged.1"}
    assert found('userName eq "PAGED.1" and active eq true') == {"paged.1"}
    assert found('not (externalId eq "e-1") and externalId pr') == {"paged.0", "paged.2"}
    assert found('externalId eq "e-0" or externalId eq "e-2"') == {"paged.0", "paged.2"}
    assert found(f'{ENTERPRISE}:department eq "{street}"') == {f"paged.{n}" for n in range(3)}
    assert found('externalId eq "E-1"') == set(), "what a system calls something is compared letter by letter"
    assert detail(hr.ask("GET", 'Users?filter=meta.created gt "2020-01-01T00:00:00Z"'), 400, "invalidFilter")


def test_who_comes_late_is_told(hr: Keeping, personnel: Keeping, street: str) -> None:
    id = opened(hr, street)
    tag = hr.ask("GET", f"Users/{id}").headers["ETag"]
    numbered = patch({"op": "replace", "path": f"{ENTERPRISE}:employeeNumber", "value": "1"})
    assert hr.ask("PATCH", f"Users/{id}", numbered, if_match=tag).status_code == 204
    assert detail(hr.ask("PATCH", f"Users/{id}", numbered, if_match=tag), 412)
    assert hr.ask("GET", f"Users/{id}", if_none_match=hr.ask("GET", f"Users/{id}").headers["ETag"]).status_code == 304


def test_headcount_holds_for_systems_too(hr: Keeping, street: str) -> None:
    civil = connected(Side.HOLDERS, street, establishment=Establishment.ADMINISTRATIVE)
    unit = Unit.objects.get(code=street)
    set_headcount(administrator("sys.admin"), unit.id, Establishment.ADMINISTRATIVE, 1, "海编〔2026〕1号")
    post = new_post(street)
    one, two = opened(hr, street, "first.one"), opened(hr, street, "second.one")
    both = patch({"op": "add", "path": "members", "value": [{"value": str(one)}, {"value": str(two)}]})
    assert detail(civil.ask("PATCH", f"Groups/{post}", both), 409)
    assert not Assignment.objects.filter(post_id=post).exists(), "all or nothing"


# ── One source ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_system_keeps_is_not_assigned_by_hand_but_can_be_taken_away(
    hr: Keeping, personnel: Keeping, street: str
) -> None:
    security = administrator("sec.admin")
    id, post = opened(hr, street), new_post(street)
    assert keeper_of_post(security, post)
    assert keeper_of_account(security, id)
    with pytest.raises(KeptElsewhere):
        assign_post(security, id, post, today())
    whole = {"schemas": [GROUP], "members": [{"value": str(id)}]}
    assert personnel.ask("PUT", f"Groups/{post}", whole).status_code == 200
    [seat] = Assignment.objects.filter(post_id=post)
    deputy = Account.objects.get(login="fu.hai")
    day = today() + timedelta(days=3)
    terms = Terms(AssignmentKind.DEPUTY, instead_of=seat.id)
    assign_post(security, deputy.id, post, today(), day, terms)  # who stands in is said here, by hand
    shown = personnel.ask("GET", f"Groups/{post}").json()
    assert [one["value"] for one in shown["members"]] == [str(id)], "a deputy is no holder"
    end_assignment(security, seat.id)
    against = Entry.objects.filter(action="assignment.end", outcome="done").latest("id").details["against"]
    assert against == str(personnel.id)
    close_account(administrator("sys.admin"), id)
    close_keeper(security, personnel.id)
    assign_post(security, Account.objects.get(login="wu.qing").id, post, today())


def test_leading_posts_have_another_source(street: str, hr: Keeping) -> None:
    leaders = connected(Side.HOLDERS, street, posts=LeadingPosts.LEADING, title="组织部")
    rest = connected(Side.HOLDERS, street, posts=LeadingPosts.OTHERS, title="街道人事")
    post, id = new_post(street), opened(hr, street)
    added = patch({"op": "add", "path": "members", "value": [{"value": str(id)}]})
    assert leaders.ask("PATCH", f"Groups/{post}", added).status_code == 404
    mark_leading(administrator("sys.admin"), post, True)
    assert keeper_of_post(administrator("sec.admin"), post) == "组织部"
    assert rest.ask("PATCH", f"Groups/{post}", added).status_code == 404
    assert leaders.ask("PATCH", f"Groups/{post}", added).status_code == 204


def test_no_fact_has_two_sources(street: str, personnel: Keeping) -> None:
    below = Unit.objects.filter(parent__code=street).values_list("code", flat=True)[0]
    above = Unit.objects.values_list("parent__code", flat=True).get(code=street)
    for code in (street, below, above):
        with pytest.raises(KeeperOverlap):
            connect_keeper(administrator("sec.admin"), NewKeeper(f"二 {code}", code, Side.HOLDERS, [code]))
    connect_keeper(administrator("sec.admin"), NewKeeper("别处", OTHER, Side.HOLDERS, [OTHER]))


# ── The law of the three administrators ─────────────────────────────────────────────────────────────────────────────────


def test_a_system_is_given_one_side_by_its_administrator(street: str, hr: Keeping, personnel: Keeping) -> None:
    with pytest.raises(NotAllowed):
        connect_keeper(administrator("sys.admin"), NewKeeper("配岗", street, Side.HOLDERS, [street]))
    with pytest.raises(NotAllowed):
        give_keeper_token(administrator("sys.admin"), personnel.id, 1)
    with pytest.raises(NotAllowed):
        give_keeper_token(administrator("sec.admin"), hr.id, 1)
    id, post = opened(hr, street), new_post(street)
    added = patch({"op": "add", "path": "members", "value": [{"value": str(id)}]})
    assert detail(hr.ask("PATCH", f"Groups/{post}", added), 403)
    number, name = list(zip(range(2), people_without_accounts(), strict=False))[1][1]
    assert detail(personnel.ask("POST", "Users", officer("x.y", number, name, street)), 403)
    assert detail(personnel.ask("DELETE", f"Users/{id}"), 403)
    assert refusals("keeper.seat")
    assert refusals("keeper.open-account")
    assert refusals("keeper.let-account-go")


def test_no_system_touches_administrators(street: str) -> None:
    root = Unit.objects.get(parent=None, code="hk-gov").code
    hr, personnel = connected(Side.ACCOUNTS, root), connected(Side.HOLDERS, root)
    security = Account.objects.get(login="sec.admin")
    seat = Assignment.objects.select_related("post").get(account=security)
    if hr.ask("GET", f"Users/{security.id}").status_code == 200:
        taken = patch({"op": "replace", "value": {f"{ENTERPRISE}:department": root, "active": False}})
        assert detail(hr.ask("PATCH", f"Users/{security.id}", taken), 403)
        assert detail(hr.ask("DELETE", f"Users/{security.id}"), 403)
    assert personnel.ask("GET", f"Groups/{seat.post_id}").status_code == 404
    emptied = patch({"op": "remove", "path": "members"})
    assert personnel.ask("PATCH", f"Groups/{seat.post_id}", emptied).status_code == 404
    number = Identifier.objects.get(subject_id=security.subject_id, scheme="citizen-id").value
    name = principals().called([security.subject_id]).get(security.subject_id, "")
    assert hr.ask("POST", "Users", officer("x.y", number, name, root)).status_code in (400, 403)
    security.refresh_from_db()
    assert security.is_active


def test_who_was_told_the_token_is_not_seated_by_it(street: str) -> None:
    root = Unit.objects.get(parent=None, code="hk-gov").code
    personnel = connected(Side.HOLDERS, root)
    administrator_himself = Account.objects.get(login="sec.admin")
    added = patch({"op": "add", "path": "members", "value": [{"value": str(administrator_himself.id)}]})
    answer = personnel.ask("PATCH", f"Groups/{new_post(root)}", added)
    assert answer.status_code in (400, 403), answer.content
    assert Assignment.objects.filter(account=administrator_himself).count() == 1


def test_outside_its_units_a_system_sees_and_does_nothing(street: str, hr: Keeping, personnel: Keeping) -> None:
    number, name = next(people_without_accounts())
    assert detail(hr.ask("POST", "Users", officer("x.y", number, name, OTHER)), 403)
    elsewhere = new_post(OTHER)
    assert personnel.ask("GET", f"Groups/{elsewhere}").status_code == 404
    id = opened(hr, street)
    added = patch({"op": "add", "path": "members", "value": [{"value": str(id)}]})
    assert personnel.ask("PATCH", f"Groups/{elsewhere}", added).status_code == 404
    moved = patch({"op": "replace", "path": f"{ENTERPRISE}:department", "value": OTHER})
    assert detail(hr.ask("PATCH", f"Users/{id}", moved), 403)
    foreign = connected(Side.ACCOUNTS, OTHER)
    assert foreign.ask("GET", f"Users/{id}").status_code == 404
    assert foreign.ask("DELETE", f"Users/{id}").status_code == 404
    stranger = Account.objects.get(login=RESIDENT)
    unseen = patch({"op": "add", "path": "members", "value": [{"value": str(stranger.id)}]})
    assert str(stranger.id) in detail(personnel.ask("PATCH", f"Groups/{new_post(street)}", unseen), 400, "invalidValue")


# ── Tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_serves_for_its_time_until_it_is_taken_back(street: str, hr: Keeping) -> None:
    security = administrator("sys.admin")
    for token in ("", "nobody-was-given-this", "Bearer", "�"):
        answer = hr.ask("GET", "Users", token=token)
        assert answer.status_code == 401, token
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert hr.ask("GET", "ServiceProviderConfig", token="").status_code == 200
    assert hr.ask("GET", "Schemas", token="").status_code == 401
    row = KeeperToken.objects.get(keeper_id=hr.id)
    assert row.used_at is None or bytes(row.digest) != hr.token.encode()
    KeeperToken.objects.filter(id=row.id).update(lasts_until=machine_now() - timedelta(seconds=1))
    assert hr.ask("GET", "Users").status_code == 401
    assert refusals("keeper.enter")[-1]["token"] == str(row.id)
    next_one = give_keeper_token(security, hr.id, 1)
    assert hr.ask("GET", "Users", token=next_one.token).status_code == 200
    revoke_keeper_token(security, hr.id, next_one.id)
    assert hr.ask("GET", "Users", token=next_one.token).status_code == 401
    last = give_keeper_token(security, hr.id, 1)
    close_keeper(security, hr.id)
    assert hr.ask("GET", "Users", token=last.token).status_code == 401


def test_the_desk_takes_no_token_and_scim_no_session(demo: Demo, hr: Keeping) -> None:
    shown = Client(HTTP_HOST="127.0.0.1").get("/api/v1/officers", headers={"Authorization": f"Bearer {hr.token}"})
    assert shown.status_code == 401
    signed_in = demo.client("sys.admin", post=True)
    assert signed_in.get("/scim/v2/Users").status_code == 401


# ── Hostile input ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "filter",
    [
        "(" * 400 + 'userName eq "a"' + ")" * 400,
        " or ".join(['userName eq "a"'] * 60),
        'userName eq "' + "a" * 5_000 + '"',
        "userName eq",
        'userName eq "a" and',
        'userName eq "\'; DROP TABLE identity_account; --"',
        'password sw "a"',
        f'{OFFICER}:identityNumber sw "46"',
        'userName eq "\\u0000"',
        "userName gt 5",
        "nothing pr",
    ],
)
def test_a_hostile_filter_is_refused_in_words(hr: Keeping, filter: str) -> None:
    answer = hr.ask("POST", "Users/.search", {"schemas": [], "filter": filter})
    if "DROP" in filter:
        assert (answer.status_code, answer.json()["totalResults"]) == (200, 0)
    else:
        assert answer.status_code == 400, answer.content.decode()
        assert answer.json()["scimType"] in (
            "invalidFilter",
            "tooMany",
            "invalidValue",
            "sensitive",
            "invalidPath",
            "invalidSyntax",
        )


def test_what_is_too_much_is_refused_before_it_is_read(hr: Keeping, personnel: Keeping, street: str) -> None:
    id, post = opened(hr, street), new_post(street)
    one = {"op": "replace", "path": "externalId", "value": "x"}
    assert detail(hr.ask("PATCH", f"Users/{id}", patch(*[one] * 10_000)), 413)
    many = {"op": "add", "path": "members", "value": [{"value": str(uuid4())} for _ in range(1_000)]}
    assert detail(personnel.ask("PATCH", f"Groups/{post}", patch(many)), 413)
    hundred = [{"op": "add", "path": "members", "value": [{"value": str(uuid4())}]} for _ in range(100)]
    assert detail(personnel.ask("PATCH", f"Groups/{post}", patch(*hundred)), 400, "invalidValue")
    assert detail(hr.ask("POST", "Users", b"[" * 600_000), 413)
    form = Client(HTTP_HOST="127.0.0.1").post(
        "/scim/v2/Users", {"a": "b"}, headers={"Authorization": f"Bearer {hr.token}"}
    )
    assert detail(form, 415)
    assert detail(hr.ask("POST", "Users", b"[" * 10_000), 400, "invalidSyntax")
    assert detail(hr.ask("POST", "Users", b"\xff{}"), 400, "invalidSyntax")


def test_nobody_writes_what_is_only_read(hr: Keeping, personnel: Keeping, street: str) -> None:
    number, name = next(people_without_accounts())
    post = new_post(street)
    given = officer(
        "mass.assigned",
        number,
        name,
        street,
        id=str(uuid4()),
        meta={"created": "2001-01-01T00:00:00Z", "version": "x", "resourceType": "User"},
        groups=[{"value": str(post)}],
    )
    answer = hr.ask("POST", "Users", given)
    assert answer.status_code == 201, answer.content.decode()
    said = answer.json()
    assert said["id"] != given["id"]
    assert "groups" not in said
    assert not said["meta"]["created"].startswith("2001")
    assert OFFICER not in json.dumps(said), "who he is, is never told"
    assert number not in answer.content.decode()
    id = said["id"]
    seated = patch({"op": "add", "path": "groups", "value": [{"value": str(post)}]})
    assert detail(hr.ask("PATCH", f"Users/{id}", seated), 400, "mutability")
    for more in ({"password": "Sesame-open-26"}, {"roles": [{"value": "system"}]}, {"is_superuser": True}):
        assert hr.ask("POST", "Users", {**given, "userName": "x.z", **more}).status_code == 400
    marked = patch({"op": "replace", "value": {"urn:yiwang:params:scim:schemas:extension:2.0:Post": {"leading": True}}})
    answer = personnel.ask("PATCH", f"Groups/{post}", marked)
    assert answer.status_code in (204, 400)
    assert not Post.objects.get(id=post).leading
    renamed = patch({"op": "replace", "path": "displayName", "value": "书记"})
    assert detail(personnel.ask("PATCH", f"Groups/{post}", renamed), 400, "mutability")


def test_number_and_name_must_belong_together(hr: Keeping, street: str) -> None:
    (number, _name), (_other, name) = [one for one, _n in zip(people_without_accounts(), range(2), strict=False)]
    assert detail(hr.ask("POST", "Users", officer("x.y", number, name, street)), 400, "invalidValue")
    assert not Account.objects.filter(login="x.y").exists()


def test_an_account_does_not_become_another_person_s(hr: Keeping, street: str) -> None:
    (number, name), (other, other_name) = [one for one, _n in zip(people_without_accounts(), range(2), strict=False)]
    id = hr.ask("POST", "Users", officer("x.y", number, name, street)).json()["id"]
    again = {"schemas": [USER, ENTERPRISE, OFFICER], "userName": "x.y", ENTERPRISE: {"department": street}}
    stolen = {**again, OFFICER: {"identityNumber": other, "registeredName": other_name}}
    assert detail(hr.ask("PUT", f"Users/{id}", stolen), 400, "invalidValue")


def test_one_name_for_one_thing(hr: Keeping, personnel: Keeping, street: str) -> None:
    opened(hr, street, "one.officer", externalId="same")
    people = people_without_accounts()
    number, name = next(people)
    twice = officer("two.officer", number, name, street, externalId="same")
    assert detail(hr.ask("POST", "Users", twice), 409, "uniqueness")
    assert not Account.objects.filter(login="two.officer").exists(), (
        "the account that was opened first is undone with it"
    )
    taken = officer("one.officer", number, name, street)
    assert detail(hr.ask("POST", "Users", taken), 409, "uniqueness")
