"""Options that several commands share, spelled and explained once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.completion import index_folders, model_folders
from search.engine.open_index import DEFAULT_INDEX

__all__ = [
    "Checkpoint",
    "Device",
    "ImageWeights",
    "IndexFolder",
    "IndexSeconds",
    "Indexes",
    "Quiet",
    "TextWeights",
    "Vectors",
    "default_index",
    "listed",
]

default_index = Path(DEFAULT_INDEX)


class Device(StrEnum):
    """Where photos are encoded, and networks trained."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


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
Indexes = Annotated[
    list[str] | None,
    typer.Option(
        "--index",
        metavar="FOLDER",
        help="The index, else CROSSGRAPH_INDEX, else photos.index; several, also addresses of "
        "databases, answer as one.",
        autocompletion=index_folders,
    ),
]
IndexSeconds = Annotated[
    float,
    typer.Option(
        "--index-timeout",
        min=0.01,
        metavar="SECONDS",
        help="How long each of several indexes may take before it is left out.",
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


def listed(indexes: Sequence[str] | None, vectors: str | None) -> tuple[list[str], str | None]:
    """Return the indexes a command line names, and the database that stands in for a single one.

    Raises:
        BadParameter: a database by `--vectors`, and several indexes or another database.
    """
    from store.opening import is_database  # brings FAISS, for which `--help` should not wait

    folders = list(indexes or [os.environ.get("CROSSGRAPH_INDEX") or DEFAULT_INDEX])
    addresses = [each for each in folders if is_database(each)]
    if vectors and (len(folders) > 1 or addresses):
        raise typer.BadParameter(
            "name databases by --index alone, one or several, and not by --vectors or "
            "CROSSGRAPH_VECTORS too"
        )
    return ([DEFAULT_INDEX], addresses[0]) if folders == addresses[:1] else (folders, vectors)
