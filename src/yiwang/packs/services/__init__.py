"""What the floor `packs` does: apply a city's declarations, give them back, load invented data, play rehearsals, lay them beside a plan."""

from __future__ import annotations

from pathlib import Path

from yiwang.packs.coverage import cover
from yiwang.packs.queries import check, plan, read_configured, schemas
from yiwang.packs.rehearsals.run import rehearse
from yiwang.packs.rules.ledger import read_ledger, tell_row
from yiwang.packs.services.applying import TablesBusy, apply, system_apply_plan
from yiwang.packs.services.export import export
from yiwang.packs.services.samples import demo_logins, fill_city, load_samples

__all__ = [
    "TablesBusy",
    "apply",
    "check",
    "cover",
    "demo_logins",
    "fill_city",
    "export",
    "load_samples",
    "plan",
    "read_configured",
    "read_ledger",
    "rehearse",
    "system_apply_plan",
    "tell_row",
    "write_schemas",
]


def write_schemas(folder: Path) -> list[Path]:
    """Write the JSON Schema of every kind into `folder`, delete those of kinds that are gone, return what changed."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = schemas()
    changed = [path for path in sorted(folder.glob("*.json")) if path.name not in wanted]
    for path in changed:
        path.unlink()
    for name, text in wanted.items():
        path = folder / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            changed.append(path)
    return changed
