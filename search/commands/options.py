"""Options that several commands share, spelled and explained once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.commands.completion import index_folders, model_folders
from search.loading import DEFAULT_INDEX

__all__ = [
    "Checkpoint",
    "ImageWeights",
    "IndexFolder",
    "Quiet",
    "TextWeights",
    "Vectors",
    "default_index",
]

default_index = Path(DEFAULT_INDEX)

IndexFolder = Annotated[
    Path,
    typer.Option(
        "--index",
        metavar="FOLDER",
        envvar="CROSSGRAPH_INDEX",
        help="The index.",
        autocompletion=index_folders,
    ),
]
Vectors = Annotated[
    str | None,
    typer.Option(
        "--vectors",
        metavar="ADDRESS",
        envvar="CROSSGRAPH_VECTORS",
        help="A database that holds the index, postgresql://..., in place of a folder.",
        show_envvar=True,
    ),
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="A trained model's folder; default: the shipped one.",
        autocompletion=model_folders,
    ),
]
ImageWeights = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="The image encoder's weights, a file or a folder."),
]
TextWeights = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="The text encoder's weights, a file or a folder."),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress on stderr.")]
