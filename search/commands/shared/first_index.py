"""The first search without an index: it offers to index the photos in the current folder."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import typer

from search.engine.default_index import demo_index, home_index, is_index
from search.printable import printable

__all__ = ["FirstIndexMissing", "offer_index", "remark_on_demo"]

MOST_ENTRIES = 100_000
"""Limit on the files looked at to count a folder's photos, so that the question comes at once."""


class FirstIndexMissing(ValueError):
    """Nothing was indexed yet; the message names the command that does it."""

    exit_code = 1


def offer_index(index: Path, *, may_ask: bool) -> None:
    """Make the default index if it does not exist and the user agrees.

    Args:
        index: as `default_index` returns it.
        may_ask: whether a question may be asked, since no program reads the output.

    Raises:
        FirstIndexMissing: it does not exist and was not made.
    """
    if is_index(index) or index != home_index():
        return
    here = Path.cwd()
    photos, is_all = _count(here)
    if not photos:
        raise FirstIndexMissing(
            "nothing is indexed yet: `crossgraph index ~/Pictures` indexes a folder of photos, and "
            "`crossgraph demo` shows how it works"
        )
    counted = f"{'' if is_all else 'at least '}{photos:,} photo{'' if photos == 1 else 's'}"
    place = printable(str(here))
    if not (may_ask and sys.stdin.isatty() and sys.stderr.isatty()):
        raise FirstIndexMissing(
            f"nothing is indexed yet: `crossgraph index .` indexes the {counted} in {place}, and "
            "`search` then finds them from any folder"
        )
    question = f"Nothing is indexed yet. Index the {counted} in {place} now?"
    if not typer.confirm(question, default=True, err=True):
        raise FirstIndexMissing("nothing is indexed yet: `crossgraph index FOLDER` does that")
    _build(index, here)


def remark_on_demo(index: str) -> None:
    """Print on stderr that hits are the demo's photos, if the demo's index answered."""
    if Path(index) == demo_index() != home_index() and is_index(Path(index)):
        typer.echo(
            "these are the demo's photos: `crossgraph index FOLDER` indexes your own", err=True
        )


def _build(index: Path, folder: Path) -> None:
    from indexer import build_index
    from search.commands.shared.index_lines import print_built
    from search.models import loading
    from search.models.for_indexing import indexing_model
    from search.terminal.progress import ProgressReport

    def say(line: str) -> None:
        typer.echo(line, err=True)

    model = loading.LazyModel(lambda: indexing_model(None, tell=say, warn=say))
    with redirect_stdout(sys.stderr):  # stdout is for the hits
        with ProgressReport("indexing") as progress:
            report = build_index(index, [folder], model, progress=progress)
        print_built(index, report, set())


def _count(folder: Path) -> tuple[int, bool]:
    """Return how many photos a folder has at any depth, and whether the count is complete."""
    from indexer.sources.suffixes import SUFFIXES

    photos = 0
    for number, name in enumerate(_names(folder)):
        if number >= MOST_ENTRIES:
            return photos, False
        photos += os.path.splitext(name)[1].lower() in SUFFIXES
    return photos, True


def _names(folder: Path) -> Iterator[str]:
    for _, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (name for name in files if not name.startswith("."))
