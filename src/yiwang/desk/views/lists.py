"""Lists: units, posts, officers and assignments from a spreadsheet. What would come of one is shown first, and taken in after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.utils.translation import get_language, gettext_noop, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from yiwang.desk.frame import for_post, page
from yiwang.forms.answers import sentence
from yiwang.identity import queries, services
from yiwang.identity.services.lists import MAY
from yiwang.identity.services.units import OrganisationChanged
from yiwang.identity.values.lists import (
    MARKS,
    MOST_BYTES,
    MOST_ROWS,
    Change,
    Column,
    ListKind,
    ListLine,
    ListSeen,
    Needed,
)
from yiwang.kernel.errors import FieldFault, Invalid, NotAllowed, NotFound
from yiwang.kernel.texts import is_chinese

if TYPE_CHECKING:
    from yiwang.api.pages import FaceRequest

LIST = "/desk/lists/"
KINDS = {
    ListKind.UNITS: (
        gettext_noop("Units"),
        gettext_noop("Opens units that are new, renames and moves those that the list says otherwise. It closes none."),
    ),
    ListKind.POSTS: (
        gettext_noop("Posts"),
        gettext_noop(
            "Opens posts that are new, with their duties. Posts that stand keep theirs, and stay where they are."
        ),
    ),
    ListKind.OFFICERS: (
        gettext_noop("Officers"),
        gettext_noop("Opens an account for each person who has none. Nobody signs in before he has a start password."),
    ),
    ListKind.ASSIGNMENTS: (
        gettext_noop("Assignments"),
        gettext_noop("Puts officers into posts. It ends no assignment; deputies and secondments have their own page."),
    ),
}
"""What a list is of, and what it does."""
MOST_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of list in words."""

    at: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A row of what would come of a list. changes: column, what it was, what it becomes."""

    line: ListLine
    changes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a row. column: its title; empty for the row as a whole."""

    row: str
    column: str
    words: str


@require_safe
@for_post
def lists(request: FaceRequest) -> HttpResponse:
    """The kinds of lists that who looks may take in."""
    found = [_kind(one) for one in ListKind if queries.why(request.actor, MAY[one]).allowed]
    if not found:
        raise NotAllowed
    return page(request, "desk/lists.html", {"kinds": found})


@require_http_methods(["GET", "HEAD", "POST"])
@for_post
def look(request: FaceRequest, kind: str) -> HttpResponseBase:
    """How such a list is written, and what would come of one that is handed in."""
    of = _named(kind)
    queries.require(request.actor, MAY[of])
    if request.method != "POST":
        return _form(request, of)
    try:
        text = _table_of(request)
        _carry(request, text)
        seen = services.look_at_list(request.actor, of, text)
    except Invalid as invalid:
        return _form(request, of, invalid.faults)
    return _form(request, of, seen.faults) if seen.faults else _show(request, seen, text)


