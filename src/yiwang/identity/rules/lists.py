"""How a list is written: its columns, in both languages, and what is wrong with a table as such.

A table comes from a spreadsheet: separated by commas, semicolons or tabs (RFC 4180; a copied range has tabs), in UTF-8, or in GB 18030,
which Chinese office programs still write.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterable, Sequence

from yiwang.identity.values import AssignmentKind, Establishment
from yiwang.identity.values.lists import MARKS, MOST_BYTES, MOST_ROWS, Column, ListKind, Needed, Row, Table
from yiwang.kernel.errors import FieldFault, Invalid, msgid

__all__ = ["COLUMNS", "decoded", "lacking", "parsed", "repeated", "said_by", "written"]

LONGEST_CELL = 500
"""Characters."""

LEVELS = {
    "city": ("市级", "City level"),
    "district": ("区级", "District level"),
    "township": ("镇街", "Street or town"),
    "community": ("社区", "Community"),
    "division": ("内设机构", "Division of an agency"),
}
KINDS = {
    str(AssignmentKind.REGULAR): ("任职", "Holds the post"),
    str(AssignmentKind.ACTING): ("主持工作", "Acting"),
}
PLACES = {
    str(Establishment.ADMINISTRATIVE): ("行政编制", "Administrative establishment"),
    str(Establishment.INSTITUTION): ("事业编制", "Institution's establishment"),
    str(Establishment.CONTRACT): ("聘用", "Under contract"),
}
ANSWERS = {"yes": ("是", "Yes"), "no": ("否", "No")}

CODE = ("代码", "Code")
ALWAYS, WHEN_NEW, NO = Needed.ALWAYS, Needed.WHEN_NEW, Needed.NO
COLUMNS: dict[ListKind, tuple[Column, ...]] = {
    ListKind.UNITS: (
        Column("code", CODE, ALWAYS, msgid("By which a unit is known here. It never changes."), ("hk-swj", "hk-swj")),
        Column("title", ("名称", "Name"), ALWAYS, msgid("In full."), ("海口市商务局", "海口市商务局")),
        Column("short_title", ("简称", "Short name"), NO, msgid("Empty: the name."), ("市商务局", "市商务局")),
        Column("level", ("层级", "Level"), ALWAYS, msgid("One of the words below."), ("市级", "City level"), LEVELS),
        Column("parent", ("上级代码", "Code of the parent"), NO, msgid("Empty: it stands on top."), ("hk", "hk")),
        Column(
            "credit_code",
            ("统一社会信用代码", "Credit code"),
            WHEN_NEW,
            msgid("18 characters; only when a unit is new."),
            ("11460100MB1523418P", "11460100MB1523418P"),
            lacking=msgid("A new unit needs its credit code: 18 characters, as its certificate has it."),
        ),
        Column(
            "division_code",
            ("行政区划代码", "Division code"),
            WHEN_NEW,
            msgid("Of the place for which it is there, as GB/T 2260 has it; only when a unit is new."),
            ("460100", "460100"),
            lacking=msgid("A new unit needs the code of the place for which it is there, such as 460100."),
        ),
    ),
    ListKind.POSTS: (
        Column(
            "code", CODE, ALWAYS, msgid("By which a post is known here. It never changes."), ("hk-swj-ck", "hk-swj-ck")
        ),
        Column(
            "unit",
            ("单位代码", "Code of the unit"),
            ALWAYS,
            msgid("The unit in which it stands."),
            ("hk-swj", "hk-swj"),
        ),
        Column("title", ("岗位名称", "Title"), ALWAYS, msgid("What the post is called."), ("窗口受理岗", "窗口受理岗")),
        Column(
            "duties",
            ("职责", "Duties"),
            NO,
            msgid("What it is there to do, by names or codes, with commas between; only when a post is new."),
            ("受理、审查", "受理、审查"),
        ),
        Column("leading", ("领导岗位", "Leading post"), NO, msgid("Yes or no."), ("否", "No"), ANSWERS),
    ),
    ListKind.OFFICERS: (
        Column(
            "login", ("登录名", "Log-in"), ALWAYS, msgid("Small letters, digits, dots."), ("zhang.min", "zhang.min")
        ),
        Column(
            "number",
            ("公民身份号码", "Citizen ID number"),
            WHEN_NEW,
            msgid("Of the person, as the register of persons has it; only when an account is new."),
            ("460106199003070025", "460106199003070025"),
            lacking=msgid("A new account needs the citizen ID number of its person: 18 characters, as on the card."),
        ),
        Column(
            "name",
            ("姓名", "Name"),
            WHEN_NEW,
            msgid("It has to fit the number."),
            ("张敏", "张敏"),
            lacking=msgid("A new account needs the name of its person, as on the card."),
        ),
    ),
    ListKind.ASSIGNMENTS: (
        Column("login", ("登录名", "Log-in"), ALWAYS, msgid("Who."), ("zhang.min", "zhang.min")),
        Column("post", ("岗位代码", "Code of the post"), ALWAYS, msgid("Which post."), ("hk-swj-ck", "hk-swj-ck")),
        Column("kind", ("方式", "How"), NO, msgid("Empty: holds the post."), ("任职", "Holds the post"), KINDS),
        Column(
            "since",
            ("起始日", "From"),
            NO,
            msgid("First day, today or later. Empty: today."),
            ("2026-12-01", "2026-12-01"),
        ),
        Column("until", ("最后一天", "Last day"), NO, msgid("Empty: until it is ended."), ("2027-11-30", "2027-11-30")),
        Column(
            "establishment",
            ("编制", "Kind of place"),
            NO,
            msgid("Which place of the unit it fills."),
            ("行政编制", "Administrative establishment"),
            PLACES,
        ),
        Column(
            "document",
            ("文号", "Document"),
            NO,
            msgid("Number of the document it rests on."),
            ("海商人〔2026〕12号", "海商人〔2026〕12号"),
        ),
    ),
}
_MARKED = re.compile(
    rf"(.+?)\s*(?:\*|[（(](?:{'|'.join(word for words in MARKS.values() for word in words)})[）)])", re.I
)

FORMULA = "=+-@\t\r"
"""With these a spreadsheet begins what it computes."""


def decoded(data: bytes) -> str:
    """The text of a file. Raises Invalid (422) for one that is too large or no text."""
    if len(data) > MOST_BYTES:
        raise _faulty("too-large", msgid("A list has at most {most} kilobytes; divide it."), most=MOST_BYTES >> 10)
    encodings = ("utf-16",) if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise _faulty(
        "not-text", msgid("This is no table of text. Save it in your spreadsheet as CSV and choose that file.")
    )


def parsed(kind: ListKind, text: str) -> Table:
    """The rows of a list, empty ones left out. Raises Invalid (422) with everything wrong with the table as such.

    The first row names the columns, in either language or as interfaces do, in any order; those of other names are refused.
    """
    text = text.removeprefix("\ufeff").strip("\r\n")
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        raise _faulty("too-large", msgid("A list has at most {most} kilobytes; divide it."), most=MOST_BYTES >> 10)
    lines = _lines(text)
    if len(lines) < 2:
        raise _faulty(
            "empty", msgid("The list is empty: the first row names the columns, the rows below it fill them.")
        )
    heading, body = lines[0][1], lines[1:]
    if len(body) > MOST_ROWS:
        raise _faulty("too-many", msgid("A list has at most {most} rows; divide it."), most=MOST_ROWS)
    names = _names(kind, heading)
    faults: list[FieldFault] = []
    rows = []
    for at, cells in body:
        if len(cells) > len(names) and any(one.strip() for one in cells[len(names) :]):
            message = msgid("This row has {cells} cells, the heading has {columns}.")
            faults.append(_at(at, "", "too-many-cells", message, cells=len(cells), columns=len(names)))
        row = Row(at, {name: _plain(cell) for name, cell in zip(names, cells, strict=False)})
        faults += _row_faults(kind, row)
        rows.append(row)
    if faults:
        raise Invalid(faults=faults)
    return Table(frozenset(names), tuple(_with_words(kind, row) for row in rows))


def said_by(column: Column, word: str) -> str:
    """The word that a cell means: by itself, or by its title in either language. Empty when there is none."""
    wanted = word.strip().lower()
    for name, titles in (column.words or {}).items():
        if wanted in {name, *(one.lower() for one in titles)}:
            return name
    return ""


def written(kind: ListKind, rows: Iterable[Sequence[str]], *, chinese: bool, marked: bool = False) -> str:
    """A list as spreadsheets open it: with its heading, and nothing in it that they would compute. Each row has every column.

    marked: the heading says which columns have to be filled.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    columns = COLUMNS[kind]
    said = 0 if chinese else 1
    brackets = "（{}）" if chinese else " ({})"
    marks = [brackets.format(MARKS[one.needed][said]) if marked else "" for one in columns]
    writer.writerow([one.titles[said] + mark for one, mark in zip(columns, marks, strict=True)])
    for row in rows:
        words = zip(columns, row, strict=True)
        cells = [
            one.words[cell][0 if chinese else 1] if one.words and cell in one.words else cell for one, cell in words
        ]
        writer.writerow([f"'{cell}" if cell.startswith(tuple(FORMULA)) else cell for cell in cells])
    return out.getvalue()


