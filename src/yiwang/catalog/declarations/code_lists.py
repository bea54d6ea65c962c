"""Code lists: `codelists/*.yaml`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar, Literal

from pydantic import Field

from yiwang.catalog.declarations.parts import KebabId, Title
from yiwang.catalog.rules.codes import CodeFault, read_codes
from yiwang.kernel.kinds import Body, City, Declaration, DeclarationFault, Kind, Part

__all__ = ["CodeListBody", "CodeListKind"]


class CodeBody(Part):
    """One code. current: false keeps a code readable in old records and gives it to nobody any more."""

    code: str = Field(min_length=1, max_length=40, pattern=r"^\S+$", description="characters without spaces, in quotes")
    title: Title
    current: bool = True


class CodeListBody(Body):
    """A code list: `codes` here, or `rows` in a CSV beside it with the columns code, title and, if wanted, title_en and current."""

    kind: Literal["codelist"]
    id: KebabId
    codes: tuple[CodeBody, ...] = ()
    rows: str = ""
    source: str = ""


class CodeListKind(Kind):
    """`codelists/*.yaml`."""

    name: ClassVar[str] = "codelist"
    folder: ClassVar[str] = "codelists"
    schema: ClassVar[type[Body]] = CodeListBody
    order: ClassVar[int] = 20

    def source_names(self, body: CodeListBody) -> Iterable[str]:
        return [body.rows] if body.rows else []

    def narrows(self, parent: CodeListBody, child: CodeListBody) -> Iterable[tuple[str, str, str]]:
        if parent.rows or child.rows:
            yield (
                "extends",
                "A code list whose codes stand in a CSV cannot be extended.",
                "Write the codes out in `codes`.",
            )
            return
        known = {one.code for one in parent.codes}
        for index, one in enumerate(child.codes):
            if one.code not in known:
                yield (
                    f"codes/{index}",
                    f"The code `{one.code}` is not in `{parent.id}`.",
                    "A list that extends another may only leave codes out.",
                )

    def check(self, one: Declaration, city: City) -> Iterator[DeclarationFault]:
        body: CodeListBody = one.body
        if bool(body.codes) == bool(body.rows):
            yield one.fault(
                "codes" if body.codes else "",
                "A code list has either `codes` or `rows`.",
                "Write the codes here, or name a CSV.",
            )
        seen: dict[str, int] = {}
        for index, code in enumerate(body.codes):
            if code.code in seen:
                yield one.fault(
                    f"codes/{index}",
                    f"The code `{code.code}` stands twice.",
                    f"Delete one; the first is on line {one.line(f'codes/{seen[code.code]}')}.",
                )
            seen.setdefault(code.code, index)
        if body.rows in one.sources:
            try:
                read_codes(one.sources[body.rows])
            except CodeFault as wrong:
                yield DeclarationFault(one.path.with_name(body.rows), wrong.line, wrong.message, wrong.advice)
