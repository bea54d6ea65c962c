"""The JSON Schemas of the kinds are published, fresh, and say yes to what the check says yes to."""

from __future__ import annotations

import json
from pathlib import Path

from yiwang.kernel.kinds import all_kinds
from yiwang.packs.queries import schemas
from yiwang.packs.services import write_schemas

PUBLISHED = Path(__file__).parents[2] / "docs" / "reference" / "kinds"


def test_what_is_published_is_what_the_kinds_say() -> None:
    """If this fails: `make docs`."""
    assert {path.name: path.read_text("utf-8") for path in PUBLISHED.glob("*.json")} == schemas()


def test_there_is_a_schema_for_every_kind_and_for_the_manifest() -> None:
    assert {f"{kind.name}.json" for kind in all_kinds()} | {"pack.json"} == set(schemas())
    for text in schemas().values():
        schema = json.loads(text)
        assert schema["additionalProperties"] is False
        assert {"kind", "id", "title"} <= set(schema["properties"])


def test_writing_again_changes_nothing_and_forgets_kinds_that_went(tmp_path: Path) -> None:
    assert len(write_schemas(tmp_path)) == len(schemas())
    assert write_schemas(tmp_path) == []
    (tmp_path / "gone.json").write_text("{}")
    assert write_schemas(tmp_path) == [tmp_path / "gone.json"]
