"""YAML of packs: plain values with the line of every key, and every fault of a file instead of the first.

Packs use the small, safe part of YAML 1.2: mappings with text keys, lists, and plain values. No anchors and aliases (they hide what
a line means), no tags and types (they are code), no second document. Values are read by the core schema: `yes` and `on` are texts.
DO NOT load packs with anything else: the line numbers of all faults come from here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

__all__ = ["LARGEST_FILE", "Document", "ReadingFault", "read_yaml"]

LARGEST_FILE = 1 << 20
"""Bytes of one declaration. Long tables belong into a CSV beside it."""

DEEPEST = 32
LONGEST_NUMBER = 40

_FULL_WIDTH = {
    "：": ":",
    "，": ",",
    "｛": "{",
    "｝": "}",
    "［": "[",
    "］": "]",
    "【": "[",
    "】": "]",
    "－": "-",
    "\u3000": " ",
}
"""Signs of a Chinese keyboard that stand where YAML wants its own."""

_KEY = r"[A-Za-z][A-Za-z0-9_.-]*"
_MISPLACED = (
    re.compile(r"^ *(\u3000)"),
    re.compile(r"^ *(－)"),
    re.compile(rf"(?:^ *(?:- +)?|[{{,，｛]\s*){_KEY}(：)"),
    re.compile(rf"(，)\s*{_KEY}\s*[:：]"),
    re.compile(rf"^ *(?:- +)?{_KEY}:\s*([｛［【])"),
)
"""Where such a sign can be nothing else: before or after a key, or as the first sign of a line or of a value."""

_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NULLS = {"", "~", "null", "Null", "NULL"}
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


@dataclass(frozen=True, slots=True)
class ReadingFault:
    """A fault of the file itself. line: from 1."""

    line: int
    message: str
    advice: str


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. value: None when a fault keeps it from being understood.

    lines: path of keys joined by "/" → line.  raw: the same path → the characters of a plain value that is not a text.
    """

    value: Any
    lines: dict[str, int] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    faults: tuple[ReadingFault, ...] = ()


def read_yaml(content: bytes) -> Document:
    """Read one YAML document. Never raises for what a file may hold."""
    if len(content) > LARGEST_FILE:
        return _unreadable(
            1,
            f"The file has {len(content):,} bytes; a declaration has at most {LARGEST_FILE:,}.",
            "Move long tables into a CSV file and name it with `rows:`.",
        )
    try:
        characters = content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _unreadable(
            line,
            f"The file is not UTF-8: byte {error.start + 1} is 0x{content[error.start]:02x}.",
            "Save the file as UTF-8 (an old Windows editor may have written GBK).",
        )
    return _Reader(characters.removeprefix("\ufeff")).document()


def _unreadable(line: int, message: str, advice: str) -> Document:
    return Document(None, faults=(ReadingFault(line, message, advice),))


class _Unusable(Exception):
    """The rest of the file cannot be understood."""


