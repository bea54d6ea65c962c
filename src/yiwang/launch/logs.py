"""Structured logs: one event a line, with fields; JSON for machines, coloured text for a terminal.

Logs carry ids and codes, never personal values or secrets. What is bound with `structlog.contextvars` (the
correlation id of a request or job) stands in every line that is written meanwhile, by our code or a library's.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any, Literal

import structlog

__all__ = ["Covered", "set_up_logs"]


class Covered(structlog.stdlib.ProcessorFormatter):
    """Lines in which nothing personal can be read, whatever somebody typed into an address or a library says of an error.

    cover: takes a line and gives it back with what must not be read covered.
    """

    def __init__(
        self, cover: Callable[[str], str], processors: Sequence[structlog.typing.Processor], **more: Any
    ) -> None:
        super().__init__(processors=processors, **more)
        self._cover = cover

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return self._cover(super().format(record))


def set_up_logs(
    process: str,
    *,
    level: str = "INFO",
    form: Literal["json", "console"] = "json",
    cover: Callable[[str], str],
) -> None:
    """Send all logs of this process to standard error. `process`: its name in every line (web, worker, scheduler …).

    cover: covers in each line what must not be read.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        Covered(
            cover,
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([structlog.processors.format_exc_info] if form == "json" else []),
                last,
            ],
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("procrastinate").setLevel("WARNING")  # it says every job twice; jobs say themselves what matters
    logging.getLogger("fido2").setLevel("WARNING")  # it says whose passkey came: a matter for the audit log
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(process=process)
