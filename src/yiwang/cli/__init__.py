"""The command line: `yiwang …`. Each command parses its words and calls one service; this floor holds no rules."""

from __future__ import annotations

from yiwang.cli.frame import main

__all__ = ["main"]
