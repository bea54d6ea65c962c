"""Lists of units, posts, officers and assignments: what would come of one is shown first; all of it is taken in or nothing."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from support.demo import Demo

from yiwang.audit.models import Entry
from yiwang.identity.models import Account, Assignment, Post, Unit, UnitPath
from yiwang.identity.rules.lists import COLUMNS, decoded, parsed, written
from yiwang.identity.values.lists import MARKS, MOST_BYTES, MOST_ROWS, ListKind
from yiwang.kernel.errors import Invalid
from yiwang.kernel.time import today

NUMBER, NAME = "460199196103089029", "林秀英"
HEAD = "代码,名称,层级,上级代码,统一社会信用代码,行政区划代码"


@pytest.fixture
def system(demo: Demo) -> Client:
    client: Client = demo.client("sys.admin", post=True)
    return client


@pytest.fixture
def security(demo: Demo) -> Client:
    client: Client = demo.client("sec.admin", post=True)
    return client


def looked(client: Client, kind: str, table: str | bytes, status: int = 200) -> Any:
    """Hand a list in, as pasted cells or as a file; what the page shows then."""
    sent = {"table": table} if isinstance(table, str) else {"file": SimpleUploadedFile("list.csv", table)}
    answer = client.post(f"/desk/lists/{kind}/", sent)
    assert answer.status_code == status, answer.content.decode()[-3000:]
    return answer.context


def taken(client: Client, kind: str, table: str) -> Any:
    """Look, and take in what was looked at."""
    seen = looked(client, kind, table)
    answer = client.post(
        f"/desk/lists/{kind}/take-in/", {"table": seen["table"], "fingerprint": seen["seen"].fingerprint}
    )
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    return seen["seen"]


def wrong(context: Any) -> list[tuple[str, str, str]]:
    return [(one.row, one.column, one.words) for one in context["wrong"]]


def outcomes(context: Any) -> list[tuple[str, str]]:
    return [(one.key, one.what) for one in context["seen"].lines]


# ── How a list is written ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_list_is_read_as_office_programs_write_it(encoding: str, separator: str) -> None:
    text = "代码,单位代码,岗位名称,领导岗位\r\na-1,a,受理岗,是\r\n\r\na-2,a,审查岗,\r\n".replace(",", separator)
    table = parsed(ListKind.POSTS, decoded(text.encode(encoding)))
    assert [(row.at, row["code"], row["title"], row["leading"]) for row in table.rows] == [
        (2, "a-1", "受理岗", "yes"),
        (4, "a-2", "审查岗", ""),
    ]


@pytest.mark.parametrize(
    ("text", "code", "pointer"),
    [
        ("", "empty", "table"),
        ("代码,单位代码,岗位名称", "empty", "table"),
        ("代码,代码,单位代码,岗位名称\na,a,b,c", "twice", "rows/1/code"),
        ("代码,单位代码\na,b", "missing-column", "rows/1/title"),
        ("代码,单位代码,岗位名称,工资\na,b,c,9", "unknown-column", "rows/1"),
        ("代码,单位代码,岗位名称\na,b,c,d", "too-many-cells", "rows/2"),
        ("代码,单位代码,岗位名称\na,,c", "required", "rows/2/unit"),
        ("代码,单位代码,岗位名称,领导岗位\na,b,c,也许", "unknown-word", "rows/2/leading"),
        (f"代码,单位代码,岗位名称\na,b,{'长' * 501}", "too-long", "rows/2/title"),
        ('代码,单位代码,岗位名称\na,b,"c', "unreadable", "rows/2"),
        ("代码,单位代码,岗位名称\n" + "a,b,c\n" * (MOST_ROWS + 1), "too-many", "table"),
        ("代码,单位代码,岗位名称\n" + "a" * MOST_BYTES, "too-large", "table"),
    ],
)
def test_what_is_no_list_is_refused_by_name(text: str, code: str, pointer: str) -> None:
    with pytest.raises(Invalid) as refused:
        parsed(ListKind.POSTS, text)
    assert [(one.pointer, one.code) for one in refused.value.faults] == [(pointer, code)]


def test_a_picture_and_a_workbook_are_no_list() -> None:
    for data in (b"PK\x03\x04\x00\x00", b"\x89PNG\r\n\x1a\n\x00\x00\xff", b"\xff\xfe\x00", b"x" * (MOST_BYTES + 1)):
        with pytest.raises(Invalid) as refused:
            decoded(data)
        assert refused.value.faults[0].code in {"not-text", "too-large"}


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_no_bytes_make_it_fail_in_another_way(data: bytes) -> None:
    with suppress(Invalid):
        assert parsed(ListKind.UNITS, decoded(data)).rows


CELL = (
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
    | st.sampled_from(["=1+1", "+86", "-1", "@SUM(A1)", "a,b", 'a"b', "；"])
).filter(lambda cell: not cell.startswith("'"))


@given(st.lists(st.tuples(CELL, CELL, CELL), min_size=1, max_size=6), st.booleans())
def test_what_is_written_is_read_as_it_was_and_no_spreadsheet_computes_it(
    rows: list[tuple[str, str, str]], chinese: bool
) -> None:
    text = written(ListKind.OFFICERS, rows, chinese=chinese)
    read = parsed(ListKind.OFFICERS, text)
    assert [(row["login"], row["number"], row["name"]) for row in read.rows] == rows
    for line in list(csv.reader(io.StringIO(text)))[1:]:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in line)


# ── Units ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_units_are_opened_in_any_order_renamed_and_moved(system: Client) -> None:
    before = Unit.objects.count()
    table = (
        f"{HEAD}\nnew-b,新局综合科,内设机构,new-a,,460100\nnew-a,海口市新局,市级,hk-gov,11460199990000017H,460100\n"
    ).replace("new-a,,", "new-a,11460199990000017H,")
    seen = looked(system, "units", table)
    assert outcomes(seen) == [("new-b", "new"), ("new-a", "new")]
    assert Unit.objects.count() == before, "looking changes nothing"
    assert not Entry.objects.filter(action="unit.open", object_id__in=["new-a", "new-b"]).exists()
    taken(system, "units", table)
    inner = Unit.objects.get(code="new-b")
    assert UnitPath.objects.filter(ancestor__code="hk-gov", descendant=inner, depth=2).exists()
    assert Entry.objects.filter(action="unit.open", object_id=str(inner.id), outcome="done").exists()
    moved = "代码,名称,层级,上级代码\nnew-b,新局办公室,内设机构,hk-office\nnew-a,海口市新局,市级,hk-gov\n"
    seen = looked(system, "units", moved)
    assert outcomes(seen) == [("new-b", "changed"), ("new-a", "same")]
    taken(system, "units", moved)
    inner.refresh_from_db()
    assert (inner.title, inner.parent.code) == ("新局办公室", "hk-office")
    assert [one.what for one in inner.changes.order_by("at", "id")] == ["opened", "renamed", "moved"]
    done = Entry.objects.filter(action="list.take-in").latest("id")
    assert done.details["changed"] == 1
    again = looked(system, "units", moved)
    assert outcomes(again) == [("new-b", "same"), ("new-a", "same")]


def test_what_a_list_has_no_column_for_stays(system: Client) -> None:
    unit = Unit.objects.get(code="hk-office")
    taken(system, "units", "code,title,level\nhk-office,海口市人民政府办公厅,city\n")
    unit.refresh_from_db()
    assert (unit.title, unit.short_title, unit.parent.code) == ("海口市人民政府办公厅", "市政府办", "hk-gov")


def test_everything_wrong_is_said_at_once_and_nothing_is_done(system: Client) -> None:
    before = Unit.objects.count()
    table = (
        f"{HEAD}\n"
        "good,海口市好局,市级,hk-gov,11460199990000017H,460100\n"
        "x-1,甲,市级,nowhere,11460199990000017H,460100\n"
        "x-2,乙,市级,hk-gov,11460199990000018H,999999\n"
        "hk-office,海口市人民政府办公室,区级,hk-gov,,\n"
        "good,海口市好局,市级,hk-gov,11460199990000017H,460100\n"
        "c-1,圈一,市级,c-2,11460199990000017H,460100\n"
        "c-2,圈二,市级,c-1,11460199990000017H,460100\n"
    )
    told = wrong(looked(system, "units", table, 422))
    assert [(row, column) for row, column, _ in told] == [
        ("3", "上级代码"),
        ("4", "统一社会信用代码"),
        ("4", "行政区划代码"),
        ("5", "层级"),
        ("6", "代码"),
        ("7", "上级代码"),
        ("8", "上级代码"),
    ]
    assert "nowhere" in told[0][2]
    assert "现为" in told[3][2]
    assert Unit.objects.count() == before
    answer = system.post("/desk/lists/units/take-in/", {"table": table, "fingerprint": "x"})
    assert answer.status_code == 422
    assert table.splitlines()[1] in answer.content.decode(), "what was handed in is still there"
    assert Unit.objects.count() == before


def test_a_unit_cannot_be_moved_below_itself_by_a_list(system: Client) -> None:
    told = wrong(looked(system, "units", "代码,名称,层级,上级代码\nhk-gov,海口市人民政府,市级,hk-office\n", 422))
    assert [(row, "下级" in words or "自己" in words) for row, _, words in told] == [("2", True)]


def test_what_was_looked_at_is_what_is_taken_in(system: Client) -> None:
    table = f"{HEAD}\nnew-a,海口市新局,市级,hk-gov,11460199990000017H,460100\nhk-office,改名办,市级,hk-gov,,\n"
    seen = looked(system, "units", table)
    unit = Unit.objects.get(code="hk-office")
    unit.short_title = "被别人改过"
    unit.save(update_fields=["short_title"])
    Unit.objects.filter(code="hk-office").update(title="改名办", short_title="改名办")
    sent = {"table": table, "fingerprint": seen["seen"].fingerprint}
    answer = system.post("/desk/lists/units/take-in/", sent)
    assert answer.status_code == 409
    assert not Unit.objects.filter(code="new-a").exists()
    assert outcomes(answer.context) == [("new-a", "new"), ("hk-office", "same")], "it is shown anew"
    sent["fingerprint"] = answer.context["seen"].fingerprint
    assert system.post("/desk/lists/units/take-in/", sent).status_code == 303


# ── Posts ───────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_posts_are_opened_with_duties_by_name_or_code(system: Client) -> None:
    from yiwang.identity.queries import duties
    from yiwang.kernel.texts import text

    one, other = list(duties().values())[-2:]
    table = (
        "代码,单位代码,岗位名称,职责,领导岗位\n"
        f"n-1,hk-office,窗口岗,{text(one.title)}、{other.id},\n"
        f"n-2,hk-office,主任岗,{one.id} {other.id},是\n"
    )
    taken(system, "posts", table)
    made = {row.code: row for row in Post.objects.filter(code__in=("n-1", "n-2")).prefetch_related("duties")}
    for row in made.values():
        assert {duty.duty for duty in row.duties.all()} == {one.id, other.id}
    assert [made["n-1"].leading, made["n-2"].leading] == [False, True]
    assert outcomes(looked(system, "posts", table.replace(",是", ",否"))) == [("n-1", "same"), ("n-2", "changed")]


def test_duties_and_place_of_a_post_that_stands_are_not_for_a_list(system: Client) -> None:
    post = Post.objects.select_related("unit").get(code="hk-data-portal")
    told = wrong(
        looked(
            system,
            "posts",
            f"代码,单位代码,岗位名称,职责\n{post.code},hk-office,{post.title},\n"
            "hk-data-system,hk-data,系统管理员,administer-audit\n"
            "n-3,hk-office,岗,没有这种职责\n",
            422,
        )
    )
    assert [(row, column) for row, column, _ in told] == [("2", "单位代码"), ("3", "职责"), ("4", "职责")]


# ── Officers ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def someone_without_account(demo: Demo) -> tuple[str, str]:
    """Number and name of a person of the register who has no account."""
    from yiwang.records.queries.names import called
    from yiwang.subjects.models import Identifier

    taken_by = set(Account.objects.exclude(subject=None).values_list("subject_id", flat=True))
    for row in Identifier.objects.filter(scheme="citizen-id").exclude(subject_id__in=taken_by).order_by("id")[:50]:
        if name := called([row.subject_id]).get(row.subject_id, ""):
            return row.value, name
    raise AssertionError("everybody has an account")


def test_an_account_is_opened_for_who_is_in_the_register(demo: Demo, system: Client) -> None:
    number, name = someone_without_account(demo)
    seen = taken(system, "officers", f"登录名,公民身份号码,姓名\nnew.officer,{number},{name}\nwu.qing,,\n")
    assert [(one.key, one.what) for one in seen.lines] == [("new.officer", "new"), ("wu.qing", "same")]
    account = Account.objects.get(login="new.officer")
    assert not account.has_usable_password()
    kept = json.dumps(list(Entry.objects.filter(action__startswith="list.").values_list("details", flat=True)))
    assert number not in kept
    assert name not in kept


NOBODY = "460199196103089010"
"""Well formed, and nobody's."""


