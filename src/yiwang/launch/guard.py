"""A process between the launcher and the database server, so that the server never outlives its launcher.

Started as a plain file (`python -I -S guard.py command …`), standard library only. Its standard input is a pipe of
which the launcher holds the other end: when the launcher ends, in whatever way, the pipe closes and the guard asks
the server for a fast shutdown. Should the guard itself be killed, the server has asked the kernel for the same signal
(`setpriv --pdeathsig`, see `postgres.py`).
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

FAST_SHUTDOWN = signal.SIGINT
IMMEDIATE_SHUTDOWN = signal.SIGQUIT
PATIENCE_SECONDS = 20


def main(command: list[str]) -> int:
    """Run `command` until it ends by itself or standard input closes; return its exit code."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the launcher's business
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, restore_signals=True)
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(FAST_SHUTDOWN))

    def stop_with_launcher() -> None:
        sys.stdin.buffer.read()
        server.send_signal(FAST_SHUTDOWN)
        try:
            server.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            server.send_signal(IMMEDIATE_SHUTDOWN)

    threading.Thread(target=stop_with_launcher, daemon=True).start()
    return server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
