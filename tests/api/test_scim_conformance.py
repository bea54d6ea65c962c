"""Our SCIM service as a tester from elsewhere sees it, over HTTP: scim2-tester walks what RFC 7643 and 7644 ask."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import httpx2
import pytest
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import PatchOp, PatchOperation, Resource
from scim2_tester import CheckResult, Status, check_server, filling
from support.demo import Demo
from support.keeping import administrator, connected, people_without_accounts, served

from yiwang.identity.models import Assignment
from yiwang.identity.services import open_post
from yiwang.identity.values import NewPost
from yiwang.identity.values.keepers import Side

NOT_BY_PARTS = "the tester compares this extension whole, and it is told in parts or never: the tester's own limit"
DEVIATIONS = {
    ("User", "object_replacement", "属于本人"): "it wants to make an account another person's",
    (
        "User",
        "check_remove_attribute",
        "'active'",
    ): "an officer is in service or is not: what is not said stays as it is",
    ("User", "check_replace_attribute", "extension:2.0:Officer' "): NOT_BY_PARTS,
    ("Group", "object_deletion", "开设和撤销"): "no system deletes a post",
    ("Group", "check_add_attribute", "extension:2.0:Post' "): NOT_BY_PARTS,
    ("Group", "check_remove_attribute", "extension:2.0:Post' "): NOT_BY_PARTS,
    ("Group", "check_replace_attribute", "extension:2.0:Post' "): NOT_BY_PARTS,
}
"""What the tester is told and why: resource, check, words."""


class Handed(SyncSCIMClient):
    """A client that is handed posts by the city, for no system opens one, and puts into them what it wanted there."""

    def __init__(self, http: Any, unit: str) -> None:
        super().__init__(http)
        self.unit, self.numbers = unit, count(1)

    def create(self, resource: Any = None, *args: Any, **more: Any) -> Any:
        """As for every resource but posts."""
        if not isinstance(resource, Resource) or type(resource).__name__.partition("[")[0] != "Group":
            return super().create(resource, *args, **more)
        number = next(self.numbers)
        made = open_post(
            administrator("sys.admin"), NewPost(f"tester-{number}", self.unit, f"试岗{number}", frozenset())
        )
        model = type(resource)
        wanted = [
            PatchOperation(op=PatchOperation.Op.add, path=name, value=value)
            for name, value in (("externalId", resource.external_id), ("members", getattr(resource, "members", None)))
            if value
        ]
        if wanted:
            self.modify(model, str(made), PatchOp[model](operations=wanted))  # type: ignore[valid-type]
        return self.query(model, str(made))


@pytest.fixture
def results(own_demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[CheckResult]]:
    """What the tester found. It is told who lives in the city, for it cannot guess a citizen; and it shows each side's own token."""
    seat = Assignment.objects.filter(account__login="wu.qing").select_related("post__unit").get()
    street = seat.post.unit.code
    people, numbers = people_without_accounts(), count(1)
    person = {"identityNumber": "", "registeredName": ""}

    def example(path: Any) -> Any:
        name = str(path).rpartition(":")[2]
        if name == "userName":
            person["identityNumber"], person["registeredName"] = next(people)
            return f"tester{next(numbers)}"
        return street if name == "department" else person.get(name)

    monkeypatch.setattr(filling, "get_random_example_value", example)
    tokens = {
        "/scim/v2/Users": connected(Side.ACCOUNTS, street).token,
        "/scim/v2/Groups": connected(Side.HOLDERS, street).token,
    }

    def show(request: Any) -> None:
        for path, token in tokens.items():
            if request.url.path.startswith(path):
                request.headers["Authorization"] = f"Bearer {token}"

    with served(own_demo) as address:
        every = {"Authorization": f"Bearer {tokens['/scim/v2/Users']}"}
        with httpx2.Client(
            base_url=f"{address}/scim/v2", headers=every, timeout=60, event_hooks={"request": [show]}
        ) as http:
            yield check_server(Handed(http, street))


def test_it_finds_nothing_but_what_we_decided_otherwise(results: list[CheckResult]) -> None:
    wrong = []
    met = set()
    for one in results:
        named = [
            key for key in DEVIATIONS if key[:2] == (one.resource_type, one.title) and key[2] in (one.reason or "")
        ]
        if one.status is Status.ERROR and not named:
            wrong.append(f"{one.resource_type} {one.title}: {(one.reason or '')[:500]}")
        met |= set(named) if one.status is Status.ERROR else set()
    assert not wrong, "\n".join(wrong)
    assert met == set(DEVIATIONS), "a deviation is none any more: take it from the list"
    done = [one for one in results if one.status is Status.SUCCESS]
    assert len(done) > 40, f"the tester has hardly looked: {len(done)}"
