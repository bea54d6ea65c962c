"""The packs of the demonstration city, loaded whole: enough of everything, all of it invented, and the log-ins work."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from django.db import connections

from yiwang.acts.values import system
from yiwang.identity.models import Account, Assignment, Post, Unit
from yiwang.identity.models.reviews import Review
from yiwang.identity.queries import (
    actor_for_post,
    actor_for_self,
    posts_of,
    posts_with_duty,
    system_accounts_in_posts,
    unit_tree,
)
from yiwang.identity.services import sign_in
from yiwang.kernel.identifiers import CreditCode
from yiwang.kernel.time import today
from yiwang.packs.services import apply, demo_logins, load_samples
from yiwang.places.models import Area, Division
from yiwang.places.queries import search_places, units_answering
from yiwang.records.models import Relation
from yiwang.records.queries import facts, system_facts
from yiwang.subjects.models import Subject
from yiwang.subjects.queries import system_find_subject


@pytest.fixture
def haikou(city: Any) -> None:
    """All packs applied and their samples loaded."""
    settings = connections["default"].settings_dict
    connections["default"].close()
    settings["USER"] = "yiwang_owner"
    apply(system("tests"))
    connections["default"].close()
    settings["USER"] = "yiwang_app"
    load_samples()


def test_the_demonstration_city_is_loaded_whole_and_all_of_it_is_invented(haikou: None) -> None:
    again = load_samples()
    assert (again.files, again.rows) == (0, 0)
    assert Counter(Division.objects.values_list("level", flat=True)) == {
        "province": 1,
        "city": 1,
        "county": 4,
        "township": 46,
        "village": 467,
    }
    assert (Unit.objects.count(), Post.objects.count(), Area.objects.count()) == (85, 94, 68)
    people, businesses = (Subject.objects.filter(kind=kind).count() for kind in ("person", "organisation"))
    assert 1_000 <= people <= 1_008
    assert 145 <= businesses <= 152
    assert (Account.objects.count(), Assignment.objects.count()) == (30, 30)
    for model in (Unit, Post, Area, Account, Assignment, Subject, Review):
        assert set(model.objects.values_list("origin", flat=True)) == {"invented"}
    codes = [CreditCode.parse(code) for code in Unit.objects.values_list("credit_code", flat=True)]
    assert {code.division for code in codes} == {"460199"}
    assert len(set(codes)) == 84
    depths = Counter(node.depth for node in unit_tree(system("tests")))
    assert depths == {0: 1, 1: 27, 2: 56, 3: 1}

    # every street office answers for its own communities, with a post that has the duty
    duty = "confirm-address"
    assert duty in {one for post in posts_of(Account.objects.get(login="wu.qing").id) for one in post.duties}
    for street in Division.objects.filter(level="township"):
        [unit] = units_answering(street.code, duty)
        assert Unit.objects.get(id=unit).division_code == street.code
        assert len(posts_with_duty(duty, [unit])) == 1
    [place] = search_places("东方洋社区")
    [unit] = units_answering(place.code, duty)
    [post] = posts_with_duty(duty, [unit])
    assert system_accounts_in_posts([post]) == {post: [Account.objects.get(login="wu.qing").id]}

    # the log-ins that are printed work, and an officer is a resident, too
    for login in demo_logins():
        account = sign_in(login["login"], login["password"], address="192.0.2.1")
        assert actor_for_self(account).origin == "invented"
    wu = Account.objects.get(login="wu.qing")
    assert actor_for_post(wu, posts_of(wu.id)[0].id).subject_id == wu.subject_id
    assert wu.subject_id is not None
    known = {fact.element: fact.value for fact in facts(actor_for_self(wu), wu.subject_id, purpose="own-data")}
    assert known["person.name"] == "吴清"
    assert known["person.citizen-id"] == "460199199305209045"

    # families stand in households; who is whose comes from different agencies
    words = Counter(Relation.objects.values_list("relation", flat=True))
    named = 30 + 1  # in people.yaml, and the newborn child
    assert words["household-member"] == people - named + 1  # and the mother whose household the police know
    assert 300 <= Subject.objects.filter(kind="household").count() <= 500
    assert words["spouse"] > 150
    assert words["mother"] > words["father"] > 150
    assert set(Relation.objects.values_list("origin", flat=True)) == {"invented"}

    # a resident runs a small business, and what the city knows of both comes from different agencies
    chen = Account.objects.get(login="chen.dawen")
    assert chen.subject_id is not None
    business = system_find_subject("credit-code", "91460199900000014D")
    assert business is not None
    us = system("tests")
    of_him = {fact.element: fact for fact in system_facts(us, chen.subject_id, purpose="case-handling")}
    of_it = {fact.element: fact for fact in system_facts(us, business, purpose="case-handling")}
    assert of_it["enterprise.representative-id"].value == of_him["person.citizen-id"].value
    assert of_him["health-certificate.valid-until"].value > today()
    assert len({fact.unit_title for fact in [*of_him.values(), *of_it.values()]}) == 4
