"""Lists taken in: what is done is what the services for one unit, post, account or assignment do, row by row, and all of it or nothing.

Looking at a list does the same and undoes it: what is shown before is what comes of it, and not a second opinion about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, timedelta
from uuid import UUID

from yiwang.acts.services import current_act, service, together
from yiwang.acts.values import Actor
from yiwang.identity.models import Account, Assignment, Post, Unit
from yiwang.identity.queries import duties, require
from yiwang.identity.queries.shapes import not_over
from yiwang.identity.rules.credentials import canonical_login, login_faults
from yiwang.identity.rules.lists import COLUMNS, lacking, parsed, repeated
from yiwang.identity.services.accounts import PersonHasAccount, open_account
from yiwang.identity.services.assignments import assign_post
from yiwang.identity.services.persons import person_named
from yiwang.identity.services.units import (
    OrganisationChanged,
    mark_leading,
    move_unit,
    open_post,
    open_unit,
    rename_unit,
)
from yiwang.identity.values import AssignmentKind, ConsentDue, Establishment, NewPost, NewUnit, ProofDue, Terms
from yiwang.identity.values.lists import Change, ListKind, ListLine, ListSeen, Row, Table
from yiwang.kernel.canonical import digest
from yiwang.kernel.errors import Fault, FieldFault, Invalid, msgid
from yiwang.kernel.identifiers import CitizenId, IdentifierFault
from yiwang.kernel.texts import text
from yiwang.kernel.time import today

__all__ = ["MAY", "look_at_list", "take_list_in"]

MAY = {
    ListKind.UNITS: "unit.open",
    ListKind.POSTS: "post.open",
    ListKind.OFFICERS: "account.open",
    ListKind.ASSIGNMENTS: "assignment.assign",
}
"""Who may do it for one may do it for a list."""


@service("list.look-at")
def look_at_list(actor: Actor, kind: ListKind, table: str) -> ListSeen:
    """What would come of a list: everything is done and undone. That somebody looked is kept: a list of officers can be used to guess.

    Raises NotAllowed, Invalid (422) for what is no such table; what is wrong with rows is said with them.
    """
    require(actor, MAY[kind])
    read = parsed(kind, table)
    try:
        with together(actor):
            raise _Undone(_gone_through(actor, kind, read))
    except _Undone as undone:
        seen = undone.seen
    act = current_act()
    act.about("list", kind)
    act.note(rows=len(read.rows), faults=len(seen.faults))
    return seen


@service("list.take-in")
def take_list_in(actor: Actor, kind: ListKind, table: str, fingerprint: str) -> ListSeen:
    """Bring what stands in line with a list: what is new is opened, what differs is changed, nothing is closed.

    fingerprint: of the list as it was looked at. Raises NotAllowed, Invalid (422) naming every bad row as `rows/<row>/<column>`,
    OrganisationChanged (409) when something else would come of it now.
    """
    require(actor, MAY[kind])
    seen = _gone_through(actor, kind, parsed(kind, table))
    if seen.faults:
        raise Invalid(faults=seen.faults)
    if seen.fingerprint != fingerprint:
        raise OrganisationChanged()
    act = current_act()
    act.about("list", kind)
    act.note(rows=len(seen.lines), new=seen.count("new"), changed=seen.count("changed"))
    return seen


class _Undone(Exception):
    """Ends the transaction in which a list was only looked at."""

    def __init__(self, seen: ListSeen) -> None:
        super().__init__("looked at")
        self.seen = seen


def _gone_through(actor: Actor, kind: ListKind, table: Table) -> ListSeen:
    lines, faults = _WAYS[kind](actor, table)
    order = {row.at: n for n, row in enumerate(table.rows)}
    lines.sort(key=lambda one: order[one.at])
    marks = [asdict(one) for one in lines]
    columns = ["", *(one.name for one in COLUMNS[kind])]
    told = sorted(faults, key=lambda one: _place(one, columns))
    return ListSeen(kind, tuple(lines), tuple(told), digest(marks).hex()[:32])


def _place(fault: FieldFault, columns: Sequence[str]) -> tuple[int, int]:
    """As one reads the table: row by row, each from its first column on."""
    _, at, *column = fault.pointer.split("/")
    return int(at), columns.index("".join(column))


@contextmanager
def _told(faults: list[FieldFault], row: Row, kind: ListKind, names: Mapping[str, str] | None = None) -> Iterator[None]:
    """What a service refuses becomes a fault of its row. names: what the service calls a column, where it is called otherwise."""
    try:
        yield
    except ProofDue:  # for the list as a whole
        raise
    except ConsentDue:
        message = msgid("Another administrator has to consent to this: do it on its own page.")
        faults.append(FieldFault(f"rows/{row.at}", "consent-due", message))
    except Fault as fault:
        columns = {one.name for one in COLUMNS[kind]}
        for one in fault.at(f"rows/{row.at}"):
            name = one.pointer.rpartition("/")[2]
            name = (names or {}).get(name, name)
            pointer = f"rows/{row.at}/{name}" if name in columns else f"rows/{row.at}"
            faults.append(FieldFault(pointer, one.code, one.message, one.params))


# ── Units ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _units(actor: Actor, table: Table) -> tuple[list[ListLine], list[FieldFault]]:
    faults = repeated(table.rows, "code")
    stood = {one.code: one for one in Unit.objects.select_related("parent")}
    lines: list[ListLine] = []
    for row in _parents_first(table.rows, faults):
        unit = stood.get(row["code"])
        with _told(faults, row, ListKind.UNITS, {"parent_id": "parent"}):
            if unit is None:
                lines.append(_new_unit(actor, row))
            else:
                lines.append(_changed_unit(actor, table, row, unit))
    return lines, faults


def _new_unit(actor: Actor, row: Row) -> ListLine:
    missing = lacking(ListKind.UNITS, row)
    given = NewUnit(
        code=row["code"],
        title=row["title"],
        short_title=row["short_title"],
        credit_code=row["credit_code"],
        level=row["level"],
        division_code=row["division_code"],
        parent_code=row["parent"],
    )
    try:
        open_unit(actor, given)
    except Invalid as invalid:  # what is left out is said as such, and not as something written wrongly
        names = {one.pointer for one in missing}
        raise Invalid(faults=[*missing, *(one for one in invalid.faults if one.pointer not in names)]) from None
    return ListLine(row.at, "new", row["code"], row["title"], _filled(ListKind.UNITS, row))


def _changed_unit(actor: Actor, table: Table, row: Row, unit: Unit) -> ListLine:
    short = row["short_title"] or row["title"] if "short_title" in table.columns else unit.short_title
    stands = {"title": unit.title, "short_title": unit.short_title, "parent": unit.parent.code if unit.parent else ""}
    wanted = {"title": row["title"], "short_title": short, "parent": row["parent"]}
    if "parent" not in table.columns:
        wanted["parent"] = stands["parent"]
    changes = _changes(stands, wanted)
    kept = {"level": unit.level, "credit_code": unit.credit_code, "division_code": unit.division_code}
    _refuse_other(row, kept, table.columns)
    names = {one.column for one in changes}
    if names & {"title", "short_title"}:
        rename_unit(actor, unit.id, wanted["title"], wanted["short_title"])
    if "parent" in names:
        move_unit(actor, unit.id, _unit_named(wanted["parent"]))
    return ListLine(row.at, "changed" if changes else "same", row["code"], row["title"], changes)


def _unit_named(code: str) -> UUID | None:
    """The unit that is to stand above; None: none."""
    if not code:
        return None
    found = Unit.objects.filter(code=code).values_list("id", flat=True).first()
    if found is None:
        message = msgid("There is no unit with the code {code}.")
        raise Invalid(faults=[FieldFault("parent", "unknown-unit", message, {"code": code})])
    return found


def _parents_first(rows: Iterable[Row], faults: list[FieldFault]) -> Iterator[Row]:
    """Each after the row of the unit above it; what hangs in a circle is at fault."""
    waiting = {row["code"]: row for row in rows}
    done: set[str] = set()
    for first in list(waiting.values()):
        way: list[Row] = []
        row: Row | None = first
        while row is not None and row["code"] not in done and row not in way:
            way.append(row)
            row = waiting.get(row["parent"])
        if row is not None and row in way:
            message = msgid("It stands below itself: follow the codes of the parents upwards.")
            faults += [FieldFault(f"rows/{one.at}/parent", "unit-below-itself", message) for one in way]
            done.update(one["code"] for one in way)
            continue
        for one in reversed(way):
            done.add(one["code"])
            yield one


# ── Posts ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _posts(actor: Actor, table: Table) -> tuple[list[ListLine], list[FieldFault]]:
    faults = repeated(table.rows, "code")
    codes = [row["code"] for row in table.rows]
    stood = {
        one.code: one for one in Post.objects.filter(code__in=codes).select_related("unit").prefetch_related("duties")
    }
    lines: list[ListLine] = []
    for row in table.rows:
        post = stood.get(row["code"])
        with _told(faults, row, ListKind.POSTS, {"unit_code": "unit"}):
            lines.append(_new_post(actor, row) if post is None else _changed_post(actor, table, row, post))
    return lines, faults


def _new_post(actor: Actor, row: Row) -> ListLine:
    made = open_post(actor, NewPost(row["code"], row["unit"], row["title"], _duties_named(row["duties"])))
    if row["leading"] == "yes":
        mark_leading(actor, made, True)
    return ListLine(row.at, "new", row["code"], row["title"], _filled(ListKind.POSTS, row))


def _changed_post(actor: Actor, table: Table, row: Row, post: Post) -> ListLine:
    has = frozenset(one.duty for one in post.duties.all())
    given = _duties_named(row["duties"]) if "duties" in table.columns and row["duties"] else has
    if given != has:
        message = msgid("The security administrator changes the duties of a post that stands, on its page.")
        raise Invalid(faults=[FieldFault("duties", "duties-stand", message)])
    _refuse_other(row, {"unit": post.unit.code, "title": post.title}, table.columns)
    leading = row["leading"] or ("yes" if post.leading else "no")
    changes = _changes({"leading": "yes" if post.leading else "no"}, {"leading": leading})
    if changes:
        mark_leading(actor, post.id, leading == "yes")
    return ListLine(row.at, "changed" if changes else "same", row["code"], row["title"], changes)


def _duties_named(cell: str) -> frozenset[str]:
    """The duties that a cell names, by id or by title in either language; a name that is none stays, and is refused where it is used."""
    known = {
        word.lower(): id for id, duty in duties().items() for word in (id, text(duty.title), text(duty.title, "en"))
    }
    found = set()
    for words in cell.translate({ord(sign): "," for sign in "、，；;"}).split(","):
        # codes may stand with spaces between, where titles in English have spaces within
        found |= {words.strip()} if words.strip().lower() in known else set(words.split())
    return frozenset(known.get(word.lower(), word) for word in found)


# ── Officers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _officers(actor: Actor, table: Table) -> tuple[list[ListLine], list[FieldFault]]:
    faults = repeated(table.rows, "login") + repeated([row for row in table.rows if row["number"]], "number")
    again = {one.pointer.split("/")[1] for one in faults}
    logins = [canonical_login(row["login"]) for row in table.rows]
    stood = {one.login: one for one in Account.objects.filter(login__in=logins)}
    lines: list[ListLine] = []
    for row in table.rows:
        if str(row.at) in again:
            continue
        with _told(faults, row, ListKind.OFFICERS, {"subject_id": "number"}):
            account = stood.get(canonical_login(row["login"]))
            lines.append(_new_officer(actor, row) if account is None else _standing_officer(row, account))
    return lines, faults


def _new_officer(actor: Actor, row: Row) -> ListLine:
    if faults := login_faults(canonical_login(row["login"])) + lacking(ListKind.OFFICERS, row) + _number_faults(row):
        raise Invalid(faults=faults)
    try:
        open_account(actor, row["login"], None, subject_id=_person(row))
    except PersonHasAccount:
        message = msgid(
            "This person has an account already, under another log-in. Take the row out: a list of assignments gives it posts."
        )
        raise Invalid(faults=[FieldFault("number", PersonHasAccount.code, message)]) from None
    # the number is nothing to repeat on a page: who looks has it before him
    return ListLine(row.at, "new", row["login"], row["name"])


def _standing_officer(row: Row, account: Account) -> ListLine:
    """An account stays its person's: a list can say no more of it."""
    faults = _number_faults(row)
    if not account.is_active:
        message = msgid("This account is closed. Open it again on its own page, or take the row out.")
        faults.append(FieldFault("login", "account-closed", message))
    if bool(row["number"]) != bool(row["name"]):
        message = msgid(
            "There is an account with this log-in already: fill in number and name to compare them, or neither."
        )
        faults.append(FieldFault("name" if row["number"] else "number", "half-a-person", message))
    if faults:
        raise Invalid(faults=faults)
    if row["number"] and (account.subject_id is None or account.subject_id != _person(row)):
        message = msgid("This log-in is that of somebody else. Choose another one for this person.")
        raise Invalid(faults=[FieldFault("login", "another-person", message)])
    return ListLine(row.at, "same", row["login"], row["name"])