def test_number_and_name_have_to_be_one_person_s_and_the_answer_tells_nothing_more(system: Client) -> None:
    told = wrong(
        looked(
            system,
            "officers",
            f"登录名,公民身份号码,姓名\na.one,{NUMBER},别人\nb.two,{NOBODY},{NAME}\n",
            422,
        )
    )
    assert [(row, column) for row, column, _ in told] == [("2", "公民身份号码"), ("3", "公民身份号码")]
    assert len({words for _, _, words in told}) == 1
    looks = Entry.objects.filter(action="list.look-at").latest("id")
    assert looks.details["faults"] == 2, "who guesses is written down"


def test_each_mistake_of_a_row_of_officers_has_a_sentence_of_its_own(system: Client) -> None:
    rows = {
        "张敏": (NOBODY, NAME),  # no log-in
        "a.two": ("4601991961030890", NAME),  # too short
        "a.three": ("460199196103089999", NAME),  # a check character that does not fit
        "a.four": ("", NAME),
        "a.five": ("460199196103089037", ""),
        "a.six": (NUMBER, NAME),  # who has an account
        "a.seven": ("460199199003070025", NAME),  # nobody's
        "fu.hai": ("", NAME),
    }
    table = "".join(f"{login},{number},{name}\n" for login, (number, name) in rows.items())
    told = wrong(looked(system, "officers", "登录名,公民身份号码,姓名\n" + table, 422))
    assert [(row, column) for row, column, _ in told] == [
        ("2", "登录名"),
        ("3", "公民身份号码"),
        ("4", "公民身份号码"),
        ("5", "公民身份号码"),
        ("6", "姓名"),
        ("7", "公民身份号码"),
        ("8", "公民身份号码"),
        ("9", "公民身份号码"),
    ]
    words = {row: said for row, _, said in told}
    [(_, column, words["another's"])] = wrong(
        looked(system, "officers", f"登录名,公民身份号码,姓名\nwu.qing,{NUMBER},{NAME}\n", 422)
    )
    assert column == "登录名"
    assert len(set(words.values())) == len(words)
    assert "字母开头" in words["2"]
    assert "18" in words["3"]
    assert "末位" in words["4"]
    assert "已经有账号" in words["7"]


