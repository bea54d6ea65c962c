"""The types of elements: how a value is understood, stored, frozen and shown. No database: whether a place exists is asked elsewhere.

Each type takes what people type and what JSON gives, and refuses the rest with a sentence. `from_json(to_json(v)) == v`,
`from_columns(to_columns(v)) == v`, and `clean(to_json(v)) == v` for every value v.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from uuid import UUID

from yiwang.catalog.values import FILE_FORMATS, Address, ElementView, FileValue, ValueRefused
from yiwang.kernel.errors import msgid
from yiwang.kernel.identifiers import CitizenId, CreditCode, IdentifierFault
from yiwang.kernel.texts import civil_day
from yiwang.kernel.time import CITY_ZONE
from yiwang.kernel.typed import folded, narrow, no_spaces, one_line

__all__ = ["TYPES", "Column", "ElementType"]

LARGEST_INTEGER = 2**53 - 1  # what every reader of JSON holds exactly
MOST_DIGITS = 30


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a generated table.  suffix: after the element's name.  sql: the PostgreSQL type."""

    suffix: str
    sql: str


class ElementType:
    """One type. expression: what it is in CEL, empty when no condition can compute with it."""

    name: ClassVar[str]
    expression: ClassVar[str] = ""
    takes_code_list: ClassVar[bool] = False
    is_number: ClassVar[bool] = False
    compared: ClassVar[tuple[tuple[int, bool], ...]] = ((0, False),)
    """What makes two values mean the same: positions in `columns`, and whether the text there is folded (`kernel.typed.folded`)."""

    def comparable(self, value: Any) -> tuple[Any, ...]:
        """A form in which two values that mean the same are equal; SQL over `compared` says the same."""
        cells = self.to_columns(value)
        return tuple(folded(cells[position]) if fold else cells[position] for position, fold in self.compared)

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        """Columns in which a value stands."""
        return (Column("", "text"),)

    def clean(self, given: object, element: ElementView) -> Any:
        """The value that was meant. Raises ValueRefused."""
        raise NotImplementedError

    def to_json(self, value: Any) -> Any:
        """The value as canonical JSON holds it: to freeze it in a case, to digest it."""
        return str(value)

    def from_json(self, frozen: Any) -> Any:
        """The value again."""
        return frozen

    def to_columns(self, value: Any) -> tuple[Any, ...]:
        """What stands in `columns`."""
        return (value,)

    def from_columns(self, stored: Sequence[Any]) -> Any:
        """The value again; None when nothing is stored."""
        return stored[0]

    def shown(self, value: Any, element: ElementView, language: str) -> str:
        """The value for people."""
        return f"{value}{element.unit}"


def _text_of(given: object, element: ElementView) -> str:
    if isinstance(given, bool) or not isinstance(given, str | int):
        raise ValueRefused("not-text", msgid("Enter {title} as text."))
    return str(given)


class TextType(ElementType):
    """One line of text, at most `longest` characters."""

    name = "text"
    expression = "text"
    compared = ((0, True),)

    def clean(self, given: object, element: ElementView) -> str:
        line = one_line(_text_of(given, element))
        if line is None:
            raise ValueRefused(
                "control-character",
                msgid("{title} holds an invisible control character. Type it again instead of pasting."),
            )
        if len(line) > element.longest:
            raise ValueRefused(
                "too-long",
                msgid("{title} has {length} characters; at most {longest} are allowed."),
                length=len(line),
                longest=element.longest,
            )
        return line


class CodeType(ElementType):
    """A code of a list. Whether the list has it is asked where the list is known."""

    name = "code"
    expression = "code"
    takes_code_list = True

    def clean(self, given: object, element: ElementView) -> str:
        return no_spaces(_text_of(given, element))


class IntegerType(ElementType):
    """A whole number."""

    name = "integer"
    expression = "integer"
    is_number = True

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        return (Column("", "bigint"),)

    def clean(self, given: object, element: ElementView) -> int:
        if isinstance(given, int) and not isinstance(given, bool):
            number = given
        elif isinstance(given, str) and re.fullmatch(
            r"[-+]?[0-9]{1,3}(,[0-9]{3})+|[-+]?[0-9]{1,20}", typed := no_spaces(given)
        ):
            number = int(typed.replace(",", ""))
        else:
            raise ValueRefused("not-a-whole-number", msgid("Enter {title} as a whole number, in digits."))
        if abs(number) > LARGEST_INTEGER:
            raise ValueRefused("number-too-large", msgid("{title} is too large."))
        return number

    def to_json(self, value: Any) -> int:
        return int(value)