def _number_faults(row: Row) -> list[FieldFault]:
    """How a number that stands there is written wrongly. It says nothing of whose it is."""
    try:
        if row["number"]:
            CitizenId.parse(row["number"], today=today())
    except IdentifierFault as fault:
        return [fault.at("number")]
    return []


def _person(row: Row) -> UUID:
    """The person of whom number and name both are. One sentence for both: who guesses numbers learns no names."""
    found = person_named(row["number"], row["name"])
    if found is None:
        message = msgid(
            "No person is registered under this number and this name. Compare both with the card; who is in no register has to be"
            " registered first."
        )
        raise Invalid(faults=[FieldFault("number", "unknown-person", message)])
    return found


# ── Assignments ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _assignments(actor: Actor, table: Table) -> tuple[list[ListLine], list[FieldFault]]:
    faults = repeated(table.rows, "login", "post", "since")
    logins = {canonical_login(row["login"]) for row in table.rows}
    accounts = dict(Account.objects.filter(login__in=logins).values_list("login", "id"))
    posts = dict(Post.objects.filter(code__in={row["post"] for row in table.rows}).values_list("code", "id"))
    lines: list[ListLine] = []
    names = {"account_id": "login", "post_id": "post", "valid_from": "since", "valid_to": "until"}
    for row in table.rows:
        with _told(faults, row, ListKind.ASSIGNMENTS, names):
            account, post = accounts.get(canonical_login(row["login"])), posts.get(row["post"])
            if account is None or post is None:
                raise Invalid(faults=_unknown(row, account, post))
            lines.append(_assigned(actor, row, account, post))
    return lines, faults


