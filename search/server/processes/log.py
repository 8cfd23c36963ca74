"""The server's log: records that may come a thousand times a second are logged once a minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

__all__ = ["Sparing", "spare_the_log"]

SECONDS_BETWEEN = 60.0
MOST_KINDS = 1000

LOGGERS = ("uvicorn.error", "asyncio")


class Sparing(logging.Filter):
    """Passes one record of a kind per minute, with the number suppressed since the last.

    Records are of one kind if they have the same text before formatting, and the same type of
    exception. The error that no more files can be opened is logged without asyncio's traceback.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._told: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged; may change its text."""
        error = record.exc_info[1] if record.exc_info else None
        kind = (str(record.msg), type(error).__name__)
        when, left_out = self._told.get(kind, (-SECONDS_BETWEEN, 0))
        now = self._clock()
        if now - when < SECONDS_BETWEEN:
            self._told[kind] = (when, left_out + 1)
            return False
        if len(self._told) >= MOST_KINDS:
            self._told.clear()
        self._told[kind] = (now, 0)
        text = record.getMessage()
        if isinstance(error, OSError) and record.name == "asyncio":
            record.exc_info = record.exc_text = None
            text = f"{text.splitlines()[0]}: {error.strerror or error}"
        record.msg, record.args = f"{text}{_more(left_out)}", ()
        return True


def spare_the_log() -> None:
    """Add the filter to all loggers of the server."""
    # The sender of a malformed body is told anyway.
    logging.getLogger("python_multipart").setLevel(logging.ERROR)
    for name in LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(each, Sparing) for each in logger.filters):
            logger.addFilter(Sparing())


def _more(left_out: int) -> str:
    return f" (and {left_out:,} more since the last such line)" if left_out else ""
