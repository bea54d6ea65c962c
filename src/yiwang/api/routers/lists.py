"""Lists of units, posts, officers and assignments: what stands, what would come of one, and taking it in."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from yiwang.api.authentication import SignedIn, actor_of
from yiwang.identity import queries, services
from yiwang.identity.values.lists import ListKind, ListLine, ListSeen
from yiwang.kernel.errors import Invalid

router = Router(tags=["organisation"], auth=SignedIn())


class ListGiven(Schema):
    """table: the list as text, its first row naming the columns; separated by commas, semicolons or tabs."""

    table: str


class ListTaken(ListGiven):
    """A list to be taken in. fingerprint: of what was looked at."""

    fingerprint: str


class ListFound(Schema):
    """What comes of each row: new | changed | same. fingerprint: to be sent along when the list is taken in."""

    lines: list[ListLine]
    fingerprint: str


@router.get("/lists/{kind}", operation_id="get_list", response={200: None})
def get_list(request: HttpRequest, kind: ListKind) -> HttpResponse:
    """What stands today, as comma-separated text with the names of the columns in the first row."""
    return HttpResponse(
        queries.list_written(actor_of(request), kind, chinese=False), content_type="text/csv; charset=utf-8"
    )


@router.post("/lists/{kind}/look", response=ListFound, operation_id="look_at_list")
def look_at_list(request: HttpRequest, kind: ListKind, given: ListGiven) -> ListFound:
    """What would come of a list. Nothing is changed. What is wrong with it is refused, every row at once."""
    seen = services.look_at_list(actor_of(request), kind, given.table)
    if seen.faults:
        raise Invalid(faults=seen.faults)
    return _found(seen)


@router.post("/lists/{kind}", response=ListFound, operation_id="take_list_in")
def take_list_in(request: HttpRequest, kind: ListKind, given: ListTaken) -> ListFound:
    """Take a list in, all of it or nothing."""
    return _found(services.take_list_in(actor_of(request), kind, given.table, given.fingerprint))


def _found(seen: ListSeen) -> ListFound:
    return ListFound(lines=list(seen.lines), fingerprint=seen.fingerprint)
