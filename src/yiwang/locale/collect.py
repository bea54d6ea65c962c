"""Collect every sentence that the code and the templates say, and bring the catalogues of translations in line.

    python src/yiwang/locale/collect.py

New sentences come in empty, sentences that nobody says any more go out, nothing is guessed. English is the msgid itself. No gettext
programs are needed: Python is read as a tree, templates by Django's own lexer.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import polib  # type: ignore[import-untyped]  # it ships no types
from django.template.base import Lexer, TokenType
from django.utils.text import smart_split
from django.utils.translation import trim_whitespace

SOURCE = Path(__file__).resolve().parents[1]
CATALOGUES = (SOURCE / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po",)
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "msgid"}
PLURAL_MARKS = {"ngettext", "ngettext_lazy"}
SENTENCE_AT = {"FieldFault": 2, "Decision": 1, "Reason": 1, "ValueRefused": 1, "require": 1}
"""Callables that take a msgid, and at which place. `_` around it would translate too early: these are said later, to whoever reads."""
QUOTED = re.compile(r'_\("([^"]+)"\)')
FAULT_TEXTS = {"title", "next_step"}

Sentence = tuple[str, str]  # msgid, and its plural or ""


def collect() -> dict[Sentence, set[str]]:
    """Every sentence with the files that say it."""
    found: dict[Sentence, set[str]] = {}
    trees = {
        path: ast.parse(path.read_text("utf-8")) for path in SOURCE.rglob("*.py") if "migrations" not in path.parts
    }
    faults = _fault_classes(trees.values())
    for path, tree in trees.items():
        for sentence in _in_python(tree, faults):
            found.setdefault(sentence, set()).add(str(path.relative_to(SOURCE)))
    for path in SOURCE.rglob("templates/**/*.html"):
        for sentence in _in_template(path.read_text("utf-8")):
            found.setdefault(sentence, set()).add(str(path.relative_to(SOURCE)))
    return found


def _fault_classes(trees: Iterable[ast.Module]) -> set[str]:
    bases = {
        node.name: {base.id for base in node.bases if isinstance(base, ast.Name)}
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    }
    faults = {"Fault"}
    while more := {name for name, above in bases.items() if above & faults} - faults:
        faults |= more
    return faults


def _in_python(tree: ast.Module, faults: set[str]) -> Iterator[Sentence]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name in faults:
            yield from _in_fault(node)
        if not isinstance(node, ast.Call):
            continue
        name = (
            node.func.id
            if isinstance(node.func, ast.Name)
            else node.func.attr
            if isinstance(node.func, ast.Attribute)
            else ""
        )
        if name in PLURAL_MARKS:
            one, many = _text(node, 0), _text(node, 1)
            if one and many:
                yield one, many
            continue
        at = 0 if name in MARKS or name in faults else SENTENCE_AT.get(name)
        sentence = None if at is None else _text(node, at) or _keyword(node, "message")
        if sentence and (name in MARKS or " " in sentence):
            yield sentence, ""


def _in_fault(node: ast.ClassDef) -> Iterator[Sentence]:
    for line in node.body:
        target = (
            line.targets[0]
            if isinstance(line, ast.Assign)
            else line.target
            if isinstance(line, ast.AnnAssign)
            else None
        )
        value = getattr(line, "value", None)
        if isinstance(target, ast.Name) and target.id in FAULT_TEXTS and isinstance(value, ast.Constant):
            yield str(value.value), ""


def _text(call: ast.Call, at: int) -> str | None:
    argument = call.args[at] if len(call.args) > at else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def _keyword(call: ast.Call, name: str) -> str | None:
    value = next((one.value for one in call.keywords if one.arg == name), None)
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _in_template(text: str) -> Iterator[Sentence]:
    tokens = iter(Lexer(text).tokenize())
    for token in tokens:
        if token.token_type is TokenType.VAR:
            yield from ((quoted, "") for quoted in QUOTED.findall(token.contents))
        if token.token_type is not TokenType.BLOCK:
            continue
        bits = list(smart_split(token.contents))
        if bits[0] in {"translate", "trans"}:
            yield bits[1][1:-1], ""
        elif bits[0] in {"blocktranslate", "blocktrans"}:
            yield _block(tokens, trimmed="trimmed" in bits)
        else:
            yield from ((quoted, "") for quoted in QUOTED.findall(token.contents))


def _block(tokens: Iterator[object], *, trimmed: bool) -> Sentence:
    parts = [""]
    for token in tokens:
        kind, contents = getattr(token, "token_type", None), getattr(token, "contents", "")
        if kind is TokenType.BLOCK:
            if contents.strip() == "plural":
                parts.append("")
                continue
            break
        parts[-1] += f"%({contents})s" if kind is TokenType.VAR else contents.replace("%", "%%")
    said = [trim_whitespace(part) if trimmed else part for part in parts]
    return said[0], said[1] if len(said) > 1 else ""


def bring_in_line(path: Path, sentences: dict[Sentence, set[str]]) -> None:
    """Add what is new and take out what is gone; translations stay as they are."""
    old = {(one.msgid, one.msgid_plural): one for one in (polib.pofile(str(path)) if path.exists() else ())}
    known = {key[0]: one for key, one in old.items()}
    new = polib.POFile(wrapwidth=120)
    new.metadata = {
        "Language": path.parents[1].name,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    for (msgid, plural), files in sorted(sentences.items()):
        entry = polib.POEntry(msgid=msgid, msgid_plural=plural, comment=", ".join(sorted(files)))
        before = old.get((msgid, plural)) or known.get(msgid)
        said = "" if before is None else before.msgstr or (before.msgstr_plural or {}).get(0, "")
        if plural:
            entry.msgstr_plural = {0: said}
        else:
            entry.msgstr = said
        if "{" in msgid:
            entry.flags = ["python-brace-format"]
        new.append(entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    new.save(str(path))


if __name__ == "__main__":
    for catalogue in CATALOGUES:
        bring_in_line(catalogue, collect())
        sys.stdout.write(
            f"{catalogue}: {len(polib.pofile(str(catalogue)).untranslated_entries())} sentences wait for words\n"
        )