class _Reader:
    def __init__(self, characters: str) -> None:
        self._characters = characters
        self._lines: dict[str, int] = {}
        self._raw: dict[str, str] = {}
        self._faults: list[ReadingFault] = []

    def document(self) -> Document:
        value: Any = None
        understood = False
        try:
            value = self._read()
            understood = True
        except _Unusable:
            pass
        except MarkedYAMLError as error:
            marks = [mark.line + 1 for mark in (error.context_mark, error.problem_mark) if mark is not None] or [1]
            if not self._name_full_width(min(marks) - 1, max(marks)):
                self._fault(
                    marks[-1],
                    f"This is not YAML: {error.problem or error.context}.",
                    "Check indentation, brackets and quotes here and on the line above.",
                )
        except YAMLError as error:
            place = getattr(error, "position", 0)
            character = getattr(error, "character", "")
            number = character if isinstance(character, int) else ord(character) if len(str(character)) == 1 else None
            shown = f" U+{number:04X}" if number is not None else ""
            self._fault(
                self._characters[:place].count("\n") + 1,
                f"The character{shown} may not stand in YAML.",
                "Delete it; it is invisible in most editors.",
            )
        faults = tuple(sorted(set(self._faults), key=lambda one: (one.line, one.message)))
        return Document(value if understood else None, self._lines, self._raw, faults)

    def _read(self) -> Any:
        events = iter(YAML(typ="safe", pure=True).parse(self._characters))
        value: Any = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._fault(
                        _line(event),
                        "A second document begins here.",
                        "One declaration stands in one file: delete `---` or make another file.",
                    )
                    raise _Unusable
            elif isinstance(event, (MappingStartEvent, SequenceStartEvent, ScalarEvent, AliasEvent)):
                value = self._node(event, events, "", 1)
        if isinstance(value, str):
            self._name_full_width(1, len(self._characters.splitlines()))
        return value

    def _node(self, event: Event, events: Iterator[Event], pointer: str, depth: int) -> Any:
        self._lines.setdefault(pointer, _line(event))
        self._check_plain(event)
        if depth > DEEPEST:
            self._fault(_line(event), f"Values are nested more than {DEEPEST} deep.", "Say it flatter.")
            raise _Unusable
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, pointer, depth)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, pointer, depth)
        if isinstance(event, ScalarEvent):
            return self._scalar(event, pointer)
        return None

    def _mapping(self, events: Iterator[Event], pointer: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        first: dict[str, int] = {}
        for key in events:
            if isinstance(key, MappingEndEvent):
                break
            if not isinstance(key, ScalarEvent):
                self._fault(_line(key), "A key is not a plain text.", "Write keys as `name:`.")
                raise _Unusable
            self._check_plain(key)
            if not key.style:
                self._name_full_width(_line(key), _last_line(key), key.value)
            name = self._sound(key)
            below = f"{pointer}/{name}" if pointer else name
            if name in first:
                self._fault(
                    _line(key),
                    f"The key `{name}` stands here a second time; the first is on line {first[name]}.",
                    "Keep one of the two.",
                )
            else:
                self._lines[below] = _line(key)
            first.setdefault(name, _line(key))
            found[name] = self._node(next(events), events, below, depth + 1)
        return found

    def _sequence(self, events: Iterator[Event], pointer: str, depth: int) -> list[Any]:
        found: list[Any] = []
        for event in events:
            if isinstance(event, SequenceEndEvent):
                break
            found.append(
                self._node(event, events, f"{pointer}/{len(found)}" if pointer else str(len(found)), depth + 1)
            )
        return found

    def _scalar(self, event: ScalarEvent, pointer: str) -> Any:
        characters = self._sound(event)
        if not event.style and _last_line(event) > _line(event):
            self._name_full_width(_line(event) + 1, _last_line(event))
        if not event.implicit[0]:
            return characters
        value = _plain_value(characters)
        if not isinstance(value, str):
            self._raw[pointer] = characters
        return value

    def _sound(self, event: ScalarEvent) -> str:
        """The characters of a value, pairs of escapes (`\\ud83d\\ude00`) joined; no halves of such pairs and no NUL."""
        characters = str(event.value)
        try:
            characters = characters.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            self._fault(_line(event), "A text holds half of a character.", "Write the character itself, not `\\u…`.")
        if "\x00" in characters:
            self._fault(_line(event), "A text holds the character U+0000.", "Delete it; no database takes it.")
        return characters

    def _check_plain(self, event: Event) -> None:
        if isinstance(event, AliasEvent):
            self._fault(
                _line(event),
                f"`*{getattr(event, 'anchor', '')}` repeats another place.",
                "Write the value out; packs have no anchors and aliases.",
            )
            return
        if getattr(event, "anchor", None):
            self._fault(
                _line(event),
                f"`&{getattr(event, 'anchor', '')}` is an anchor.",
                "Delete it and write values out where they are needed.",
            )
        if tag := getattr(event, "tag", None):
            self._fault(
                _line(event), f"`{_short_tag(str(tag))}` gives a type.", "Delete it; the kind's schema knows the type."
            )

    def _name_full_width(self, first: int, last: int, within: str = "") -> bool:
        """Name the full-width signs that stand for signs of YAML on these lines; say whether there was one.

        within: only in this key, which may be anywhere on its line.
        """
        lines = [within] if within else self._characters.splitlines()[max(first, 1) - 1 : last]
        found = False
        for number, line in enumerate(lines, max(first, 1)):
            sign = next((match[1] for one in _MISPLACED if (match := one.search(line))), "")
            if sign:
                shown = "space" if sign == "\u3000" else f"“{sign}”"
                self._fault(
                    number,
                    f"A full-width {shown} (U+{ord(sign):04X}) stands here; YAML reads it as a letter.",
                    "Write spaces of the Latin keyboard."
                    if sign == "\u3000"
                    else f"Write `{_FULL_WIDTH[sign]}` as on the Latin keyboard{', and a space after it' if sign in '：，－' else ''}.",
                )
                found = True
        return found

    def _fault(self, line: int, message: str, advice: str) -> None:
        self._faults.append(ReadingFault(line, message, advice))


def _line(event: Event) -> int:
    mark = event.start_mark
    return int(mark.line) + 1 if mark is not None else 1


def _last_line(event: Event) -> int:
    """The last line on which it stands (from 1)."""
    mark = event.end_mark
    return int(mark.line) + (1 if mark.column else 0) if mark is not None else _line(event)


def _short_tag(tag: str) -> str:
    return tag.replace("tag:yaml.org,2002:", "!!")


def _plain_value(characters: str) -> Any:
    if characters in _NULLS:
        return None
    if len(characters) > LONGEST_NUMBER:
        return characters
    if characters in _BOOLEANS:
        return _BOOLEANS[characters]
    if _INTEGER.fullmatch(characters):
        return int(characters)
    if _FLOAT.fullmatch(characters):
        return float(characters)
    return characters