def _unknown(row: Row, account: UUID | None, post: UUID | None) -> list[FieldFault]:
    """That there is no such account, or no such post, or neither."""
    faults = []
    if account is None:
        message = msgid("There is no account with the log-in {login}. Correct it, or take in a list of officers first.")
        faults.append(FieldFault("login", "unknown", message, {"login": row["login"]}))
    if post is None:
        message = msgid("There is no post with the code {code}. Correct it, or take in a list of posts first.")
        faults.append(FieldFault("post", "unknown", message, {"code": row["post"]}))
    return faults


def _assigned(actor: Actor, row: Row, account: UUID, post: UUID) -> ListLine:
    since, last = _day(row, "since"), _day(row, "until")
    until = last + timedelta(days=1) if last else None
    kind = AssignmentKind(row["kind"] or AssignmentKind.REGULAR)
    title = f"{row['login']} · {row['post']}"
    stands = Assignment.objects.filter(not_over(today()), account_id=account, post_id=post, kind=kind, valid_to=until)
    if (stands.filter(valid_from=since) if since else stands).exists():
        return ListLine(row.at, "same", row["login"], title)
    place = Establishment(row["establishment"]) if row["establishment"] else None
    terms = Terms(kind, row["document"], place)
    assign_post(actor, account, post, since or today(), until, terms)
    return ListLine(row.at, "new", row["login"], title, _filled(ListKind.ASSIGNMENTS, row))