def test_everything_wrong_with_a_row_is_said_at_once(system: Client) -> None:
    told = wrong(looked(system, "officers", "登录名,公民身份号码,姓名\n张敏,123,\n", 422))
    assert [(row, column) for row, column, _ in told] == [("2", "登录名"), ("2", "公民身份号码"), ("2", "姓名")]


def test_a_log_in_or_a_person_who_stands_in_two_rows_is_told_once(demo: Demo, system: Client) -> None:
    number, name = someone_without_account(demo)
    rows = (f"b.one,{number},{name}", f"b.two,{number},{name}", f"B.One,{NOBODY},{NAME}")
    told = wrong(looked(system, "officers", "登录名,公民身份号码,姓名\n" + "\n".join(rows) + "\n", 422))
    assert [(row, column) for row, column, _ in told] == [("3", "公民身份号码"), ("4", "登录名")]
    assert all("第2行" in words.replace(" ", "") for _, _, words in told)


def test_a_closed_account_is_not_taken_for_one_that_stands(system: Client) -> None:
    Account.objects.filter(login="wu.qing").update(is_active=False, closed_on=today())
    [(row, column, words)] = wrong(looked(system, "officers", "登录名,公民身份号码,姓名\nwu.qing,,\n", 422))
    assert (row, column) == ("2", "登录名")
    assert "重新启用" in words