class DecimalType(ElementType):
    """A number with at most `decimals` places after the point. Frozen as text, because JSON readers round."""

    name = "decimal"
    is_number = True

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        return (Column("", f"numeric({MOST_DIGITS},{element.decimals})"),)

    def clean(self, given: object, element: ElementView) -> Decimal:
        number = _decimal(given)
        if number is None:
            raise ValueRefused("not-a-number", msgid("Enter {title} as a number, in digits."))
        if abs(number) >= Decimal(10) ** (MOST_DIGITS - element.decimals):
            raise ValueRefused("number-too-large", msgid("{title} is too large."))
        rounded = round(number, element.decimals)
        if rounded != number:
            raise ValueRefused(
                "too-many-decimals",
                msgid("{title} may have at most {decimals} digits after the point."),
                decimals=element.decimals,
            )
        return rounded

    def to_json(self, value: Any) -> str:
        return f"{value:f}"

    def from_json(self, frozen: Any) -> Decimal:
        return Decimal(frozen)


def _decimal(given: object) -> Decimal | None:
    if isinstance(given, Decimal):
        return given if given.is_finite() else None
    if isinstance(given, int) and not isinstance(given, bool):
        return Decimal(given)
    if not isinstance(given, str | float):
        return None
    typed = no_spaces(str(given))
    if not re.fullmatch(r"[-+]?([0-9]{1,3}(,[0-9]{3})+|[0-9]{1,40})(\.[0-9]{1,40})?", typed):
        return None
    try:
        return Decimal(typed.replace(",", ""))
    except InvalidOperation:
        return None


class MoneyType(ElementType):
    """An amount in 分. A text is 元 with at most two decimals (`1,234.50`), a JSON number is 分."""

    name = "money"
    expression = "money"
    is_number = True

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        return (Column("", "bigint"),)

    def clean(self, given: object, element: ElementView) -> int:
        if isinstance(given, int) and not isinstance(given, bool):
            amount = given
        else:
            number = (
                _decimal(no_spaces(given).removeprefix("¥").removeprefix("￥").removesuffix("元"))
                if isinstance(given, str)
                else None
            )
            if number is None:
                raise ValueRefused("not-money", msgid("Enter {title} as an amount in yuan, such as 1234.50."))
            if number != round(number, 2):
                raise ValueRefused(
                    "too-many-decimals",
                    msgid("{title} may have at most {decimals} digits after the point."),
                    decimals=2,
                )
            amount = int(number * 100)
        if abs(amount) > LARGEST_INTEGER:
            raise ValueRefused("number-too-large", msgid("{title} is too large."))
        return amount

    def to_json(self, value: Any) -> int:
        return int(value)

    def shown(self, value: Any, element: ElementView, language: str) -> str:
        sign = "-" if value < 0 else ""
        return f"{sign}¥{abs(value) // 100:,}.{abs(value) % 100:02d}"


class DateType(ElementType):
    """A civil date: `2026-11-21`, `2026/11/21`, `2026.11.21`, `20261121`, `2026年11月21日`."""

    name = "date"
    expression = "date"

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        return (Column("", "date"),)

    def clean(self, given: object, element: ElementView) -> date:
        if isinstance(given, date) and not isinstance(given, datetime):
            return given
        typed = no_spaces(given) if isinstance(given, str) else ""
        found = re.fullmatch(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))", typed, re.ASCII)
        if found:
            year, month, day = (int(part) for part in found.groups() if part is not None)
            try:
                if year >= 1800:
                    return date(year, month, day)
            except ValueError:
                pass
        raise ValueRefused("not-a-date", msgid("Enter {title} as a date that exists, such as 2026-01-31."))

    def to_json(self, value: Any) -> str:
        return str(value.isoformat())

    def from_json(self, frozen: Any) -> date:
        return date.fromisoformat(frozen)

    def shown(self, value: Any, element: ElementView, language: str) -> str:
        return civil_day(value, language)


