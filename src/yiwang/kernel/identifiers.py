"""Identifiers that the state gives, as checked types: a value of such a type is well formed and in its one spelling.

Each is a `str`, so it can be stored and compared as text. `parse` takes what people type (full-width characters, spaces
around and within, lower case) and raises `IdentifierFault`, a ValueError with a stable `code` and a sentence that says
what to write. Whether a county exists today is not asked: a number keeps the code of a county that was abolished.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import IntEnum, StrEnum
from typing import Self

from yiwang.kernel.errors import FieldFault, format_message, msgid

__all__ = [
    "CertificateIdentifier",
    "CertificateType",
    "CitizenId",
    "CreditCode",
    "DivisionCode",
    "DivisionLevel",
    "IdentifierFault",
    "MobileNumber",
    "OrganisationCode",
    "PersonKind",
    "Sex",
    "invent_citizen_id",
    "invent_credit_code",
]

LONGEST_INPUT = 64


class IdentifierFault(ValueError):
    """Why a text is no such identifier. `message`: gettext msgid with `{named}` placeholders filled from `params`."""

    def __init__(self, code: str, message: str, **params: object) -> None:
        super().__init__(format_message(message, params))
        self.code = code
        self.message = message
        self.params: Mapping[str, object] = params

    def at(self, pointer: str) -> FieldFault:
        """The same as a fault of the field at `pointer`."""
        return FieldFault(pointer, self.code, self.message, self.params)


def _plain(text: str, longest: int = LONGEST_INPUT) -> str:
    """What was meant by what was typed: full-width forms as ASCII (U+FF01–U+FF5E), no spaces, upper case.

    Other digits (Arabic-Indic and the like) stay as they are and are refused: nobody types them by habit.
    """
    if not isinstance(text, str):
        raise TypeError(f"An identifier is text, not {type(text).__name__}.")
    if len(text) > longest:
        return ""
    text = text.translate(_FULL_WIDTH)
    return re.sub(r"[ \t\r\n]", "", text).upper() if text.isascii() else text


_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xA0: 0x20}


# ── people ──────────────────────────────────────────────────────────────────────────────────────────────────────────

# GB/T 2260: the first two digits. 71, 81 and 82 are Taiwan, Hong Kong and Macao.
PROVINCES = frozenset(
    [
        "11",
        "12",
        "13",
        "14",
        "15",
        "21",
        "22",
        "23",
        "31",
        "32",
        "33",
        "34",
        "35",
        "36",
        "37",
        "41",
        "42",
        "43",
        "44",
        "45",
        "46",
        "50",
        "51",
        "52",
        "53",
        "54",
        "61",
        "62",
        "63",
        "64",
        "65",
        "71",
        "81",
        "82",
    ]
)
RESIDENCE_CARD_PLACES = frozenset({"810000", "820000", "830000"})
EARLIEST_YEAR = 1800


class Sex(StrEnum):
    """Codes of GB/T 2261.1 that an ID number can tell."""

    MALE = "1"
    FEMALE = "2"


class PersonKind(StrEnum):
    """Whose number it is."""

    CITIZEN = "citizen"
    HONG_KONG_MACAO_TAIWAN = "hong-kong-macao-taiwan"  # residence card 港澳台居民居住证
    FOREIGN_RESIDENT = "foreign-resident"  # permanent resident card 外国人永久居留身份证, form of 2023


class CitizenId(str):
    """A citizen ID number 公民身份号码 of 18 characters, or a number of the same form for residents from elsewhere.

    Source: GB 11643-1999 (structure, check character by ISO 7064 MOD 11-2). Residence cards of Hong Kong, Macao and
    Taiwan have 810000, 820000 or 830000 for the place; the foreign permanent resident card of 2023 begins with 9, then
    province, country (ISO 3166-1 numeric), birth date.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str, *, today: date | None = None) -> Self:
        """Check `text` and return it in its one spelling. With `today`, a birth date after it is refused.

        Raises IdentifierFault: citizen-id-shape, citizen-id-old-form, citizen-id-place, citizen-id-birth-date,
        citizen-id-check, citizen-id-future.
        """
        plain = _plain(text)
        if re.fullmatch(r"[0-9]{15}", plain):
            raise IdentifierFault(
                "citizen-id-old-form",
                msgid("The ID number has 15 digits, a form that ended in 2013. Enter the 18 characters of the card."),
            )
        if not re.fullmatch(r"[0-9]{17}[0-9X]", plain):
            raise IdentifierFault(
                "citizen-id-shape",
                msgid("The ID number must have 18 characters: 17 digits, then a digit or X. Enter it as on the card."),
            )
        number = cls(plain)
        if not number._place_exists():
            raise IdentifierFault(
                "citizen-id-place",
                msgid(
                    "The ID number begins with {place}, which no province has. Compare its first digits with the card."
                ),
                place=plain[:3] if plain[0] == "9" else plain[:2],
            )
        if not number._birth_date_holds():
            raise IdentifierFault(
                "citizen-id-birth-date",
                msgid("Digits 7 to 14 of the ID number must be a birth date, as 19900131. Compare them with the card."),
            )
        if citizen_id_check(plain[:17]) != plain[17]:
            raise IdentifierFault(
                "citizen-id-check",
                msgid(
                    "The ID number has a typing error: its last character does not fit the others."
                    " Compare it with the card."
                ),
            )
        if today is not None and number.birth_date > today:
            raise IdentifierFault(
                "citizen-id-future",
                msgid("By the ID number the person is not born yet. Compare digits 7 to 14 with the card."),
            )
        return number

    @classmethod
    def from_fifteen(cls, text: str) -> Self:
        """Upgrade a number of 15 digits from an old register: born in 19xx. Raises IdentifierFault as `parse`."""
        plain = _plain(text)
        if not re.fullmatch(r"[0-9]{15}", plain):
            raise IdentifierFault(
                "citizen-id-shape", msgid("An old ID number must have 15 digits. Enter it as in the old document.")
            )
        body = plain[:6] + "19" + plain[6:]
        return cls.parse(body + citizen_id_check(body))

    @property
    def kind(self) -> PersonKind:
        """Whose number it is."""
        if self[0] == "9":
            return PersonKind.FOREIGN_RESIDENT
        if self[:6] in RESIDENCE_CARD_PLACES:
            return PersonKind.HONG_KONG_MACAO_TAIWAN
        return PersonKind.CITIZEN

    @property
    def place(self) -> str:
        """Six digits of GB/T 2260 at first issue, perhaps abolished since; a foreigner's tells only the province."""
        return self[1:3] + "0000" if self[0] == "9" else self[:6]

    @property
    def country(self) -> str:
        """ISO 3166-1 numeric code of a foreign resident's country; empty for everybody else."""
        return self[3:6] if self[0] == "9" else ""

    @property
    def birth_date(self) -> date:
        """The birth date in the number."""
        return date(int(self[6:10]), int(self[10:12]), int(self[12:14]))

    @property
    def sex(self) -> Sex:
        """An odd sequence is a man's, an even one a woman's (GB 11643-1999)."""
        return Sex.MALE if int(self[16]) % 2 else Sex.FEMALE

    @property
    def masked(self) -> str:
        """First six and last four shown: `330106********4218`."""
        return self[:6] + "*" * 8 + self[14:]

    def _place_exists(self) -> bool:
        if self[0] == "9":
            return self[1:3] in PROVINCES and self[3:6] != "000"
        return self[:2] in PROVINCES or self[:6] in RESIDENCE_CARD_PLACES

    def _birth_date_holds(self) -> bool:
        try:
            return self.birth_date.year >= EARLIEST_YEAR
        except ValueError:
            return False