def _day(row: Row, column: str) -> date | None:
    """A civil date as spreadsheets write it: 2026-12-01, 2026/12/1, 2026年12月1日."""
    cell = row[column]
    if not cell:
        return None
    plain = cell.translate({ord(sign): "-" for sign in "/.年月"}).removesuffix("日")
    try:
        year, month, day = (int(one) for one in plain.split("-"))
        return date(year, month, day)
    except ValueError:
        message = msgid("Enter a date that exists, such as 2026-01-31.")
        raise Invalid(faults=[FieldFault(column, "not-a-date", message)]) from None


# ── For all of them ───────────────────────────────────────────────────────────────────────────────────────────────────


def _changes(stands: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[Change, ...]:
    return tuple(Change(name, was, wanted[name]) for name, was in stands.items() if wanted[name] != was)


def _filled(kind: ListKind, row: Row) -> tuple[Change, ...]:
    """What a new row brings, beside what it is known by and called."""
    shown = (one.name for one in COLUMNS[kind] if one.name not in ("code", "title", "login"))
    return tuple(Change(name, "", row[name]) for name in shown if row[name])


def _refuse_other(row: Row, stands: Mapping[str, str], columns: Iterable[str]) -> None:
    """What a list cannot change must be as it stands where the list says it."""
    message = msgid("It stands as {was}; a list cannot change that.")
    faults = [
        FieldFault(name, "stands", message, {"was": was})
        for name, was in stands.items()
        if name in columns and row[name] and row[name] != was
    ]
    if faults:
        raise Invalid(faults=faults)


_WAYS: dict[ListKind, Callable[[Actor, Table], tuple[list[ListLine], list[FieldFault]]]] = {
    ListKind.UNITS: _units,
    ListKind.POSTS: _posts,
    ListKind.OFFICERS: _officers,
    ListKind.ASSIGNMENTS: _assignments,
}
