"""The kind `rehearsal`: checked with its pack, played by `yiwang rehearse`, never part of a release."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from yiwang.kernel.kinds import City, Declaration, DeclarationFault, Kind, did_you_mean
from yiwang.packs.rehearsals.steps import RehearsalBody, kept_names, placeholders

__all__ = ["RehearsalKind"]


class RehearsalKind(Kind):
    """Stories in `rehearsals/*.yaml`."""

    name: ClassVar[str] = "rehearsal"
    folder: ClassVar[str] = "rehearsals"
    schema: ClassVar[type[RehearsalBody]] = RehearsalBody
    order: ClassVar[int] = 95
    stored: ClassVar[bool] = False

    def check(self, one: Declaration, city: City) -> Iterable[DeclarationFault]:
        """Steps that cannot be played as they stand, and claims that name no step."""
        body: RehearsalBody = one.body

        def fault(pointer: str, message: str, advice: str) -> DeclarationFault:
            return DeclarationFault(one.path, one.line(pointer), message, advice)

        if body.steps[0].verb not in {"as", "given"}:
            yield fault("steps/0", "The story begins before anybody acts.", "Begin with `as: <log-in>` or `given: …`.")
        known: set[str] = set()
        somebody = False
        for index, step in enumerate(body.steps):
            pointer = f"steps/{index}"
            for name in sorted(set(placeholders(step)) - known):
                yield fault(
                    pointer,
                    f"Step {index + 1} uses {{{name}}}, which no step before it has kept.",
                    f"Keep it first: `sees: {{keeps: {{{name}: <label>}}}}`. {did_you_mean(name, known)}",
                )
            known.update(kept_names(step))
            somebody = somebody or step.verb == "as"
            if not somebody and step.verb not in {"given", "moves time", "checks"}:
                yield fault(pointer, f"Nobody acts yet at step {index + 1}.", "Write `as: <log-in>` before it.")
            if step.verb == "is refused with" and (
                index == 0 or body.steps[index - 1].verb not in {"as", "opens", "submits", "does"}
            ):
                yield fault(
                    pointer,
                    f"Step {index + 1} says that the step before it was refused, but that step asks for nothing.",
                    "Put `is refused with` right after `as`, `opens`, `submits` or `does`.",
                )
        for row, verb, named in body.shown():
            if body.step_number(named) is None:
                yield fault(
                    f"covers/{row}/{verb}",
                    f"`{verb}` of {row} is to be shown by step {named}, which this story does not have.",
                    f"Write a number from 1 to {len(body.steps)} or the `id` of a step.",
                )
