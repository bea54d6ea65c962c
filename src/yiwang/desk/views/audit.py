"""The audit log, for the audit administrator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from yiwang.acts import queries as acts
from yiwang.audit import queries as audit
from yiwang.audit.values import EntryView, NewEntry
from yiwang.desk.frame import for_post, page
from yiwang.identity import queries as identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yiwang.api.pages import FaceRequest


SHOWN = 50


@dataclass(frozen=True, slots=True)
class Line:
    """An entry with the log-in of who acted."""

    id: int
    entry: NewEntry
    sealed: bool
    who: str


@require_safe
@for_post
def entries(request: FaceRequest) -> HttpResponse:
    """Entries, newest first."""
    return _show(request)


@require_POST
@for_post
def verify(request: FaceRequest) -> HttpResponse:
    """Recompute everything and say what does not agree."""
    identity.require(request.actor, "audit.read")
    return _show(request, report=audit.verify())


def _show(request: FaceRequest, report: Any = None) -> HttpResponse:
    before = request.GET.get("cursor", "")
    found = acts.list_audit_entries(request.actor, before=int(before) if before.isdecimal() else None, limit=SHOWN)
    context = {
        "entries": _lines(request, found),
        "next": str(found[-1].id) if len(found) == SHOWN else "",
        "backlog": audit.backlog().entries,
        "report": report,
    }
    return page(request, "desk/audit.html", context)


def _lines(request: FaceRequest, found: Sequence[EntryView]) -> list[Line]:
    names = identity.list_logins(request.actor, {one.entry.account_id for one in found if one.entry.account_id})
    return [
        Line(
            one.id,
            one.entry,
            one.sealed,
            names.get(one.entry.account_id, "") if one.entry.account_id else _("the system"),
        )
        for one in found
    ]
