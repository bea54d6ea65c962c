"""Texts for readers of several languages, and values for readers who may not know them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yiwang.kernel.masking import mask, mask_address, mask_bank_card, mask_citizen_id, mask_mobile, mask_name
from yiwang.kernel.texts import text

BOTH = {"zh-Hans": "居住地址声明", "en": "Address statement"}


@pytest.mark.parametrize(
    ("title", "language", "shown"),
    [
        ("居住地址声明", "en", "居住地址声明"),
        (BOTH, "zh-Hans", "居住地址声明"),
        (BOTH, "zh-hans", "居住地址声明"),
        (BOTH, "zh_Hans", "居住地址声明"),
        (BOTH, "zh-CN", "居住地址声明"),
        (BOTH, "en", "Address statement"),
        (BOTH, "en-GB", "Address statement"),
        (BOTH, "fr", "居住地址声明"),
        ({"zh-Hans": "", "en": "Only English"}, "zh-Hans", "Only English"),
        ({"en": "Only English"}, "zh-Hans", "Only English"),
        ({}, "en", ""),
        ("", "en", ""),
    ],
)
def test_a_text_is_picked_for_its_reader(title: str | dict[str, str], language: str, shown: str) -> None:
    assert text(title, language) == shown


def test_without_a_language_the_text_is_chinese() -> None:
    assert text(BOTH) == "居住地址声明"


@pytest.mark.parametrize(
    ("name", "shown"), [("", ""), ("张", "*"), ("张三", "张*"), ("张小三", "张*三"), ("买买提·吐尔逊", "买*****逊")]
)
def test_names(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("海南省海口市秀英区海秀街道滨海社区1号楼", "海南省海口市秀英区海秀街道****"),
        ("秀英区石山镇3号", "秀英区石山镇****"),
        ("内蒙古自治区呼伦贝尔市鄂温克族自治旗伊敏苏木", "内蒙古自治区呼伦贝尔市鄂温克族自治旗伊敏苏木****"),
        ("河南省新乡市红旗区东街街道3号", "河南省新乡市红旗区东街街道****"),
        ("北京市朝阳区望京街道阜通东大街6号", "北京市朝阳区望京街道****"),
        ("海口市龙华区滨海小区2栋", "海口市龙华区****"),
        ("海口市秀英区海秀路城市广场", "海口市秀英区****"),
        ("1号楼", "****"),
        ("", "****"),
        ("Room 5, Main Street", "****"),
    ],
)
def test_addresses_are_shown_to_the_street(address: str, shown: str) -> None:
    assert mask_address(address) == shown


def test_numbers() -> None:
    assert mask_citizen_id("330106199003074218") == "330106********4218"
    assert mask_mobile("13812341234") == "138****1234"
    assert mask_bank_card("6222021234567890123") == "****0123"


@pytest.mark.parametrize("masking", [mask_citizen_id, mask_mobile, mask_bank_card])
@pytest.mark.parametrize("value", ["", "1", "１３８１２３４１２３４", "x" * 18, "13812341", "13812341234\n", "1" * 30])
def test_what_is_not_understood_is_covered_whole(masking: object, value: str) -> None:
    assert callable(masking)
    assert masking(value) == "****"


@given(
    st.sampled_from(["name", "citizen-id", "phone", "bank-card", "address", "text", "?"]),
    st.text(min_size=3, max_size=40),
)
def test_a_mask_always_covers_something(kind: str, value: str) -> None:
    shown = mask(kind, value)
    assert "*" in shown
    assert shown != value


def test_an_unknown_kind_is_covered_whole() -> None:
    assert mask("diagnosis", "糖尿病") == "****"
