"""`crossgraph merge`: several indexes into a new one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.completion import index_folders
from search.commands.shared.options import Quiet

__all__ = ["merge"]


def merge(
    parts: Annotated[
        list[Path],
        typer.Argument(
            metavar="INDEX", help="Indexes made with one model.", autocompletion=index_folders
        ),
    ],
    into: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Gets the new index; must not exist yet.")
    ],
    quiet: Quiet = False,
) -> None:
    """Merge indexes into a new one without reading or embedding any photo.

    A photo in several of them is taken from the first; captions and categories come from
    all. Photos get new ids.

    For example:

      crossgraph merge a.index b.index --into all.index
    """
    from search.terminal.progress import ProgressReport
    from store.merge import merge as put_together

    with ProgressReport("merging", quiet=quiet) as progress:
        merged = put_together(parts, into, progress=progress.update)
    typer.echo(
        f"{into}: {merged.images} photos, {merged.doubles} doubles, {merged.quarantined} left out"
    )
