"""Why an officer may do something or may not, in words, with the grants that decide; and who else may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.http import require_safe

from yiwang.desk.frame import for_post, page
from yiwang.desk.views.organisation import LEVELS, LONGEST, MOST_CHOICES, REACH, lines_of, uuid_or_none
from yiwang.forms.entries import Entry
from yiwang.identity import queries
from yiwang.identity.values import Administrator, Explanation, HeldPost, UnitView
from yiwang.kernel.errors import format_message
from yiwang.kernel.texts import text
from yiwang.records import queries as records

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

THE_THREE = {
    Administrator.SYSTEM: gettext_noop("System administrator"),
    Administrator.SECURITY: gettext_noop("Security administrator"),
    Administrator.AUDIT: gettext_noop("Audit administrator"),
}


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant of a post in words."""

    duty_id: str
    duty: str
    reach: str
    counts: bool
    reaches: bool


@dataclass(frozen=True, slots=True)
class Held:
    """A post of the officer, with what it grants."""

    of: HeldPost
    grants: tuple[Granted, ...]


@require_safe
@for_post
def why(request: FaceRequest, account_id: UUID) -> HttpResponse:
    """Ask whether an officer may do an action, anywhere or for one unit; the answer stands below the question."""
    action, asked = request.GET.get("action", ""), request.GET.get("q", "").strip()[:LONGEST]
    units = [one.unit for one in queries.browse_units(request.actor, None, asked).rows] if asked else []
    chosen = uuid_or_none(request.GET.get("unit", ""))
    unit = next((one for one in units if one.id == chosen), units[0] if len(units) == 1 else None)
    account = queries.whose_rights(request.actor, account_id)
    named = records.officer_names(request.actor, [account.subject_id]) if account.subject_id else {}
    known = queries.actions()
    answer: dict[str, object] = {}
    if action in known and (unit is not None or not asked):
        explained = queries.explain_permission(request.actor, account_id, action, unit.id if unit else None)
        answer = {"act": _(known[action]), **_answer(request, explained)}
    context = {
        "account": account,
        "name": next(iter(named.values()), ""),
        "actions": sorted(((one, _(words)) for one, words in known.items()), key=lambda one: one[1]),
        "asked_action": action,
        "text": asked,
        "too_many": len(units) > MOST_CHOICES,
        "none_so_called": bool(asked) and not units,
        "choice": _choice(units, unit.id if unit else None) if len(units) > 1 else None,
        "is_own": account.id == request.actor.account_id,
        **answer,
    }
    return page(request, "desk/why.html", context)


def _choice(units: list[UnitView], chosen: UUID | None) -> Entry:
    options = tuple((str(one.id), one.title, _(LEVELS[one.level])) for one in units[:MOST_CHOICES])
    return Entry("unit", _("Which of them"), kind="radios", options=options, chosen=frozenset({str(chosen)}))


def _answer(request: FaceRequest, explained: Explanation) -> dict[str, object]:
    return {
        "explained": explained,
        "sentence": format_message(_(explained.reason.message), explained.reason.params),
        "held": [_held(one, request.language) for one in explained.held],
        "reserved": [_(THE_THREE[one]) for one in sorted(explained.reserved or ())],
        "duties": [(one.id, text(one.title, request.language)) for one in explained.duties],
        "lines": lines_of(request, explained.posts),
        "more": explained.number_of_posts - len(explained.posts),
    }


def _held(one: HeldPost, language: str) -> Held:
    grants = tuple(
        Granted(each.duty.id, text(each.duty.title, language), _(REACH[each.scope]), each.counts, each.reaches)
        for each in one.grants
    )
    return Held(one, grants)
