"""Which rows of a plan's ledger the rehearsals of the packs show, verb by verb. Reads files only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from yiwang.kernel.kinds import Declaration, DeclarationFault, did_you_mean
from yiwang.packs.rehearsals.steps import RehearsalBody
from yiwang.packs.rules.ledger import LedgerRow, read_ledger
from yiwang.packs.rules.verbs import find_verb
from yiwang.packs.values import Reading

__all__ = ["Coverage", "RowCoverage", "VerbCoverage", "cover"]

STATES = ("covered", "part", "missing", "open")


@dataclass(frozen=True, slots=True)
class Shown:
    """A claim of a rehearsal.  ran: whether the step went as told in the report; None without a report."""

    pack: str
    rehearsal: str
    step: int
    ran: bool | None


@dataclass(frozen=True, slots=True)
class VerbCoverage:
    """One verb of a row and every step that shows it."""

    verb: str
    clause: str
    shown: tuple[Shown, ...]

    @property
    def is_shown(self) -> bool:
        """Whether a step shows it and, with a report, ran as told."""
        return any(one.ran is not False for one in self.shown)


@dataclass(frozen=True, slots=True)
class RowCoverage:
    """A row and how far it is shown.

    state: covered (every verb), part (some), missing (a pack names the row, no step shows any), open (nobody names it).
    """

    id: str
    title: str
    capability: str
    must: str
    state: str
    packs: tuple[str, ...]
    verbs: tuple[VerbCoverage, ...]


@dataclass(frozen=True, slots=True)
class Coverage:
    """A whole ledger.  report: whether a report of rehearsals was looked at."""

    ledger: str
    report: str
    rows: tuple[RowCoverage, ...]
    faults: tuple[DeclarationFault, ...]
    declined: int

    def totals(self) -> dict[str, dict[str, int]]:
        """Capability → state → number of rows; capabilities by name, and `""` for all."""
        found: dict[str, dict[str, int]] = {"": dict.fromkeys((*STATES, "verbs", "verbs shown"), 0)}
        for name in sorted({row.capability for row in self.rows}):
            found[name] = dict.fromkeys((*STATES, "verbs", "verbs shown"), 0)
        for row in self.rows:
            for name in dict.fromkeys(("", row.capability)):
                found[name][row.state] += 1
                found[name]["verbs"] += len(row.verbs)
                found[name]["verbs shown"] += sum(verb.is_shown for verb in row.verbs)
        return found

    def as_json(self) -> str:
        """Everything, for programs."""
        content = {
            "ledger": self.ledger,
            "report": self.report,
            "totals": self.totals(),
            "declined": self.declined,
            "rows": [asdict(row) for row in self.rows if row.state != "open"],
            "faults": [asdict(fault) | {"path": str(fault.path)} for fault in self.faults],
        }
        return json.dumps(content, ensure_ascii=False, indent=1)

    def as_text(self) -> str:
        """For people: rows that packs name with what is still to be shown, totals, faults."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        for row in self.rows:
            if row.state == "open":
                continue
            yield f"{row.state:<8} {row.id}  {row.title}  ({', '.join(row.packs)})"
            for verb in row.verbs:
                by = ", ".join(
                    f"{one.rehearsal} {one.step}{'' if one.ran is not False else ' ✗'}" for one in verb.shown
                )
                yield f"    {'✓' if verb.is_shown else '–'} {verb.clause}" + (f"   [{by}]" if by else "")
        totals = self.totals()
        width = max(len(name) for name in totals)
        yield f"\n{'capability':<{width}}  covered  part  missing  open   verbs shown"
        for name, number in [*list(totals.items())[1:], ("all", totals[""])]:
            if name == "all" or number["open"] < sum(number[state] for state in STATES):
                yield (
                    f"{name:<{width}}  {number['covered']:>7}  {number['part']:>4}  {number['missing']:>7}"
                    f"  {number['open']:>4}   {number['verbs shown']} of {number['verbs']}"
                )
        if self.declined:
            yield f"{self.declined} rows are declined and not counted."
        if not self.report:
            yield "No report of rehearsals was looked at: what is claimed counts as shown."
        for fault in self.faults:
            yield str(fault)


