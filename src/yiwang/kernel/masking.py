"""Masks: how a personal value is shown to somebody who may know that it is there and not what it is.

The forms are those customary in public notices, in line with 个人信息保护法 art. 51 (de-identification) and GB/T
37964-2019. A mask never shows a value that it does not understand: what is too short or of another shape is covered
whole.
"""

from __future__ import annotations

import re

__all__ = [
    "COVERED",
    "IDENTITY_NUMBER",
    "cover_identity_numbers",
    "mask",
    "mask_address",
    "mask_bank_card",
    "mask_citizen_id",
    "mask_mobile",
    "mask_name",
]

COVERED = "****"
"""What stands for a value of which nothing may be shown."""
IDENTITY_NUMBER = re.compile(r"(?<![0-9A-Za-z])[1-9]\d{16}[0-9Xx](?![0-9A-Za-z])")
"""What looks like a resident identity number, standing by itself in a text."""
# Province, city, county, street or town, each at most once; whatever follows is covered. A name that this does not
# understand ends the part shown: better a line too short than a door number. (Of 社区, 小区, 园区, 校区 none is a 区.)
_NAME = r"[^\d\s]{1,2}[^\d\s省市区县镇乡路巷号弄栋楼室]{0,10}?"
_TO_STREET = re.compile(
    rf"(?:{_NAME}(?:省|自治区))?"
    rf"(?:{_NAME}(?:市|自治州|地区|盟))?"
    rf"(?:{_NAME}(?:市|县|旗|(?<![社小园校])区))?"
    rf"(?:{_NAME}(?:街道|镇|乡|苏木))?"
)


def mask_name(name: str) -> str:
    """`张*` for two characters, `张*三` for three, first and last shown for more."""
    if len(name) < 2:
        return "*" * len(name)
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_citizen_id(number: str) -> str:
    """`330106********4218`; anything but 18 characters is covered whole."""
    return number[:6] + "*" * 8 + number[14:] if re.fullmatch(r"[0-9]{17}[0-9X]", number) else COVERED


def cover_identity_numbers(text: str) -> str:
    """A text, such as a line of a log, in which what looks like an identity number is masked."""
    return IDENTITY_NUMBER.sub(lambda found: mask_citizen_id(found.group().upper()), text)


def mask_mobile(number: str) -> str:
    """`138****1234`; anything but a mobile number is covered whole."""
    return number[:3] + "****" + number[7:] if re.fullmatch(r"1[0-9]{10}", number) else COVERED


def mask_bank_card(number: str) -> str:
    """`****1234`: the last four digits of 12 to 19."""
    return COVERED + number[-4:] if re.fullmatch(r"[0-9]{12,19}", number) else COVERED


def mask_address(address: str) -> str:
    """`海南省海口市秀英区海秀街道****`: down to the street, the rest covered."""
    match = _TO_STREET.match(address[:100])
    return (match.group() if match else "") + COVERED


_MASKS = {
    "name": mask_name,
    "citizen-id": mask_citizen_id,
    "phone": mask_mobile,
    "bank-card": mask_bank_card,
    "address": mask_address,
}


def mask(kind: str, value: str) -> str:
    """Mask `value` as its kind is masked: name, citizen-id, phone, bank-card, address. Others are covered whole."""
    masking = _MASKS.get(kind)
    return masking(value) if masking else COVERED
