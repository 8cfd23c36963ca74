"""Progress on stderr: a bar on a terminal, otherwise an occasional line."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from search.printable import printable
from search.terminal.streams import guard_again, unguarded

__all__ = ["Pace", "ProgressReport"]

SECONDS_BETWEEN_LINES = 10.0
LEAST_SECONDS = 1.0
"""Seconds before a rate is shown; earlier it would be a guess."""

Clock = Callable[[], float]


class Pace:
    """The speed and the remaining time in words; starts again with each stage.

    Args:
        clock: returns seconds.
    """

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._began = clock()
        self._first = self._last = 0
        self._total: int | None = None

    def tell(self, done: int, total: int | None) -> str:
        """Return text such as "12.5/s, 3 min left"; empty while unknown."""
        if done < self._last or total != self._total:
            # Counted from here: the first item of a stage may include the loading of a model.
            self._began, self._first, self._total = self._clock(), done, total
        self._last = done
        seconds = self._clock() - self._began
        if seconds < LEAST_SECONDS or done <= self._first:
            return ""
        rate = (done - self._first) / seconds
        speed = f"{rate:.0f}/s" if rate >= 100 else f"{rate:.2g}/s"
        return speed if total is None else f"{speed}, {in_words((total - done) / rate)} left"


def in_words(seconds: float) -> str:
    """Return a rounded time in words.

    >>> in_words(42.2), in_words(150), in_words(7000)
    ('42 s', '2 min', '1 h 56 min')
    """
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class ProgressReport:
    """A context manager whose `update(done, total, text)` may be called any number of times.

    Args:
        what: what is being done, such as "indexing".
        quiet: print nothing.
    """

    def __init__(self, what: str, *, quiet: bool = False) -> None:
        self._what = what
        self._quiet = quiet
        self._pace = Pace()
        console = Console(file=unguarded(sys.stderr), stderr=True)
        self._bar: Progress | None = None
        if console.is_terminal and not quiet:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[pace]}"),
                TextColumn("{task.fields[text]}", markup=False),
                console=console,
                transient=True,
                redirect_stdout=sys.stdout.isatty(),  # output to a file does not affect the bar
            )
            self._task = self._bar.add_task(what, total=None, text="", pace="")
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
            guard_again()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int | None = None, text: str = "") -> None:
        """Show the progress; `total` None means unknown."""
        if self._quiet:
            return
        text = printable(text)
        pace = self._pace.tell(done, total)
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, text=text, pace=pace)
        elif time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            of = f" of {total}" if total else ""
            parted = f", {pace}" if pace else ""
            sys.stderr.write(f"{self._what}: {done}{of}{parted} {text}".rstrip() + "\n")
            sys.stderr.flush()

    __call__ = update
