"""One turn of the scheduler in a process of its own, with a place armed or none: `python tick_process.py TIME_FILE`."""

from __future__ import annotations

import sys
from pathlib import Path

from yiwang import settings

settings.set_up()

from yiwang.kernel import time  # noqa: E402
from yiwang.supervision.services import system_tick  # noqa: E402

time.use_offset_file(Path(sys.argv[1]))
sys.stdout.write(str(system_tick()))
