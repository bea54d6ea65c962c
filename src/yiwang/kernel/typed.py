"""What people type, as what they meant: full-width digits and letters, spaces, other spellings of dates."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["FOLDED", "folded", "narrow", "no_spaces", "one_line", "several_lines"]

# Full-width forms of ASCII (U+FF01–U+FF5E) and the spaces that keyboards and copied tables give.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    0x3000: 0x20,
    0xA0: 0x20,
    0x2212: 0x2D,
    0x2013: 0x2D,
    0x2014: 0x2D,
}
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\u061c\ufeff\u00ad]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")  # and halves of characters


def narrow(typed: str) -> str:
    """Full-width letters, digits and signs as their usual forms, without marks that nobody sees, stripped."""
    return _INVISIBLE.sub("", typed).translate(_NARROW).strip()


def no_spaces(typed: str) -> str:
    """`narrow`, and without any space: for numbers and codes."""
    return re.sub(r"\s+", "", narrow(typed))


def one_line(typed: str) -> str | None:
    """A text of one line: NFC, runs of spaces as one; Chinese punctuation stays. None when it has control characters."""
    plain = unicodedata.normalize("NFC", _INVISIBLE.sub("", typed))
    if _CONTROL.search(plain):
        return None
    return re.sub(r"\s+", " ", plain).strip()


def several_lines(typed: str) -> str | None:
    """A text that keeps its lines: NFC, line ends as one sign, spaces at line ends gone. None when it has control characters."""
    plain = unicodedata.normalize("NFC", _INVISIBLE.sub("", typed)).replace("\r\n", "\n").replace("\r", "\n")
    if _CONTROL.search(plain):
        return None
    return "\n".join(line.rstrip() for line in plain.split("\n")).strip()


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F))
_PLAIN = _WIDE.translate(_NARROW).lower()
FOLDED: tuple[str, str] = (
    _WIDE + _LETTERS.upper() + "\u2212\u2013\u2014" + " \t\u3000\xa0",
    _PLAIN + _LETTERS + "---",
)
"""What `folded` does, as PostgreSQL's `translate(text, *FOLDED)` does it too: signs of the first text become those of the second
at the same place; those without a partner go."""

_FOLD = str.maketrans(FOLDED[0][: len(FOLDED[1])], FOLDED[1], FOLDED[0][len(FOLDED[1]) :])


def folded(typed: str) -> str:
    """A text in which two spellings of the same are equal: full-width signs as usual ones, small letters, no spaces."""
    return typed.translate(_FOLD)
