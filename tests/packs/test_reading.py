"""YAML of packs: what is understood, and that nothing a file may hold is a crash."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from yiwang.packs.rules.reading import LARGEST_FILE, read_yaml

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(10**15), 10**15), st.text(max_size=20))
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=4),
    max_leaves=20,
)


def test_every_key_has_its_line() -> None:
    document = read_yaml("kind: element\n# why\ntitle:\n  zh-Hans: 姓名\nlist:\n  - {a: 1}\n  - b\n".encode())
    assert document.value == {"kind": "element", "title": {"zh-Hans": "姓名"}, "list": [{"a": 1}, "b"]}
    assert document.lines["title/zh-Hans"] == 4
    assert document.lines["list/0/a"] == 6
    assert document.lines["list/1"] == 7


def test_yes_and_on_are_texts_and_dates_stay_as_written() -> None:
    assert read_yaml(b"a: yes\nb: on\nc: 2026-11-21\nd: 0x1F\ne: null\nf: 1.5\n").value == {
        "a": "yes", "b": "on", "c": "2026-11-21", "d": "0x1F", "e": None, "f": 1.5,
    }  # fmt: skip


def test_what_a_number_was_written_like_is_kept() -> None:
    document = read_yaml(b"code: 007\n")
    assert document.value == {"code": 7}
    assert document.raw == {"code": "007"}


def test_a_huge_file_is_a_fault_and_is_not_parsed() -> None:
    document = read_yaml(b"a: 1\n" + b"#" * LARGEST_FILE)
    assert document.value is None
    assert "at most" in document.faults[0].message


def test_full_width_signs_of_a_chinese_text_are_no_fault() -> None:
    text = (
        "title: 职责：受理，审查（含“复核”）\n"
        "help: |\n  App：以后再说，WPS：可以打开\n"
        'quoted: "a：b"\n'
        "flow: {zh-Hans: 甲，乙：丙, en: One}\n"
        "fills: {区（县）: 秀英区, 我承诺，不再提交。: true, 说明：: x}\n"
        "folded: 第一行，\n  第二行：接着写\n"
    )
    document = read_yaml(text.encode())
    assert document.faults == ()
    assert document.value["flow"] == {"zh-Hans": "甲，乙：丙", "en": "One"}


def test_a_fault_beside_chinese_text_is_not_laid_to_its_signs() -> None:
    [fault] = read_yaml("title: {zh-Hans: 甲，乙, en: One: two}\n".encode()).faults
    assert "This is not YAML" in fault.message


def test_laughs_do_not_multiply() -> None:
    bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(8)
    )
    document = read_yaml(bomb.encode())
    assert len(document.faults) > 8


def test_depth_is_bounded() -> None:
    assert read_yaml(b"[" * 100_000).faults
    assert read_yaml(b"{a: " * 100_000).faults


@given(VALUES)
def test_json_is_read_as_it_was_meant(value: object) -> None:
    import json

    # JSON is YAML but for these: U+0085 and its like end lines in YAML, and text holds no invisible characters there.
    text = json.dumps(value, ensure_ascii=True)
    document = read_yaml(text.encode())
    if not document.faults:
        assert document.value == value


@given(st.binary(max_size=200))
def test_no_bytes_are_a_crash(content: bytes) -> None:
    read_yaml(content)


@given(st.text(alphabet="ab:-[]{}&*!|>'\"#,? \n\t1", max_size=60))
def test_no_signs_are_a_crash(content: str) -> None:
    read_yaml(content.encode())
