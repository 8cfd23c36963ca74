"""`crossgraph verify`: whether an index is complete and undamaged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.commands.shared.options import IndexFolder, Quiet, unnamed_index
from search.printable import printable

if TYPE_CHECKING:
    from store.integrity.problems import Verification

__all__ = ["verify"]


def verify(
    index: IndexFolder = unnamed_index,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair",
            help="Mend what can be mended. Photos whose embedding is missing or damaged are "
            "removed with their captions; the next `crossgraph index`, with the same "
            "--annotations, embeds them again.",
        ),
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Check an index: the catalog, every embedding, every path, and the vector file.

    The model that is prepared for its searches on this machine is checked too.

    Prints one line when all is well; else one line a problem, and the exit code is 1, or 0 where
    --repair mended all of them.

    For example:

      crossgraph verify --index photos.index

      crossgraph verify --repair
    """
    from search.models.prepared import model_problems
    from search.terminal.progress import ProgressReport
    from store.integrity.verify import repair as mend
    from store.integrity.verify import verify as check

    with ProgressReport("verifying", quiet=quiet) as progress:
        verification, left = mend(index, progress) if repair else (check(index, progress), None)
    models = model_problems(index, repair=repair)
    for problem in (*verification.problems, *models):
        typer.echo(printable(str(problem)))
    if left is not None and left != verification:
        for problem in left.problems:
            typer.echo(printable(f"not mended: {problem}"))
    _end(index, left or verification, bool(models and not repair))


def _end(index: Path, verification: Verification, model_is_damaged: bool) -> None:
    from store.sqlite.sqlite_version import sqlite_words

    if verification.problems or model_is_damaged:
        raise typer.Exit(1)
    told = (
        f"{verification.images} photos with vectors and nodes, {verification.captions} captions, "
        f"{verification.quarantined} files left out"
    )
    file = verification.file or "no file of vectors yet"
    typer.echo(f"{index}: all is well: {told}, {file}; {sqlite_words()}")