class InstantType(ElementType):
    """A moment, ISO 8601. Without an offset it is the city's time."""

    name = "instant"
    expression = "instant"

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        return (Column("", "timestamptz"),)

    def clean(self, given: object, element: ElementView) -> datetime:
        moment = given if isinstance(given, datetime) else None
        if isinstance(given, str):
            try:
                moment = datetime.fromisoformat(narrow(given).replace("/", "-"))
            except ValueError:
                moment = None
        if moment is None or not 1800 <= moment.year <= 9990:
            raise ValueRefused("not-an-instant", msgid("Enter {title} as date and time, such as 2026-01-31 09:30."))
        return (moment if moment.tzinfo else moment.replace(tzinfo=CITY_ZONE)).astimezone(UTC)

    def to_json(self, value: Any) -> str:
        return str(value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z"))

    def from_json(self, frozen: Any) -> datetime:
        return datetime.fromisoformat(frozen)

    def shown(self, value: Any, element: ElementView, language: str) -> str:
        local = value.astimezone(CITY_ZONE)
        return f"{DateType().shown(local.date(), element, language)} {local:%H:%M}"


class BooleanType(ElementType):
    """Yes or no."""

    name = "boolean"
    expression = "boolean"
    _words: ClassVar[Mapping[str, bool]] = {
        "true": True, "on": True, "yes": True, "1": True, "是": True, "有": True,
        "false": False, "off": False, "no": False, "0": False, "否": False, "无": False,
    }  # fmt: skip

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        return (Column("", "boolean"),)

    def clean(self, given: object, element: ElementView) -> bool:
        if isinstance(given, bool):
            return given
        word = no_spaces(given).lower() if isinstance(given, str) else ""
        if word not in self._words:
            raise ValueRefused("not-yes-or-no", msgid("Answer {title} with yes or no."))
        return self._words[word]

    def to_json(self, value: Any) -> bool:
        return bool(value)


class PhoneType(ElementType):
    """A telephone number of the mainland: a mobile, or a fixed line with its area code. `+86`, spaces and hyphens are left out."""

    name = "phone"
    expression = "phone"

    def clean(self, given: object, element: ElementView) -> str:
        typed = re.sub(r"[-()（）.]", "", no_spaces(_text_of(given, element)))
        digits = re.sub(r"^(\+86|0086|86(?=1[3-9]\d{9}$))", "", typed)
        if re.fullmatch(r"1[3-9][0-9]{9}", digits) or re.fullmatch(r"0[1-9][0-9]{1,2}[2-9][0-9]{6,7}", digits):
            return digits
        raise ValueRefused(
            "not-a-phone", msgid("Enter {title} as a mobile number of 11 digits, or a fixed line with area code.")
        )


class CitizenIdType(ElementType):
    """A citizen ID number with its check character."""

    name = "citizen-id"
    expression = "citizen-id"

    def clean(self, given: object, element: ElementView) -> str:
        try:
            return CitizenId.parse(_text_of(given, element))
        except IdentifierFault as fault:
            raise ValueRefused(fault.code, fault.message, given=fault.params) from None

    def from_json(self, frozen: Any) -> str:
        return CitizenId(frozen)

    def from_columns(self, stored: Sequence[Any]) -> Any:
        return None if stored[0] is None else CitizenId(stored[0])


class CreditCodeType(ElementType):
    """A unified social credit code with its check character."""

    name = "credit-code"
    expression = "credit-code"

    def clean(self, given: object, element: ElementView) -> str:
        try:
            return CreditCode.parse(_text_of(given, element))
        except IdentifierFault as fault:
            raise ValueRefused(fault.code, fault.message, given=fault.params) from None

    def from_json(self, frozen: Any) -> str:
        return CreditCode(frozen)

    def from_columns(self, stored: Sequence[Any]) -> Any:
        return None if stored[0] is None else CreditCode(stored[0])


class PlaceType(ElementType):
    """A division code. Whether there is such a division in the city is asked where divisions are known."""

    name = "place"
    expression = "place"

    def clean(self, given: object, element: ElementView) -> str:
        return _place(_text_of(given, element), "")


def _place(typed: str, below: str) -> str:
    code = no_spaces(typed)
    if not re.fullmatch(r"[0-9]{6}([0-9]{3}){0,2}", code):
        raise ValueRefused("not-a-place", msgid("Choose {title} from the list of places."), below=below)
    return code


class AddressType(ElementType):
    """A place and what follows it: `{"place": "460105001001", "detail": "…"}`."""

    name = "address"
    longest = 200
    compared = ((0, False), (1, True))

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        return (Column("_place", "text"), Column("_detail", "text"))

    def clean(self, given: object, element: ElementView) -> Address:
        if isinstance(given, Address):
            given = {"place": given.place, "detail": given.detail}
        if not isinstance(given, Mapping) or set(given) - {"place", "detail"}:
            raise ValueRefused("not-an-address", msgid("Choose a place and enter street and number for {title}."))
        place, detail = given.get("place") or "", given.get("detail") or ""
        if not isinstance(place, str) or not place.strip():
            raise ValueRefused(
                "place-missing", msgid("Choose the community of {title} from the list of places."), below="place"
            )
        code = _place(place, "place")
        line = one_line(detail) if isinstance(detail, str) else None
        if line is None or not line:
            raise ValueRefused("detail-missing", msgid("Enter street, number and room of {title}."), below="detail")
        if len(line) > self.longest:
            raise ValueRefused(
                "too-long",
                msgid("{title} has {length} characters; at most {longest} are allowed."),
                below="detail",
                length=len(line),
                longest=self.longest,
            )
        return Address(code, line)

    def to_json(self, value: Any) -> dict[str, str]:
        return {"place": value.place, "detail": value.detail}

    def from_json(self, frozen: Any) -> Address:
        return Address(frozen["place"], frozen["detail"])

    def to_columns(self, value: Any) -> tuple[Any, ...]:
        return (None, None) if value is None else (value.place, value.detail)

    def from_columns(self, stored: Sequence[Any]) -> Any:
        return None if stored[0] is None else Address(stored[0], stored[1])

    def shown(self, value: Any, element: ElementView, language: str) -> str:
        return f"{value.place} {value.detail}"


class FileType(ElementType):
    """A file that was handed in: under which id, its digest, its name, and what it is."""

    name = "file"
    longest_name = 200

    def columns(self, element: ElementView) -> tuple[Column, ...]:
        return (
            Column("_id", "uuid"),
            Column("_digest", "text"),
            Column("_name", "text"),
            Column("_media_type", "text"),
            Column("_size", "bigint"),
        )

    def clean(self, given: object, element: ElementView) -> FileValue:
        if isinstance(given, FileValue):
            given = self.to_json(given)
        value = self._read(given)
        if value is None:
            raise ValueRefused("not-a-file", msgid("Add {title} as a file."))
        if value.media_type not in {FILE_FORMATS[one].media_type for one in element.types}:
            raise ValueRefused(
                "file-type-not-taken",
                msgid("{title} is taken as {types} only."),
                types=", ".join(FILE_FORMATS[one].title for one in element.types),
            )
        if value.size > element.largest_bytes:
            raise ValueRefused(
                "file-too-large", msgid("{title} may have at most {largest} MB."), largest=element.largest
            )
        return value

    def _read(self, given: object) -> FileValue | None:
        """What `to_json` gives, or None for anything else."""
        if not isinstance(given, Mapping) or set(given) != {"id", "digest", "name", "media_type", "size"}:
            return None
        id, digest, name, media_type = (str(given[part]) for part in ("id", "digest", "name", "media_type"))
        size = given["size"]
        if not re.fullmatch(r"[0-9a-f]{64}", digest) or isinstance(size, bool) or not isinstance(size, int) or size < 0:
            return None
        if not 0 < len(name) <= self.longest_name or one_line(name) != name:
            return None
        try:
            return FileValue(UUID(id), digest, name, media_type, size)
        except ValueError:
            return None

    def to_json(self, value: Any) -> dict[str, Any]:
        return {
            "id": str(value.id),
            "digest": value.digest,
            "name": value.name,
            "media_type": value.media_type,
            "size": value.size,
        }

    def from_json(self, frozen: Any) -> FileValue:
        return FileValue(UUID(frozen["id"]), frozen["digest"], frozen["name"], frozen["media_type"], frozen["size"])

    def to_columns(self, value: Any) -> tuple[Any, ...]:
        return (None,) * 5 if value is None else (value.id, value.digest, value.name, value.media_type, value.size)

    def from_columns(self, stored: Sequence[Any]) -> Any:
        return None if stored[0] is None else FileValue(*stored)

    def shown(self, value: Any, element: ElementView, language: str) -> str:
        return str(value.name)


TYPES: Mapping[str, ElementType] = {
    one.name: one
    for one in (
        TextType(), CodeType(), IntegerType(), DecimalType(), MoneyType(), DateType(), InstantType(), BooleanType(), PhoneType(),
        CitizenIdType(), CreditCodeType(), PlaceType(), AddressType(), FileType(),
    )
}  # fmt: skip
