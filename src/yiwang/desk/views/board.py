"""The board: ten numbers of the units that a post oversees, the cases behind each, and how far one of them is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from yiwang.cases.queries.overseeing import overseen_case
from yiwang.desk.frame import for_post, page
from yiwang.kernel.errors import NotFound
from yiwang.supervision import queries
from yiwang.supervision.values import BoardNumber, Number

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

PERIODS = (7, 30, 90)


@require_safe
@for_post
def overview(request: FaceRequest) -> HttpResponse:
    """The numbers, each with its change and the way to its cases; then units and items, those over their limits first."""
    days = _days(request)
    found = queries.board(request.actor, days, request.language)
    context = {
        "board": found,
        "numbers": [(one, _titles()[one.number], _direction(one)) for one in found.numbers],
        "days": days,
        "periods": PERIODS,
    }
    return page(request, "desk/board.html", context)


def _direction(one: BoardNumber) -> str:
    """better, worse or same: how the change is to be read; empty where it is neither."""
    if one.change is None or one.more_is_better is None:
        return ""
    if one.change == 0:
        return "same"
    return "better" if (one.change > 0) == one.more_is_better else "worse"


def _days(request: FaceRequest) -> int:
    given = request.GET.get("days", "")
    return int(given) if given in {str(one) for one in PERIODS} else 30


def _titles() -> dict[Number, str]:
    return {
        Number.IN_HAND: _("In hand"),
        Number.SUBMITTED: _("Submitted"),
        Number.DECIDED: _("Decided"),
        Number.IN_TIME: _("Decided in time"),
        Number.OVERDUE: _("Over the limit now"),
        Number.WARNED: _("Warnings and yellow cards"),
        Number.RED: _("Red cards"),
        Number.SPARED: _("Questions that nobody had to answer"),
        Number.DOUBTED: _("Open discrepancies"),
        Number.CERTIFIED: _("Certificates issued"),
    }


@require_safe
@for_post
def behind(request: FaceRequest, number: str) -> HttpResponse:
    """The cases behind a number; for a share, those that missed it."""
    days = _days(request)
    unit, item = request.GET.get("unit", ""), request.GET.get("item", "")[:100]
    try:
        unit = str(UUID(unit)) if unit else ""
    except ValueError:
        raise NotFound from None
    found = queries.board_list(
        request.actor,
        number,
        days,
        unit=unit,
        item=item,
        cursor=request.GET.get("cursor", ""),
        language=request.language,
    )
    chosen = Number(number)
    context = {
        "page": found,
        "title": _titles()[chosen],
        "is_share": chosen in (Number.IN_TIME, Number.SPARED),
        "days": days,
        "keep": urlencode({"days": days, "unit": unit, "item": item}),
    }
    return page(request, "desk/board_list.html", context)


@require_safe
@for_post
def overseen(request: FaceRequest, case_id: UUID) -> HttpResponse:
    """How far a case is, who has it and until when; not what somebody wrote in it."""
    case = overseen_case(request.actor, case_id, request.language)
    return page(request, "desk/board_case.html", {"case": case})