def citizen_id_check(body: str) -> str:
    """The 18th character for 17 digits: ISO 7064 MOD 11-2 (GB 11643-1999)."""
    return "10X98765432"[sum(int(digit) * pow(2, 17 - i, 11) for i, digit in enumerate(body)) % 11]


def invent_citizen_id(division: str, birth: date, sequence: int) -> CitizenId:
    """Make a well-formed number for an invented person.

    Use a division code that is not assigned, or the number may be somebody's. sequence: 0 to 999; odd for a man.
    """
    if not re.fullmatch(r"[0-9]{6}", division) or not 0 <= sequence <= 999:
        raise ValueError("An invented number needs a division code of six digits and a sequence from 0 to 999.")
    body = f"{division}{birth:%Y%m%d}{sequence:03d}"
    return CitizenId.parse(body + citizen_id_check(body))


class MobileNumber(str):
    """A mainland mobile telephone number, 11 digits, without +86."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check `text`; `+86`, `0086`, spaces and hyphens are left out. Raises IdentifierFault: mobile-shape."""
        plain = re.sub(r"^(\+86|0086)", "", _plain(text).replace("-", ""))
        if not re.fullmatch(r"1[3-9][0-9]{9}", plain):
            raise IdentifierFault(
                "mobile-shape",
                msgid("The mobile number must have 11 digits and begin with 13 to 19. Enter it without area code."),
            )
        return cls(plain)

    @property
    def masked(self) -> str:
        """First three and last four shown: `138****1234`."""
        return self[:3] + "****" + self[7:]


