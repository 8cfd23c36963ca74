"""What training and evaluation leave out of captioned collections, as lines on stderr."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer

from search.printable import printable

__all__ = ["tell_left_out"]


def tell_left_out(collections: Iterable[tuple[Path, Path]]) -> None:
    """Print what is left out of collections, given as folders of photos and captions files.

    Raises:
        CollectionError: one of them cannot be read.
    """
    from fusion.data.collection import left_out_of

    for line in left_out_of(collections):
        typer.echo(printable(line), err=True)
