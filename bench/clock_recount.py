"""`python -m bench.clock_recount PACKS`, with the settings of a city: apply these packs, and time how its open clocks are counted anew.

The stop-watches stand here and nowhere in the platform. The last line of standard output is JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def main(packs: Path) -> None:
    """Apply and print."""
    from yiwang.kernel.masking import cover_identity_numbers
    from yiwang.launch.logs import set_up_logs
    from yiwang.settings import set_up

    set_up_logs("bench", level="ERROR", form="console", cover=cover_identity_numbers)
    set_up(role="owner")
    from yiwang.acts.values import system
    from yiwang.cases.models import Clock
    from yiwang.cases.services import recounting
    from yiwang.packs.services import apply

    batches: list[float] = []
    processor: list[float] = []
    moved: list[int] = []

    def timed(function: Callable[..., int]) -> Callable[..., int]:
        def around(*given: Any) -> int:
            began, busy = time.perf_counter(), time.process_time()
            found = function(*given)
            batches.append(time.perf_counter() - began)
            processor.append(time.process_time() - busy)
            moved.append(found)
            return found

        return around

    recounting._recount = timed(recounting._recount)
    clocks = Clock.objects.filter(state="running").count()
    began = time.perf_counter()
    apply(system("bench"), [packs])
    whole = time.perf_counter() - began
    tenth = max(1, len(batches) // 10)
    print(
        json.dumps(
            {
                "clocks": clocks,
                "moved": sum(moved),
                "seconds": sum(batches),
                "whole": whole,
                "batch": recounting.BATCH,
                "batches": batches,
                "processor": sum(processor),
                "first_tenth": sum(processor[:tenth]),
                "last_tenth": sum(processor[-tenth:]),
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
        )
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
