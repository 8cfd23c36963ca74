"""`crossgraph relocate`: photos that lie in another folder now, such as on another machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from search.commands.options import IndexFolder, default_index

__all__ = ["relocate"]


def relocate(
    old: Annotated[str, typer.Argument(help="The folder as `crossgraph status` names it.")],
    new: Annotated[Path, typer.Argument(help="Where it lies now.")],
    index: IndexFolder = default_index,
) -> None:
    """Tell an index that a folder of photos lies elsewhere now; no photo is read.

    For example:

      crossgraph relocate /media/disk/Pictures ~/Pictures --index disk.index
    """
    from store import Index, SourceError

    if not new.is_dir():
        raise SourceError(f"{new} is not there; expected the folder that holds the photos now")
    with Index.open(index) as opened:
        opened.relocate(os.path.abspath(old), os.path.abspath(new))
        count = opened.sources()[os.path.abspath(new)]
    typer.echo(f"{index}: {count} photos of {old} are at {new} now")