def cover(ledger: Path, reading: Reading, report: Path | None = None) -> Coverage:
    """Lay the packs' rehearsals beside a ledger.

    report: of the last `yiwang rehearse`; a step that did not run as told in it shows nothing. Raises LedgerUnreadable.
    """
    return _Covering(read_ledger(ledger), reading, _ran(report)).cover(str(ledger), str(report or ""))


def _ran(report: Path | None) -> dict[tuple[str, int], bool] | None:
    """(rehearsal, step) → whether it went as told in every way in which it was played."""
    if report is None:
        return None
    found: dict[tuple[str, int], bool] = {}
    for one in json.loads(report.read_text("utf-8"))["rehearsals"]:
        for step in one["steps"]:
            key = (one["id"], step["number"])
            found[key] = found.get(key, True) and step["ok"]
    return found


@dataclass
class _Covering:
    rows: dict[str, LedgerRow]
    reading: Reading
    ran: dict[tuple[str, int], bool] | None
    faults: list[DeclarationFault] = field(default_factory=list)
    shown: dict[tuple[str, str], list[Shown]] = field(default_factory=dict)
    packs: dict[str, dict[str, None]] = field(default_factory=dict)

    def cover(self, ledger: str, report: str) -> Coverage:
        for id, pack in sorted(self.reading.packs.items()):
            for position, row in enumerate(pack.body.plans):
                if row in self.rows:
                    self.packs.setdefault(row, {})[id] = None
                else:
                    self._unknown_row(pack, f"plans/{position}", row)
        for one in self.reading.city.of_kind("rehearsal").values():
            self._take(one)
        counted = [row for row in self.rows.values() if not row.declined]
        return Coverage(
            ledger,
            report,
            tuple(self._row(row) for row in counted),
            tuple(sorted(self.faults, key=lambda fault: (str(fault.path), fault.line, fault.message))),
            len(self.rows) - len(counted),
        )

    def _take(self, one: Declaration) -> None:
        body: RehearsalBody = one.body
        for row_id, named, step in body.shown():
            pointer = f"covers/{row_id}/{named}"
            row = self.rows.get(row_id)
            if row is None:
                self._unknown_row(one, pointer, row_id)
                continue
            self.packs.setdefault(row_id, {})[one.pack] = None
            verb = find_verb(named, row.verbs)
            number = body.step_number(step)
            if verb is None:
                known = "; ".join(f"`{each.name}`" for each in row.verbs)
                self._fault(one, pointer, f"{row_id} asks for no verb `{named}`.", f"Its verbs: {known}.")
            elif number is None:
                self._fault(one, pointer, f"`{named}` of {row_id} is to be shown by step {step}, which is missing.",
                            f"Write a number from 1 to {len(body.steps)} or the `id` of a step.")  # fmt: skip
            else:
                ran = None if self.ran is None else self.ran.get((one.id, number), False)
                self.shown.setdefault((row_id, verb.name), []).append(Shown(one.pack, one.id, number, ran))

    def _row(self, row: LedgerRow) -> RowCoverage:
        verbs = tuple(
            VerbCoverage(verb.name, verb.clause, tuple(self.shown.get((row.id, verb.name), ()))) for verb in row.verbs
        )
        packs = tuple(self.packs.get(row.id, ()))
        return RowCoverage(row.id, row.title, row.capability, row.must, _state(verbs, bool(packs)), packs, verbs)

    def _unknown_row(self, one: Declaration, pointer: str, row: str) -> None:
        self._fault(one, pointer, f"The ledger has no row {row}.", did_you_mean(row, _near(row, self.rows)))

    def _fault(self, one: Declaration, pointer: str, message: str, advice: str) -> None:
        self.faults.append(DeclarationFault(one.path, one.line(pointer), message, advice))


def _near(row: str, rows: Iterable[str]) -> Iterable[str]:
    return [one for one in rows if one[:2] == row[:2]]


def _state(verbs: tuple[VerbCoverage, ...], named: bool) -> str:
    shown = sum(verb.is_shown for verb in verbs)
    if verbs and shown == len(verbs):
        return "covered"
    if shown:
        return "part"
    return "missing" if named else "open"
