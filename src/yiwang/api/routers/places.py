"""Places: what lies within what, and finding one by words."""

from __future__ import annotations

from django.http import HttpRequest
from ninja import Router, Schema

from yiwang.api.authentication import Visitor
from yiwang.places import queries
from yiwang.places.values import DivisionView

router = Router(tags=["places"], auth=Visitor())


class Places(Schema):
    """Divisions, by code or best first."""

    rows: list[DivisionView]


@router.get("/places", response=Places, operation_id="list_places")
def list_places(request: HttpRequest, within: str = "") -> Places:
    """The divisions directly within a code; without one, within the city."""
    city = queries.city()
    return Places(rows=queries.children(within or (city.code if city else "")))


@router.get("/places/search", response=Places, operation_id="search_places")
def search_places(request: HttpRequest, text: str, within: str = "") -> Places:
    """Places by words of their full names."""
    return Places(rows=queries.search_places(text[:60], within))
