"""Cursors: where a list goes on, told to the reader as an opaque text that only we can make.

A cursor holds the sort key of the last row shown, and the scope (which list, for whom, with which filter) that it
belongs to. It is signed, so that nobody asks the database for a place that no list has led to; it is not secret, so
no personal value belongs in a sort key.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from yiwang.kernel.errors import FieldFault, Invalid, msgid

__all__ = ["CursorValue", "decode", "encode"]

CursorValue = str | int | bool | date | datetime | UUID | None

VERSION = 1
TAG_BYTES = 16
LONGEST = 1_000


def encode(values: Sequence[CursorValue], key: bytes, *, scope: str = "") -> str:
    """Make the cursor after the row whose sort key is `values`. `scope` must be the same when it is read.

    `key`: at least 16 bytes, the installation's secret; a key for cursors alone is derived from it.
    """
    tagged = [_tagged(value) for value in values]
    payload = bytes([VERSION]) + json.dumps(tagged, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    return base64.urlsafe_b64encode(payload + _tag(payload, key, scope)).rstrip(b"=").decode("ascii")


def decode(cursor: str, key: bytes, *, scope: str = "") -> list[CursorValue]:
    """The values that `encode` was given, with their types. Raises Invalid for anything that we did not make."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError("too long")
        raw = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        payload, tag = raw[:-TAG_BYTES], raw[-TAG_BYTES:]
        if not hmac.compare_digest(tag, _tag(payload, key, scope)) or payload[:1] != bytes([VERSION]):
            raise ValueError("not ours")
        return [_untagged(kind, text) for kind, text in json.loads(payload[1:])]
    except (ValueError, binascii.Error, UnicodeEncodeError) as error:
        fault = FieldFault(
            "cursor", "cursor", msgid("The place in the list is not known. Begin again at the start of the list.")
        )
        raise Invalid(faults=[fault]) from error


def _tag(payload: bytes, key: bytes, scope: str) -> bytes:
    if len(key) < 16:
        raise TypeError("A key for cursors has at least 16 bytes.")
    derived = hmac.digest(key, b"yiwang.cursors.v1", hashlib.sha256)
    about = scope.encode("utf-8", "surrogatepass")
    # The length keeps scope and payload from being cut elsewhere.
    return hmac.digest(derived, len(about).to_bytes(4, "big") + about + payload, hashlib.sha256)[:TAG_BYTES]


def _tagged(value: CursorValue) -> list[str]:
    match value:
        case None:
            return ["n", ""]
        case bool():
            return ["b", "1" if value else ""]
        case int():
            return ["i", str(int(value))]
        case str():
            return ["s", str.__str__(value)]
        case UUID():
            return ["u", value.hex]
        case datetime():
            if value.tzinfo is None:
                raise TypeError("An instant in a cursor has a time zone.")
            return ["t", value.astimezone(UTC).isoformat()]
        case date():
            return ["d", value.isoformat()]
    raise TypeError(f"A sort key cannot hold {type(value).__name__}.")


def _untagged(kind: str, text: str) -> CursorValue:
    match kind:
        case "n":
            return None
        case "b":
            return text == "1"
        case "i":
            return int(text)
        case "s":
            return text
        case "u":
            return UUID(hex=text)
        case "t":
            return datetime.fromisoformat(text)
        case "d":
            return date.fromisoformat(text)
    raise ValueError(kind)
