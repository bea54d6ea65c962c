"""What a measurement was taken on, so that two prints can be compared."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path


def load() -> str:
    """How busy the machine was in the last minute."""
    return f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


def describe() -> str:
    """Processor, memory, versions."""
    cpu = next(
        (line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.machine(),
    )
    memory = next(
        (int(line.split()[1]) / 2**20 for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), 0.0
    )
    return f"{cpu}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}, {platform.system()} {platform.release()}"


def memory_for(gibibytes: int) -> Path | None:
    """A folder in memory for so much, if there is one: rows are then made in minutes, and no disk distorts what is measured.

    A quarter more than that has to be free, for the processes that work there.
    """
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK) or shutil.disk_usage(memory).free < gibibytes * 2**30:
        return None
    available = next((int(line.split()[1]) for line in _lines("/proc/meminfo") if line.startswith("MemAvailable")), 0)
    return memory if available * 2**10 >= 1.25 * gibibytes * 2**30 else None


def _lines(file: str) -> list[str]:
    path = Path(file)
    return path.read_text("utf-8").splitlines() if path.exists() else []
