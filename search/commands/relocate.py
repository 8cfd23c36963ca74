"""`crossgraph relocate`: photos that are now in another folder, such as on another machine."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from search.commands.shared.options import IndexFolder, unnamed_index

__all__ = ["relocate"]


def relocate(
    old: Annotated[str, typer.Argument(help="The folder as `crossgraph status` shows it.")],
    new: Annotated[str, typer.Argument(help="Where it is now.")],
    index: IndexFolder = unnamed_index,
) -> None:
    """Tell an index that a folder of photos has moved; no photo is read.

    For example:

      crossgraph relocate /media/disk/Pictures ~/Pictures --index disk.index
    """
    from store import Index, SourceError
    from store.photo_names import is_address, is_shard

    if not (is_address(new) or os.path.isdir(new) or (is_shard(new) and os.path.isfile(new))):
        raise SourceError(f"{new} does not exist; expected the folder that holds the photos now")
    before, now = (place if is_address(place) else os.path.abspath(place) for place in (old, new))
    if is_shard(before) != is_shard(now):
        raise SourceError(
            f"{old} and {new} are of different kinds; expected two folders, two tar files or two "
            "Parquet files"
        )
    with Index.open(index) as opened:
        opened.relocate(before, now)
        count = opened.sources()[now]
    typer.echo(f"{index}: {count} photos of {old} are at {new} now")