def _lines(text: str) -> list[tuple[int, list[str]]]:
    """Row number and cells of each row that is not empty."""
    first = text.partition("\n")[0]
    separator = max(",;\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[tuple[int, list[str]]] = []
    at = 0
    try:
        for at, cells in enumerate(reader, start=1):
            if any(one.strip() for one in cells):
                found.append((at, cells))
    except csv.Error:
        message = msgid(
            "From here on the table cannot be read: a quotation mark is not closed, or stands within a cell."
        )
        raise Invalid(faults=[_at(at + 1, "", "unreadable", message)]) from None
    return found


def _names(kind: ListKind, heading: Sequence[str]) -> list[str]:
    """The column that each cell of the heading names."""
    columns = COLUMNS[kind]
    known = {word.lower(): one.name for one in columns for word in (one.name, *one.titles)}
    while heading and not heading[-1].strip():
        heading = heading[:-1]
    names = [known.get(_unmarked(one).lower(), "") for one in heading]
    faults = [
        _at(1, "", "unknown-column", msgid("There is no column {heading} in this list."), heading=cell.strip() or "–")
        for cell, name in zip(heading, names, strict=True)
        if not name
    ]
    faults += [
        _at(1, name, "twice", msgid("This column is there more than once."))
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    faults += [
        _at(1, one.name, "missing-column", msgid("This column is missing."))
        for one in columns
        if one.needed is ALWAYS and one.name not in names
    ]
    if faults:
        raise Invalid(faults=faults)
    return names


def _unmarked(cell: str) -> str:
    """A heading without what an empty list says beside it."""
    marked = _MARKED.fullmatch(cell.strip())
    return marked[1] if marked else cell.strip()


def lacking(kind: ListKind, row: Row) -> list[FieldFault]:
    """What a row of something new leaves out, each at its column."""
    return [
        FieldFault(one.name, "required-when-new", one.lacking)
        for one in COLUMNS[kind]
        if one.needed is WHEN_NEW and not row[one.name]
    ]


def _row_faults(kind: ListKind, row: Row) -> list[FieldFault]:
    faults = []
    for column in COLUMNS[kind]:
        cell = row[column.name]
        if column.needed is ALWAYS and not cell:
            faults.append(_at(row.at, column.name, "required", msgid("This is required.")))
        if len(cell) > LONGEST_CELL:
            faults.append(_at(row.at, column.name, "too-long", msgid("At most {most} characters."), most=LONGEST_CELL))
        elif cell and column.words and not said_by(column, cell):
            message = msgid("This column does not take that word; which it takes stands beside it below.")
            faults.append(_at(row.at, column.name, "unknown-word", message))
    return faults


def _with_words(kind: ListKind, row: Row) -> Row:
    """The row with the words that interfaces use."""
    said = {one.name: said_by(one, row[one.name]) for one in COLUMNS[kind] if one.words and row[one.name]}
    return Row(row.at, {**row.cells, **said})


def _plain(cell: str) -> str:
    """A cell without what `written` put before it."""
    cell = cell.strip()
    return cell[1:].strip() if len(cell) > 1 and cell[0] == "'" and cell[1] in FORMULA else cell


def _at(row: int, column: str, code: str, message: str, **params: object) -> FieldFault:
    return FieldFault(f"rows/{row}/{column}".rstrip("/"), code, message, params)


def _faulty(code: str, message: str, **params: object) -> Invalid:
    return Invalid(faults=[FieldFault("table", code, message, params)])


def repeated(rows: Collection[Row], *columns: str) -> list[FieldFault]:
    """Rows that say of something what another row before them says."""
    seen: dict[tuple[str, ...], int] = {}
    faults = []
    for row in rows:
        key = tuple(row[one].lower() for one in columns)
        first = seen.setdefault(key, row.at)
        if first != row.at:
            message = msgid("Row {first} is about the same.")
            faults.append(_at(row.at, columns[0], "twice", message, first=first))
    return faults
