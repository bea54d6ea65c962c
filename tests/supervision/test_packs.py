"""What the packs of the repository say about supervision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

PACKS = Path(__file__).parents[2] / "packs"


def declared(folder: str) -> dict[Path, dict[str, Any]]:
    return {path: YAML(typ="safe").load(path) for path in sorted(PACKS.glob(f"*/{folder}/*.yaml"))}


def test_whoever_may_do_a_task_may_explain_an_alert_on_it() -> None:
    silent = [
        str(path.relative_to(PACKS))
        for path, body in declared("duties").items()
        if "task.decide" in (actions := {grant["action"] for grant in body.get("may") or ()})
        and "alert.explain" not in actions
    ]
    assert not silent


def test_every_limit_is_watched_by_some_watch() -> None:
    watched = {body["watches"].get("limit") for body in declared("watches").values()}
    assert "any" in watched or {body["id"] for body in declared("limits").values()} <= watched


def test_every_pause_is_watched_by_some_watch() -> None:
    watched = {body["watches"].get("pause") for body in declared("watches").values()}
    assert "any" in watched or {body["id"] for body in declared("pauses").values()} <= watched
