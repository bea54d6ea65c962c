"""Runs the command that is given and looks that nothing is left running. Ends with its exit code, or 1 for left-overs."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
GRACE_SECONDS = 10.0


def parents() -> dict[int, int]:
    """Process id → id of its parent, zombies left out."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state != "Z":
                found[int(entry.name)] = int(parent)
    return found


def descendants() -> list[int]:
    """Every process that was started, however indirectly, by this one."""
    tree = parents()
    found: list[int] = []
    generation = {os.getpid()}
    while generation:
        generation = {one for one, parent in tree.items() if parent in generation}
        found += generation
    return found


def main() -> int:
    """Run the command, then end and name whatever it left."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)  # orphans come to us and not to process 1
    code = subprocess.run(sys.argv[1:], check=False).returncode
    deadline = time.monotonic() + GRACE_SECONDS
    while descendants() and time.monotonic() < deadline:
        time.sleep(0.1)
    left = descendants()
    for one in left:
        command = Path(f"/proc/{one}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        sys.stderr.write(f"Left running: {one} {command}\n")
        os.kill(one, signal.SIGKILL)
    return code or (1 if left else 0)


if __name__ == "__main__":
    sys.exit(main())
