"""Codes from a CSV: `code,title[,title_en][,current]`."""

from __future__ import annotations

import csv
import io

from yiwang.catalog.values import CodeView

__all__ = ["CodeFault", "read_codes"]

COLUMNS = {"code", "title", "title_en", "current"}


class CodeFault(ValueError):
    """What is wrong with the file, on which line, and what to write."""

    def __init__(self, line: int, message: str, advice: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.advice = advice


def read_codes(content: bytes) -> dict[str, CodeView]:
    """Codes by code, in the order of the file. Raises CodeFault for the first thing that is wrong."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        names = set(reader.fieldnames or ())
        if not {"code", "title"} <= names or names - COLUMNS:
            raise CodeFault(
                1,
                f"The columns are {', '.join(reader.fieldnames or ['none'])}.",
                "Write `code,title`, and if wanted `title_en` and `current`.",
            )
        found: dict[str, CodeView] = {}
        for row in reader:
            line = reader.line_num
            if None in row or None in row.values():
                raise CodeFault(
                    line,
                    "The row has not as many cells as the first line has names.",
                    "Put texts that hold a comma into quotes.",
                )
            code, title = row["code"].strip(), row["title"].strip()
            if not code or not title:
                raise CodeFault(line, "A code or its title is empty.", "Fill it in, or delete the row.")
            if code in found:
                raise CodeFault(line, f"The code `{code}` stands twice.", "Delete one of the rows.")
            english = (row.get("title_en") or "").strip()
            current = (row.get("current") or "true").strip().lower()
            if current not in {"true", "false"}:
                raise CodeFault(line, f"`current` is `{current}`.", "Write true or false.")
            found[code] = CodeView(code, {"zh-Hans": title, "en": english} if english else title, current == "true")
    except UnicodeDecodeError:
        raise CodeFault(1, "The file is not UTF-8.", "Save it as UTF-8.") from None
    except csv.Error as error:
        raise CodeFault(reader.line_num, f"This is not CSV: {error}.", "Close the quotes of this row.") from None
    if not found:
        raise CodeFault(1, "The file has no codes.", "Add a row for each code.")
    return found
