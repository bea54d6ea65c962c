"""Names that declarations use: whether they are declared, and by a pack that may be used; and the kinds' own checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from yiwang.kernel.kinds import City, Declaration, Reference, did_you_mean
from yiwang.packs.queries.shelf import MANIFEST, Name, Shelf

__all__ = ["check_names"]


class Tracking(City):
    """A city that notices which names a check looks up.

    found: so that `depends_on` covers them even if a kind does not list them.  missed: so that a name whose own file has faults is
    not called unknown as well.
    """

    def __init__(self, declarations: Iterable[Declaration]) -> None:
        super().__init__(declarations)
        self.found: list[Declaration] = []
        self.missed: set[Name] = set()

    def find(self, kind: str, id: str) -> Declaration | None:
        one = super().find(kind, id)
        if one is not None:
            self.found.append(one)
        else:
            self.missed.add((kind, id))
        return one


def check_names(shelf: Shelf, declarations: Sequence[Declaration]) -> None:
    """Check what each declaration names, and let its kind check the rest."""
    city = Tracking([*shelf.packs.values(), *declarations])
    for one in declarations:
        kind = shelf.files[one.kind, one.id].kind
        references = list(kind.references(one.body))
        if one.body.extends:
            references.append(Reference("extends", one.kind, one.body.extends))
        for reference in references:
            _check_reference(shelf, one, reference, city)
        city.found.clear()
        city.missed.clear()
        told = list(kind.check(one, city))
        broken = [f"`{id}`" for _, id in city.missed & (shelf.broken | shelf.misnamed)]
        shelf.faults += [fault for fault in told if not any(name in fault.message for name in broken)]
        for other in city.found:
            _check_covered(shelf, one, "", other)


def _check_reference(shelf: Shelf, one: Declaration, reference: Reference, city: City) -> None:
    other = city.find(reference.kind, reference.id)
    if other is not None:
        _check_covered(shelf, one, reference.pointer, other)
    elif (reference.kind, reference.id) not in shelf.broken | shelf.misnamed:
        known = shelf.ids(reference.kind)
        shelf.fault(
            one.path,
            one.line(reference.pointer),
            f"There is no {reference.kind} `{reference.id}`.",
            did_you_mean(reference.id, known),
        )


def _check_covered(shelf: Shelf, one: Declaration, pointer: str, other: Declaration) -> None:
    manifest = shelf.packs.get(one.pack)
    if other.pack == one.pack or manifest is None or other.pack in manifest.body.depends_on:
        return
    if any(
        fault.path == one.path and f"`{other.id}` of the pack `{other.pack}`" in fault.message for fault in shelf.faults
    ):
        return
    shelf.fault(
        one.path,
        one.line(pointer),
        f"This uses the {other.kind} `{other.id}` of the pack `{other.pack}`, on which `{one.pack}` does not depend.",
        f"Add `{other.pack}` to `depends_on` in {one.pack}/{MANIFEST}.",
    )
