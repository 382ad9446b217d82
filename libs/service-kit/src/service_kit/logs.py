"""Logs: one JSON object a line on standard error, with the correlation id of what is being handled."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

_encoder = msgspec.json.Encoder(enc_hook=str)
_correlation: ContextVar[str | None] = ContextVar("correlation_id", default=None)
_STANDARD = frozenset(logging.LogRecord("", 0, "", 0, "", (), None).__dict__) | {"message", "asctime", "taskName"}


def where(error: BaseException) -> str:
    """The class of an error and the lines of code that it came by, without its message: that may quote a mail."""
    return f"{''.join(traceback.format_tb(error.__traceback__))}{type(error).__name__}"


@contextmanager
def correlated(correlation_id: UUID) -> Iterator[None]:
    """Every line logged inside carries this correlation id."""
    token = _correlation.set(str(correlation_id))
    try:
        yield
    finally:
        _correlation.reset(token)


class JsonLines(logging.Formatter):
    """at, level, process, logger, message, correlation_id, whatever `extra` holds, and the error if any."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        correlation_id = _correlation.get()
        if correlation_id is not None:
            line["correlation_id"] = correlation_id
        line.update({name: value for name, value in record.__dict__.items() if name not in _STANDARD})
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return _encoder.encode(line).decode()


def configure(process: str, level: str = "INFO") -> None:
    """Once, in `__main__`. Libraries that narrate every reconnect are held to warnings.

    What no line shows is not looked up (the logging documentation's "Optimization"): a mail has a line of its own.
    """
    vars(logging).update(_srcfile=None, logThreads=False, logProcesses=False, logMultiprocessing=False)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for chatty in ("aiokafka", "uvicorn.access", "asyncio"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
