"""Progress on stderr: a bar on a terminal, a line now and then anywhere else."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

__all__ = ["ProgressReport"]

SECONDS_BETWEEN_LINES = 10.0


class ProgressReport:
    """A context manager whose `update(done, total, text)` may be called as often as one likes.

    Args:
        what: what is being done, such as "indexing".
        quiet: say nothing at all.
    """

    def __init__(self, what: str, *, quiet: bool = False) -> None:
        self._what = what
        self._quiet = quiet
        console = Console(stderr=True)
        self._bar: Progress | None = None
        if console.is_terminal and not quiet:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.fields[text]}"),
                console=console,
                transient=True,
            )
            self._task = self._bar.add_task(what, total=None, text="")
        self._last_line = time.monotonic()

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def update(self, done: int, total: int | None = None, text: str = "") -> None:
        """Say how far it is; `total` None means that nobody knows."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, text=text)
        elif not self._quiet and time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            of = f" of {total}" if total else ""
            sys.stderr.write(f"{self._what}: {done}{of} {text}".rstrip() + "\n")
            sys.stderr.flush()

    def stage(self, what: str, done: int, total: int) -> None:
        """The form in which `fusion` reports: what is being done, and how far that is."""
        self.update(done, total, what)

    __call__ = update
