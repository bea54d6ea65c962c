"""Turns of the scheduler until nothing is due, in a process of its own: `python tick_process.py TIME_FILE`; prints what each turn took."""

from __future__ import annotations

import json
import sys
import time as machine
from pathlib import Path

from yiwang import settings

settings.set_up()

from yiwang.kernel import time  # noqa: E402
from yiwang.supervision.services import system_tick  # noqa: E402

time.use_offset_file(Path(sys.argv[1]))
turns: list[tuple[int, float]] = []
while not turns or turns[-1][0]:
    began = machine.perf_counter()
    turns.append((system_tick(), machine.perf_counter() - began))
sys.stdout.write(json.dumps(turns))
