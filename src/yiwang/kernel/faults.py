"""Collecting faults: look at everything, then refuse once with the whole list (一次性告知, 行政许可法 art. 32)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from yiwang.kernel.errors import FieldFault, Invalid
from yiwang.kernel.identifiers import IdentifierFault

__all__ = ["Faults"]


class Faults:
    """A list of faults that grows while input is looked at.

    >>> faults = Faults()
    >>> with faults.field("phone"):
    ...     phone = MobileNumber.parse(given["phone"])
    >>> faults.require(given["age"] >= 0, "age", "negative", "The age must be 0 or more.")
    >>> faults.raise_if_any()
    """

    def __init__(self, faults: Iterable[FieldFault] = ()) -> None:
        self._faults = list(faults)

    def add(self, pointer: str, code: str, message: str, /, **params: object) -> None:
        """Note a fault. `message`: msgid, a full sentence with `{named}` placeholders filled from `params`."""
        self._faults.append(FieldFault(pointer, code, message, params))

    def extend(self, faults: Iterable[FieldFault], under: str = "") -> None:
        """Note faults found elsewhere; `under` is put before their pointers."""
        self._faults.extend(FieldFault(join(under, one.pointer), one.code, one.message, one.params) for one in faults)

    def require(self, holds: bool, pointer: str, code: str, message: str, /, **params: object) -> bool:
        """Note a fault unless `holds`; return `holds`, so that what depends on it can be left unasked."""
        if not holds:
            self.add(pointer, code, message, **params)
        return holds

    @contextmanager
    def field(self, pointer: str) -> Iterator[None]:
        """Turn an IdentifierFault or an Invalid raised inside into faults at `pointer`, and go on after the block."""
        try:
            yield
        except IdentifierFault as fault:
            self._faults.append(fault.at(pointer))
        except Invalid as fault:
            self.extend(fault.faults or [FieldFault("", fault.code, fault.detail, fault.params)], pointer)

    def raise_if_any(self, detail: str = "", /, **params: object) -> None:
        """Raise Invalid with every fault noted; do nothing when there is none."""
        if self._faults:
            raise Invalid(detail, faults=self._faults, **params)

    def __iter__(self) -> Iterator[FieldFault]:
        return iter(self._faults)

    def __len__(self) -> int:
        return len(self._faults)


def join(*parts: str) -> str:
    """Join parts of a pointer, leaving out empty ones."""
    return "/".join(part for part in parts if part)