def test_a_new_unit_that_leaves_something_out_is_told_what(system: Client) -> None:
    told = wrong(looked(system, "units", f"{HEAD}\nnew-a,海口市新局,市级,nowhere,,\n", 422))
    assert [(row, column) for row, column, _ in told] == [
        ("2", "上级代码"),
        ("2", "统一社会信用代码"),
        ("2", "行政区划代码"),
    ]
    assert all("新" in words for _, _, words in told[1:])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
@pytest.mark.parametrize("kind", list(ListKind))
def test_an_empty_list_says_what_has_to_be_filled_and_is_read_as_it_was_written(
    system: Client, security: Client, kind: ListKind, language: str
) -> None:
    client = security if kind is ListKind.ASSIGNMENTS else system
    client.cookies["yiwang_language"] = language
    answer = client.get(f"/desk/lists/{kind}/table/?rows=none")
    heading = next(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    said = 0 if language == "zh-hans" else 1
    assert [MARKS[one.needed][said] in cell for one, cell in zip(COLUMNS[kind], heading, strict=True)] == [True] * len(
        heading
    )
    marks = [one["mark"] for one in client.get(f"/desk/lists/{kind}/").context["columns"]]
    assert marks == [MARKS[one.needed][said] for one in COLUMNS[kind]]
    rows = io.StringIO()
    csv.writer(rows).writerows([heading, [one.example[said] for one in COLUMNS[kind]]])
    [row] = parsed(kind, rows.getvalue()).rows
    assert all(row[one.name] for one in COLUMNS[kind])


# ── Assignments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_officers_are_put_into_posts_by_a_list(system: Client, security: Client) -> None:
    taken(system, "posts", "代码,单位代码,岗位名称\nn-9,hk-office,文书岗\n")
    last = today() + timedelta(days=30)
    table = (
        "登录名,岗位代码,方式,起始日,最后一天,编制,文号\n"
        f"wu.qing,n-9,主持工作,{today().year}年{today().month}月{today().day}日,{last:%Y/%m/%d},,海人社〔2026〕9号\n"
    )
    taken(security, "assignments", table)
    made = Assignment.objects.get(post__code="n-9")
    assert (made.account.login, made.kind, made.valid_from) == ("wu.qing", "acting", today())
    assert made.valid_to == last + timedelta(days=1)
    assert made.document == "海人社〔2026〕9号"
    assert [one.what for one in looked(security, "assignments", table)["seen"].lines] == ["same"]


def test_what_stands_against_an_assignment_is_said_of_its_row(security: Client) -> None:
    yesterday = today() - timedelta(days=1)
    told = wrong(
        looked(
            security,
            "assignments",
            "登录名,岗位代码,起始日,最后一天\n"
            "nobody.here,hk-data-portal,,\n"
            "wu.qing,no-such-post,,\n"
            f"wu.qing,hk-data-portal,{yesterday},\n"
            f"fu.hai,hk-data-portal,,{yesterday}\n"
            "wu.qing,hk-data-portal,2026-02-30,\n"
            "sec.admin,hk-data-portal,,\n",
            422,
        )
    )
    assert [(row, column) for row, column, _ in told] == [
        ("2", "登录名"),
        ("3", "岗位代码"),
        ("4", "起始日"),
        ("5", "最后一天"),
        ("6", "起始日"),
        ("7", ""),
    ]


def test_nobody_takes_in_what_he_may_not_do_one_by_one(demo: Demo, system: Client, security: Client) -> None:
    for client, kinds in ((system, ["units", "posts", "officers"]), (security, ["assignments"])):
        found = client.get("/desk/lists/").context["kinds"]
        assert [one.at.split("/")[-2] for one in found] == kinds
        for kind in ListKind:
            assert client.get(f"/desk/lists/{kind}/").status_code == (200 if kind in kinds else 403)
    officer = demo.client("wu.qing", post=True)
    assert officer.get("/desk/lists/").status_code == 403
    assert "/desk/lists/" not in officer.get("/desk/units/").content.decode()
    for client, at in ((system, "/desk/units/"), (security, "/desk/officers/")):
        assert "/desk/lists/" in client.get(at).content.decode()


# ── What stands, as a list ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", list(ListKind))
def test_what_stands_goes_out_and_comes_in_again_unchanged(system: Client, security: Client, kind: ListKind) -> None:
    client = security if kind is ListKind.ASSIGNMENTS else system
    answer = client.get(f"/desk/lists/{kind}/table/")
    assert answer["Content-Type"].startswith("text/csv")
    text = answer.content.decode("utf-8-sig")
    assert text.splitlines()[0].split(",") == [one.titles[0] for one in COLUMNS[kind]]
    assert NUMBER not in text
    seen = looked(client, kind, answer.content)["seen"]
    assert len(seen.lines) == len(text.splitlines()) - 1
    assert {one.what for one in seen.lines} == {"same"}


def test_programs_look_and_take_in_as_people_do(demo: Demo, system: Client) -> None:
    table = (
        "code,title,level,parent,credit_code,division_code\nnew-a,海口市新局,city,hk-gov,11460199990000017H,460100\n"
    )
    look = system.post("/api/v1/lists/units/look", {"table": table}, content_type="application/json")
    assert look.status_code == 200, look.content.decode()
    assert [(one["key"], one["what"]) for one in look.json()["lines"]] == [("new-a", "new")]
    sent = {"table": table, "fingerprint": "another"}
    assert system.post("/api/v1/lists/units", sent, content_type="application/json").status_code == 409
    sent["fingerprint"] = look.json()["fingerprint"]
    assert system.post("/api/v1/lists/units", sent, content_type="application/json").status_code == 200
    assert Unit.objects.filter(code="new-a").exists()
    bad = system.post("/api/v1/lists/units/look", {"table": table + ",,,,,x\n"}, content_type="application/json")
    assert bad.status_code == 422
    assert {one["pointer"] for one in bad.json()["errors"]} == {"rows/3/code", "rows/3/title", "rows/3/level"}
    table = system.get("/api/v1/lists/posts").content.decode()
    assert table.splitlines()[0] == "Code,Code of the unit,Title,Duties,Leading post"
    assert system.get("/api/v1/lists/wages").status_code == 422


def test_rows_that_stand_so_cost_nothing(system: Client) -> None:
    lines = system.get("/desk/lists/units/table/").content.decode("utf-8-sig").splitlines()
    few, many = "\r\n".join(lines[:3]), "\r\n".join(lines)
    with CaptureQueriesContext(connection) as short:
        looked(system, "units", few)
    with CaptureQueriesContext(connection) as long:
        looked(system, "units", many)
    assert len(long) == len(short)