@require_safe
@for_post
def table(request: FaceRequest, kind: str) -> HttpResponse:
    """What stands, or an empty list with its heading, as a file that spreadsheets open."""
    of, chinese = _named(kind), is_chinese(get_language())
    text = queries.list_written(request.actor, of, chinese=chinese, empty=request.GET.get("rows") == "none")
    # the mark at the beginning tells spreadsheets of old that it is UTF-8
    response = HttpResponse("\ufeff" + text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{of}.csv"'
    return response


@require_POST
@for_post
def take_in(request: FaceRequest, kind: str) -> HttpResponseBase:
    """Take in what was looked at."""
    of, text = _named(kind), request.POST.get("table", "")
    queries.require(request.actor, MAY[of])
    try:
        done = services.take_list_in(request.actor, of, text, request.POST.get("fingerprint", ""))
    except Invalid as invalid:
        return _form(request, of, invalid.faults)
    except OrganisationChanged:
        return _show(request, services.look_at_list(request.actor, of, text), text, changed=True)
    messages.success(request, _outcome(done))
    return HttpResponseRedirect(f"{LIST}{of}/", status=303)


def _outcome(done: ListSeen) -> str:
    new, changed = done.count("new"), done.count("changed")
    if not new and not changed:
        return _("Everything stood so already. Nothing was changed.")
    return " ".join(
        (
            ngettext("{count} is new.", "{count} are new.", new).format(count=new),
            ngettext("{count} was changed.", "{count} were changed.", changed).format(count=changed),
        )
    )


def _named(kind: str) -> ListKind:
    try:
        return ListKind(kind)
    except ValueError:
        raise NotFound from None


def _kind(of: ListKind) -> Kind:
    title, words = KINDS[of]
    return Kind(f"{LIST}{of}/", _(title), _(words))


def _table_of(request: FaceRequest) -> str:
    """The list as it was typed or pasted, else the file."""
    if pasted := request.POST.get("table", "").strip():
        return pasted
    file = request.FILES.get("file")
    return queries.list_text(file.read(MOST_BYTES + 1)) if file is not None else ""


def _carry(request: FaceRequest, text: str) -> None:
    """Let the list be one of the fields: what waits for a proof of who sits there goes along in the page, where a file would be lost."""
    fields = request.POST.copy()
    fields["table"] = text
    request.POST = fields  # type: ignore[assignment]  # Django lets a request's fields be set; its stubs do not say so


def _form(request: FaceRequest, of: ListKind, faults: Sequence[FieldFault] = ()) -> HttpResponse:
    chinese = is_chinese(get_language())
    columns = [
        {
            "title": one.titles[0 if chinese else 1],
            "needed": one.needed is not Needed.NO,
            "mark": MARKS[one.needed][0 if chinese else 1],
            "says": _(one.says),
            "example": one.example[0 if chinese else 1],
            "words": [titles[0 if chinese else 1] for titles in (one.words or {}).values()],
        }
        for one in queries.list_columns(of)
    ]
    context = {
        "kind": _kind(of),
        "columns": columns,
        "most": {"rows": MOST_ROWS, "kilobytes": MOST_BYTES >> 10},
        "wrong": _wrong(of, faults),
        "pasted": request.POST.get("table", ""),
    }
    return page(request, "desk/list.html", context, 422 if faults else 200)


def _show(request: FaceRequest, seen: ListSeen, text: str, *, changed: bool = False) -> HttpResponse:
    lines = [one for one in seen.lines if one.what != "same"]
    context = {
        "kind": _kind(seen.kind),
        "seen": seen,
        "lines": [Line(one, _changes(seen.kind, one.changes)) for one in lines[:MOST_SHOWN]],
        "more": max(len(lines) - MOST_SHOWN, 0),
        "counts": {what: seen.count(what) for what in ("new", "changed", "same")},
        "table": text,
        "changed": changed,
    }
    return page(request, "desk/list_preview.html", context, 409 if changed else 200)


def _changes(of: ListKind, changes: Sequence[Change]) -> tuple[tuple[str, str, str], ...]:
    columns = {one.name: one for one in queries.list_columns(of)}
    return tuple(
        (_title(columns[one.column]), _word(columns[one.column], one.was), _word(columns[one.column], one.becomes))
        for one in changes
    )


def _title(column: Column) -> str:
    return column.titles[0 if is_chinese(get_language()) else 1]


def _word(column: Column, cell: str) -> str:
    """A cell as people read it."""
    titles = (column.words or {}).get(cell)
    return cell if titles is None else titles[0 if is_chinese(get_language()) else 1]


def _wrong(of: ListKind, faults: Sequence[FieldFault]) -> list[Wrong]:
    titles = {one.name: _title(one) for one in queries.list_columns(of)}
    told = []
    for one in faults:
        _rows, _sep, place = one.pointer.partition("rows/")
        row, _sep, column = place.partition("/")
        told.append(Wrong(row, titles.get(column, ""), sentence(one)))
    return told
