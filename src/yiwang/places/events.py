"""What places tell. CloudEvents types are for ever; fields are only added."""

from __future__ import annotations

from typing import Final

__all__ = ["AREA_HANDED_OVER", "AREA_LOADED"]

AREA_HANDED_OVER: Final = "area.handed-over.v1"
"""From a day on another unit answers for an area.  `subject`: the area.  data: `duty`, `unit_id`, `on`."""

AREA_LOADED: Final = "area.loaded.v1"
"""Many areas were laid down.  `subject`: `batch`.  data: `given`, `new` (counts)."""
