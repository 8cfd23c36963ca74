"""The options of `crossgraph bench` and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "Annotations",
    "Json",
    "Keep",
    "Markdown",
    "Only",
    "Photos",
    "Plot",
    "Quick",
    "Sizes",
    "Work",
]

Photos = Annotated[
    Path, typer.Option(metavar="FOLDER", help="Any folder of photos, some hundred at least.")
]
Annotations = Annotated[
    Path | None,
    typer.Option(
        metavar="JSON",
        help="Their captions (COCO), which are asked for; without it, captions and words that "
        "the model was trained on.",
    ),
]
Quick = Annotated[
    bool, typer.Option("--quick", help="Less of everything: under 5 minutes, not under 40.")
]
Sizes = Annotated[
    str | None,
    typer.Option(
        metavar="N,N,...",
        help="Sizes of the synthetic collections; default 10000,100000,1000000, or 2000,10000.",
    ),
]
Only = Annotated[
    list[str] | None,
    typer.Option(
        metavar="GROUP",
        help="cold, query, indexing, scale or memory; may be given often. Default: all.",
    ),
]
Work = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Gets what is made, which is used again the next time; some 8 GB for a million "
        "images. Default: a temporary one.",
    ),
]
Keep = Annotated[bool, typer.Option("--keep", help="Keep the temporary folder.")]
Json = Annotated[
    Path | None, typer.Option(metavar="OUT", help="Write everything that was measured.")
]
Plot = Annotated[
    Path | None,
    typer.Option(metavar="OUT.svg", help="Draw the time of a query over the sizes."),
]
Markdown = Annotated[bool, typer.Option("--markdown", help="Print the README's tables.")]
