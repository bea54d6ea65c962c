"""Forms that are not declared by packs: what is asked, one thing after another, as both faces lay it out (`components/entry.html`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from yiwang.forms.answers import sentence
from yiwang.kernel.errors import FieldFault

__all__ = ["Entry", "with_faults"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that a form asks. kind: text | password | lines | date | choice | radios | checks.  options: (value, words, more words).

    nothing: what is said where there is nothing to choose.  longest: characters, of lines.  completes: of a password, for browsers.
    """

    name: str
    label: str
    value: str = ""
    help: str = ""
    kind: str = "text"
    options: tuple[tuple[str, str, str], ...] = ()
    chosen: frozenset[str] = frozenset()
    fault: str = ""
    short: bool = False
    nothing: str = ""
    longest: int = 5000
    completes: str = "off"


def with_faults(entries: Sequence[Entry], faults: Iterable[FieldFault]) -> tuple[list[Entry], list[dict[str, str]]]:
    """The entries with what is wrong at each, and the summary for the top, which says where; a fault of no entry stands there alone."""
    said: dict[str, str] = {}
    for one in faults:
        said[one.pointer] = f"{said[one.pointer]} {sentence(one)}" if one.pointer in said else sentence(one)
    labels = {one.name: one.label for one in entries}
    summary = [
        {"text": _("{label}: {fault}").format(label=labels[name], fault=words), "target": f"f-{name}"}
        if name in labels
        else {"text": words, "target": ""}
        for name, words in said.items()
    ]
    return [replace(one, fault=said.get(one.name, one.fault)) for one in entries], summary
