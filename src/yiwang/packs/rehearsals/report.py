"""What a run leaves: a report for programs, and a page of the manual for each story."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from yiwang.packs.rehearsals.player import Played, StepPlayed, sentence_of
from yiwang.packs.rehearsals.steps import RehearsalBody
from yiwang.packs.rules.ledger import LedgerRow
from yiwang.packs.rules.verbs import find_verb

__all__ = ["manual_page", "write_manual", "write_report"]


def write_report(file: Path, played: Sequence[Played], *, began_at: datetime, release: int) -> None:
    """Write how every story went; `yiwang coverage --report` reads it."""
    content = {
        "began_at": began_at.isoformat(timespec="seconds"),
        "release": release,
        "ok": all(one.ok for one in played),
        "rehearsals": [asdict(one) | {"ok": one.ok, "seconds": round(one.seconds, 3)} for one in played],
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")


def write_manual(
    folder: Path,
    stories: Sequence[tuple[str, RehearsalBody]],
    played: Sequence[Played],
    ledger: Mapping[str, LedgerRow],
) -> None:
    """Write one page for each story that was played into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for pack, body in stories:
        runs = [one for one in played if one.id == body.id]
        (folder / f"{body.id}.md").write_text(manual_page(pack, body, runs, ledger), "utf-8")


def manual_page(pack: str, body: RehearsalBody, runs: Sequence[Played], ledger: Mapping[str, LedgerRow]) -> str:
    """A story as a page: what is done and seen, and beside each step what the plan asks for, in the plan's own words.

    runs: how it went; a step is marked by them.  ledger: rows by id; without it only ids and verbs can be named.
    """
    return "\n".join(_lines(pack, body, runs, ledger)) + "\n"


def _lines(pack: str, body: RehearsalBody, runs: Sequence[Played], ledger: Mapping[str, LedgerRow]) -> Iterator[str]:
    yield f"# {_text(body.title)}"
    yield ""
    if body.story:
        yield _text(body.story).strip()
        yield ""
    yield f"Pack `{pack}`, rehearsal `{body.id}`. " + (
        "; ".join(f"by {one.mode}: {'went as told' if one.ok else 'FAILED'}, {one.seconds:.1f} s" for one in runs)
        or "Not played."
    )
    yield ""
    rows = list(dict.fromkeys(row for row, _, _ in body.shown()))
    if rows:
        yield "| row | what the plan asks for |"
        yield "|---|---|"
        for row in rows:
            known = ledger.get(row)
            yield f"| {row} | {_cell(f'{known.title}: {known.must}') if known else ''} |"
        yield ""
    yield "| | step | shows |"
    yield "|---:|---|---|"
    for number, step in enumerate(body.steps, 1):
        went = [one for run in runs for one in run.steps if one.number == number]
        note = f" — {step.note}" if step.note else ""
        yield f"| {number} | {_mark(went)}{_cell(sentence_of(step) + note)} | {_cell(_shows(body, number, ledger))} |"


def _mark(went: Sequence[StepPlayed]) -> str:
    return "" if not went or all(one.ok for one in went) else "✗ "


def _shows(body: RehearsalBody, number: int, ledger: Mapping[str, LedgerRow]) -> str:
    found = []
    for row, named, step in body.shown():
        if body.step_number(step) == number:
            verb = find_verb(named, ledger[row].verbs) if row in ledger else None
            found.append(f"{row} “{verb.clause if verb else named}”")
    return "; ".join(found)


def _text(text: str | dict[str, str]) -> str:
    return text if isinstance(text, str) else text.get("zh-Hans") or next(iter(text.values()), "")


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
