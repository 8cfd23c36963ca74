"""`crossgraph export`: an index, or the hits of a query, as Parquet or COCO."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.options import (
    Checkpoint,
    ImageWeights,
    IndexFolder,
    Quiet,
    TextWeights,
    unnamed_index,
)
from search.engine.open_index import open_index

__all__ = ["export"]


def export(
    out: Annotated[
        Path,
        typer.Argument(metavar="OUT", help="A file that ends in .parquet, or in .json for COCO."),
    ],
    index: IndexFolder = unnamed_index,
    query: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Write only what answers it.")
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="How many hits of the query.")] = 10,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    quiet: Quiet = False,
) -> None:
    """Export photos with their metadata to a Parquet or COCO file.

    Parquet has the vectors too. COCO is a captions file, and where there are categories a second
    one beside it, OUT.categories.json; `crossgraph index --annotations` takes both.

    For example:

      crossgraph export photos.json --index photos.index

      crossgraph export dogs.parquet --query "a dog" -k 100
    """
    from search.export.write_photos import export as write
    from search.terminal.progress import ProgressReport

    hits = None
    if query is not None:
        with open_index(
            index, checkpoint, image_weights=image_weights, text_weights=text_weights
        ) as opened:
            hits = opened.search(query, k=k)
    with ProgressReport("exporting", quiet=quiet) as progress:
        count, files = write(index, out, hits, query or "", progress)
    typer.echo(f"{count} photos: {', '.join(str(file) for file in files)}")
