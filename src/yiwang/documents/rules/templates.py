"""What a template may say. A template lays out what it is given: it reads no file, fetches nothing, and runs no other program.

Typst keeps a template within the folder that it is compiled in; this keeps it from asking at all, so that the same data give the same
page for ever. Words are refused wherever they stand, in texts and comments too: telling code from text would need Typst's own parser,
and a mistake there would open the door.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["TemplateFault", "template_faults", "title_of"]

LARGEST_TEMPLATE = 64_000

_READS = "It would read a file or fetch a package"
_RUNS = "It would run what is not written here"
REFUSED = {
    **dict.fromkeys(("import", "include", "read", "image", "bibliography", "plugin"), _READS),
    **dict.fromkeys(("csv", "json", "toml", "yaml", "xml", "cbor"), _READS),
    **dict.fromkeys(("eval", "std", "sys", "dictionary"), _RUNS),
    "datetime": "It would print the day of printing",
    "while": "It would compute",
}
"""Word → why a template may not hold it."""

_WORD = re.compile(r"(?<![\w-])(" + "|".join(sorted(REFUSED)) + r")(?![\w-])")
_ENTRY = re.compile(r"^#let certificate\(data\) =", re.MULTILINE)
_TITLE = re.compile(r"//\s*(\S[^\n]*)")


@dataclass(frozen=True, slots=True)
class TemplateFault:
    """What is wrong with a template.  line: from 1."""

    line: int
    message: str
    advice: str


def title_of(typst: str) -> dict[str, str]:
    """The template's title: the comment on its first line, Chinese and, after a `|`, English. Empty when there is none."""
    found = _TITLE.match(typst)
    chinese, _, english = found[1].partition("|") if found else ("", "", "")
    return {tag: words.strip() for tag, words in (("zh-Hans", chinese), ("en", english)) if words.strip()}


def template_faults(typst: str) -> Iterator[TemplateFault]:
    """Everything that a template may not be, before it is compiled."""
    if len(typst) > LARGEST_TEMPLATE:
        yield TemplateFault(
            1, f"The template has more than {LARGEST_TEMPLATE:,} characters.", "Draw less, or lay it out simpler."
        )
        return
    if not title_of(typst):
        yield TemplateFault(1, "The template has no title.", "Begin the file with a line `// 它是什么 | What it is`.")
    if not _ENTRY.search(typst):
        yield TemplateFault(
            1, "The template defines no `certificate`.", "Write `#let certificate(data) = { … }` and lay out `data`."
        )
    for found in _WORD.finditer(typst):
        yield TemplateFault(
            typst.count("\n", 0, found.start()) + 1,
            f"A template may not hold the word `{found[1]}`. {REFUSED[found[1]]}.",
            "Lay out what stands in `data`; the QR code is the content `data.qr`.",
        )
