"""One byte string for one value: canonical JSON (RFC 8785) and its SHA-256 digest.

Two programs that agree on a value agree on its bytes, so a digest can be signed here and checked anywhere. Numbers are
integers only: a float has many spellings and money has none (it is an integer of 分).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from uuid import UUID

__all__ = ["NotCanonical", "canonical_json", "digest"]

# RFC 8785 §3.2.2.3 with RFC 7493 §2.2: beyond this, readers that hold numbers as doubles lose digits.
LARGEST_INTEGER = 2**53 - 1
DEEPEST = 64


class NotCanonical(ValueError):
    """The value has no canonical JSON: a float, a key that is no text, an integer over 2^53 - 1, a lone surrogate."""


def canonical_json(value: object) -> bytes:
    """Return the canonical JSON of `value` in UTF-8: keys sorted by UTF-16 code units, no spaces, shortest escapes.

    Takes None, bool, int, str, lists, tuples and mappings with text keys; a UUID, a civil date and an aware instant are
    written as their one text (`2026-11-21`, `2026-11-21T08:00:00.000000Z`). Raises NotCanonical for anything else.
    Source: RFC 8785 §3.2.
    """
    text = json.dumps(_plain(value, 0), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotCanonical("A text holds half a surrogate pair, which UTF-8 cannot carry.") from error


def digest(value: object) -> bytes:
    """Return the SHA-256 of the canonical JSON of `value`: 32 bytes."""
    return hashlib.sha256(canonical_json(value)).digest()


def _plain(value: object, depth: int) -> object:
    """`value` in JSON's own types, mappings in canonical order."""
    if depth > DEEPEST:
        raise NotCanonical(f"The value is nested deeper than {DEEPEST} levels.")
    match value:
        case list() | tuple():
            return [_plain(one, depth + 1) for one in value]
        case Mapping():
            return {key: _plain(one, depth + 1) for key, one in sorted(_texts(value).items(), key=_utf16_order)}
    return _scalar(value)


def _scalar(value: object) -> str | int | bool | None:
    match value:
        case None | bool():
            return value
        case str():
            return str.__str__(value)
        case int():
            if abs(value) > LARGEST_INTEGER:
                raise NotCanonical("An integer is over 2^53 - 1; write it as text.")
            return int(value)
        case UUID():
            return str(value)
        case datetime():
            if value.tzinfo is None:
                raise NotCanonical("An instant has no time zone.")
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        case date():
            return value.isoformat()
    raise NotCanonical(f"{type(value).__name__} has no canonical form; write it as text, an integer or a list.")


def _texts(mapping: Mapping[object, object]) -> dict[str, object]:
    plain: dict[str, object] = {}
    for key, one in mapping.items():
        if not isinstance(key, str):
            raise NotCanonical(f"A key is {type(key).__name__}; keys are texts.")
        plain[str.__str__(key)] = one
    return plain


def _utf16_order(item: tuple[str, object]) -> bytes:
    return item[0].encode("utf-16-be", "surrogatepass")
