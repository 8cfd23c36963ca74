"""The waiting part of `crossgraph watch`: changes are indexed, pass after pass."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from search.printable import printable

if TYPE_CHECKING:
    from indexer import Plan

__all__ = ["keep_up"]


def keep_up(index: Path, sources: Sequence[str], run_pass: Callable[[], object]) -> None:
    """Bring an index up to date whenever something changes, until Ctrl-C is pressed.

    Between passes no lock is held: others may write the index, and search it at any time.

    Args:
        index: its folder.
        sources: folders that were indexed; none means all that the index knows.
        run_pass: indexes what changed, and reports it.
    """
    from indexer.sources import expanded
    from indexer.watch import wakeups
    from store import SourceError
    from store.photo_names import is_address

    roots = [root for root in expanded(sources or _known(index)) if not is_address(root)]
    if not roots:
        raise SourceError("changes at addresses cannot be watched: index these again instead")
    typer.echo(f"waiting for changes in {', '.join(roots)}; Ctrl-C ends it", err=True)
    keeper = _Keeper(index, sources, run_pass)
    try:
        for changed in wakeups(roots, index):
            keeper.catch_up(changed)
    except KeyboardInterrupt:
        typer.echo("stopped; the index is as the last line says", err=True)


class _Keeper:
    """Remembers what is left to do, and what was already printed."""

    def __init__(self, index: Path, sources: Sequence[str], run_pass: Callable[[], object]) -> None:
        self._index = index
        self._sources = sources
        self._run_pass = run_pass
        self._is_due = False
        self._said = ""

    def catch_up(self, changed: bool) -> None:
        """Index what changed, now or earlier if that could not be indexed."""
        from indexer import plan_index
        from store import IndexBusy, SourceError

        self._is_due = self._is_due or changed
        if not self._is_due:
            return
        try:
            plan = plan_index(self._index, self._sources)
            if _asks_for_work(plan):
                self._run_pass()
            away = len(plan.unreachable)
            self._say(f"{away} photos cannot be reached at the moment; they stay" if away else "")
        except SourceError as error:
            # Out of reach now; when it comes back, a notification triggers another pass.
            self._say(str(error))
        except IndexBusy as error:
            self._say(str(error))
            return
        self._is_due = False

    def _say(self, what: str) -> None:
        if what and what != self._said:
            typer.echo(printable(what), err=True)
        self._said = what


def _asks_for_work(plan: Plan) -> bool:
    return bool(
        plan.new or plan.changed or plan.moved or plan.gone or plan.touched or plan.released
    )


def _known(index: Path) -> list[str]:
    from store import Index

    with Index.open(index) as opened:
        return list(opened.sources())
