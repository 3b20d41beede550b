"""Logs, configured once: for a person on a terminal, JSON when not; secrets redacted by type."""

from __future__ import annotations

import logging
import sys
from typing import Literal

import structlog
from pydantic import SecretStr
from structlog.typing import EventDict, Processor, WrappedLogger


def configure(level: str, format_: Literal["auto", "json", "text"]) -> None:
    """Set up structlog and the standard library's logging behind it, on standard error."""
    text = format_ == "text" or (format_ == "auto" and sys.stderr.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        redact,
    ]
    # A traceback without its frames' variables: keys and tokens stand in them.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer: Processor = plain if text else structlog.processors.JSONRenderer(default=str)
    if not text:
        shared.append(structlog.processors.format_exc_info)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processor=renderer))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("httpx", "httpcore", "uvicorn.access"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # a tick that waits for the ledger would be told of once a second; the runner says it once, and /health all the time
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A secret is a ``SecretStr``; wherever one is logged, stars are."""
    return {key: "**********" if isinstance(value, SecretStr) else value for key, value in event.items()}