# ── organisations ───────────────────────────────────────────────────────────────────────────────────────────────────

CREDIT_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015 §4.2.2: without I O S V Z
_CREDIT_SHAPE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}")


class OrganisationCode(str):
    """An organisation code 组织机构代码 of nine characters, without its hyphen. Source: GB 11714-1997."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check `text`, with or without hyphen.

        Raises IdentifierFault: organisation-code-shape, organisation-code-check.
        """
        plain = re.sub(r"^([0-9A-Z]{8})-([0-9X])$", r"\1\2", _plain(text))
        if not re.fullmatch(r"[0-9A-Z]{8}[0-9X]", plain):
            raise IdentifierFault(
                "organisation-code-shape",
                msgid(
                    "The organisation code must have nine characters, as 00248971-9. Enter it as on the certificate."
                ),
            )
        if organisation_code_check(plain[:8]) != plain[8]:
            raise IdentifierFault(
                "organisation-code-check",
                msgid(
                    "The organisation code has a typing error: its last character does not fit the others."
                    " Compare it with the certificate."
                ),
            )
        return cls(plain)

    @property
    def written(self) -> str:
        """As printed, with its hyphen: `00248971-9`."""
        return f"{self[:8]}-{self[8]}"


def organisation_code_check(body: str) -> str:
    """The ninth character for eight (0–9, A = 10 … Z = 35). Source: GB 11714-1997."""
    total = sum(int(character, 36) * weight for character, weight in zip(body, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0123456789X0"[11 - total % 11]


class CreditCode(str):
    """A unified social credit code 统一社会信用代码 of 18 characters. Source: GB 32100-2015.

    Registration authority, class, division of the registering organ, organisation code, check character. Real registers
    hold a few codes whose check fails; an officer who may do so accepts them with `accept_wrong_check`.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str, *, accept_wrong_check: bool = False) -> Self:
        """Check `text` and return it in capitals.

        Raises IdentifierFault: credit-code-shape, credit-code-letter, credit-code-check.
        """
        plain = _plain(text)
        if letters := sorted(set(plain) & set("IOSVZ")):
            raise IdentifierFault(
                "credit-code-letter",
                msgid(
                    "A unified social credit code has no letters I, O, S, V, Z. Read {letters} on the licence again."
                ),
                letters=", ".join(letters),
            )
        if not _CREDIT_SHAPE.fullmatch(plain):
            raise IdentifierFault(
                "credit-code-shape",
                msgid(
                    "The unified social credit code must have 18 digits and capital letters, 3 to 8 being digits."
                    " Enter it as on the licence."
                ),
            )
        code = cls(plain)
        if not accept_wrong_check and not code.check_holds:
            raise IdentifierFault(
                "credit-code-check",
                msgid(
                    "The unified social credit code has a typing error: its last character does not fit the others."
                    " Compare it with the licence."
                ),
            )
        return code

    @property
    def check_holds(self) -> bool:
        """Whether the last character fits the others."""
        return credit_code_check(self[:17]) == self[17]

    @property
    def authority(self) -> str:
        """The registration authority's character (GB 32100-2015 table 1)."""
        return self[0]

    @property
    def organisation_class(self) -> str:
        """Authority and class, as `11` for an organ of the state, `91` for an enterprise."""
        return self[:2]

    @property
    def division(self) -> str:
        """Six digits for the division of the registering organ; 100000 for a national one."""
        return self[2:8]

    @property
    def organisation_code(self) -> OrganisationCode:
        """The organisation code within, not checked by itself: codes given since 2015 need not fit the older check."""
        return OrganisationCode(self[8:17])


def credit_code_check(body: str) -> str:
    """The 18th character for 17 (ISO 7064-like, weights 3^i mod 31). Source: GB 32100-2015 §4.2.6."""
    total = sum(CREDIT_CHARACTERS.index(character) * pow(3, i, 31) for i, character in enumerate(body))
    return CREDIT_CHARACTERS[-total % 31]


def invent_credit_code(organisation_class: str, division: str, number: int) -> CreditCode:
    """Make a well-formed code for an invented organisation, its organisation code within well formed, too.

    Use a division code that is not assigned, or the code may be somebody's. organisation_class: authority and class, as `92` for
    an individual business.  number: 0 to 99 999 999.
    """
    if not re.fullmatch(r"[0-9]{6}", division) or not 0 <= number < 10**8:
        raise ValueError("An invented code needs a division code of six digits and a number of at most eight.")
    organisation = f"{number:08d}"
    body = f"{organisation_class}{division}{organisation}{organisation_code_check(organisation)}"
    return CreditCode.parse(body + credit_code_check(body))


# ── places ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class DivisionLevel(IntEnum):
    """Levels of administrative division, 1 the highest."""

    PROVINCE = 1
    CITY = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5


class DivisionCode(str):
    """The code of an administrative division: 6 digits to county level, 9 for a street or town, 12 for a community.

    Source: GB/T 2260 (6 digits), GB/T 10114 (next 3), statistics code of communities and villages (next 3). The
    12-digit spelling with zeros at the end (`460105000000`) is the same place as the short one, which is kept.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check shape and province and return the short spelling; whether the place exists is for `places` to say.

        Raises IdentifierFault: division-shape, division-province.
        """
        plain = _plain(text)
        if not re.fullmatch(r"[0-9]{6}([0-9]{3}){0,2}", plain):
            raise IdentifierFault(
                "division-shape",
                msgid("A division code must have 6 digits, 9 for a street or town, or 12 for a community or village."),
            )
        if plain[:2] not in PROVINCES:
            raise IdentifierFault(
                "division-province",
                msgid("The division code begins with {place}, which no province has. Look the place up by its name."),
                place=plain[:2],
            )
        while len(plain) > 6 and plain.endswith("000"):
            plain = plain[:-3]
        return cls(plain)

    @property
    def level(self) -> DivisionLevel:
        """How high the division stands."""
        if len(self) > 6:
            return DivisionLevel.TOWNSHIP if len(self) == 9 else DivisionLevel.VILLAGE
        if self[4:] != "00":
            return DivisionLevel.COUNTY
        return DivisionLevel.CITY if self[2:4] != "00" else DivisionLevel.PROVINCE

    @property
    def parent(self) -> DivisionCode | None:
        """The division around it by the structure of the code; None for a province.

        A city without counties has its streets directly: the parent of 441900003 is 441900.
        """
        match self.level:
            case DivisionLevel.PROVINCE:
                return None
            case DivisionLevel.CITY:
                shorter = self[:2] + "0000"
            case DivisionLevel.COUNTY:
                shorter = self[:4] + "00"
            case DivisionLevel.TOWNSHIP | DivisionLevel.VILLAGE:
                shorter = self[:-3].removesuffix("000") if len(self) == 12 else self[:-3]
        return DivisionCode(shorter)

    @property
    def prefix(self) -> str:
        """The digits that every place within has in common: `46` for 460000, `4601` for 460100."""
        match self.level:
            case DivisionLevel.PROVINCE:
                return self[:2]
            case DivisionLevel.CITY:
                return self[:4]
        return str(self)

    def is_within(self, other: str) -> bool:
        """Whether this is the division `other` or a part of it."""
        return self.startswith(DivisionCode(other).prefix)


# ── certificates ────────────────────────────────────────────────────────────────────────────────────────────────────

CERTIFICATE_ROOT = "1.2.156.3005.2"  # GB/T 36904-2018: the object identifier under which certificates are named
LONGEST_SERIAL = 30
_CERTIFICATE_SHAPE = re.compile(
    rf"([0-9A-Z]{{21}})\.([0-9A-Z]{{9}}|[0-9A-Z]{{18}})\.([0-9A-Z]{{1,{LONGEST_SERIAL}}})\.([0-9]{{3}})\.([0-9A-Z])"
)


class CertificateType(str):
    """The code of a kind of certificate 证照类型代码: credit code of the body that defines it and three digits.

    Source: GB/T 36904-2018.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check `text`. Raises IdentifierFault: certificate-type-shape, and what CreditCode raises for the body's code."""
        plain = _plain(text)
        if not re.fullmatch(r"[0-9A-Z]{18}[0-9]{3}", plain):
            raise IdentifierFault(
                "certificate-type-shape",
                msgid(
                    "The code of a kind of certificate must have 21 characters: the credit code of the body that defines"
                    " it and three digits."
                ),
            )
        CreditCode.parse(plain[:18])
        return cls(plain)


class CertificateIdentifier(str):
    """The identifier of an electronic certificate 证照标识, in its one spelling with root and dots.

    Root, type code, code of the issuing body, serial number, version of three digits, check character.
    Source: GB/T 36904-2018; the check character is that of ISO 7064 MOD 37,36 over all parts between root and check.
    """

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Check `text`, with or without the root. Raises IdentifierFault: certificate-shape, certificate-check."""
        plain = _plain(text.replace("。", "."), 4 * LONGEST_INPUT).removeprefix(CERTIFICATE_ROOT + ".")
        found = _CERTIFICATE_SHAPE.fullmatch(plain)
        if found is None:
            raise IdentifierFault(
                "certificate-shape",
                msgid(
                    "A certificate identifier has five parts with dots between them. Enter it as printed on the"
                    " certificate, or scan its QR code."
                ),
            )
        *parts, check = found.groups()
        if certificate_check("".join(parts)) != check:
            raise IdentifierFault(
                "certificate-check",
                msgid(
                    "The certificate identifier has a typing error: its last character does not fit the others."
                    " Compare it with the certificate."
                ),
            )
        return cls(f"{CERTIFICATE_ROOT}.{plain}")

    @classmethod
    def make(cls, *, type_code: str, issuer: str, serial: str, version: int) -> Self:
        """The identifier of these parts.  issuer: credit code (older data: nine characters).  version: 1 to 999."""
        parts = f"{type_code}.{issuer}.{serial}.{version:03d}"
        return cls.parse(f"{parts}.{certificate_check(parts.replace('.', ''))}")

    @property
    def _parts(self) -> list[str]:
        return self.removeprefix(CERTIFICATE_ROOT + ".").split(".")

    @property
    def type_code(self) -> str:
        """What kind of certificate it is."""
        return self._parts[0]

    @property
    def issuer(self) -> str:
        """Code of the issuing body."""
        return self._parts[1]

    @property
    def serial(self) -> str:
        """The certificate's number, the same in all its versions."""
        return self._parts[2]

    @property
    def version(self) -> int:
        """From 1; a change makes the next one."""
        return int(self._parts[3])


def certificate_check(body: str) -> str:
    """The check character for digits and capital letters. Source: ISO 7064 MOD 37,36."""
    product = 36
    for character in body:
        product = (product + int(character, 36)) % 36 or 36
        product = product * 2 % 37
    return "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[(37 - product) % 36]
