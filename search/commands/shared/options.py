"""Options that several commands share, with their help."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.completion import index_folders, model_folders
from search.engine.default_index import INDEX_NAME, INDEX_VARIABLE, default_index, new_index

__all__ = [
    "Checkpoint",
    "Device",
    "ImageWeights",
    "IndexFolder",
    "IndexSeconds",
    "Indexes",
    "NewIndexFolder",
    "Quiet",
    "TextWeights",
    "Vectors",
    "listed",
    "unnamed_index",
]

unnamed_index = Path(INDEX_NAME)
"""Placeholder for the default index; `IndexFolder` replaces it."""

DEFAULT_SHOWN = f"{INDEX_NAME} here, else the one in your data folder"


def _found(find: Callable[[], Path]) -> Callable[[typer.Context, typer.CallbackParam, Path], Path]:
    def callback(context: typer.Context, parameter: typer.CallbackParam, value: Path) -> Path:
        source = context.get_parameter_source(str(parameter.name))
        return find() if source is not None and source.name == "DEFAULT" else value

    return callback


class Device(StrEnum):
    """The device on which photos are encoded and networks trained."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


IndexFolder = Annotated[
    Path,
    typer.Option(
        "--index",
        metavar="FOLDER",
        envvar=INDEX_VARIABLE,
        help="The index.",
        show_default=DEFAULT_SHOWN,
        autocompletion=index_folders,
        callback=_found(default_index),
    ),
]
NewIndexFolder = Annotated[
    Path,
    typer.Option(
        "--index",
        metavar="FOLDER",
        envvar=INDEX_VARIABLE,
        help="The index; created if it does not exist.",
        show_default=DEFAULT_SHOWN,
        autocompletion=index_folders,
        callback=_found(new_index),
    ),
]
Indexes = Annotated[
    list[str] | None,
    typer.Option(
        "--index",
        metavar="FOLDER",
        help="The index, else CROSSGRAPH_INDEX, else photos.index here, else the one in your data "
        "folder; several, also addresses of databases, answer as one.",
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
    """Return the indexes that the options name, and the database that replaces a single one.

    Raises:
        BadParameter: a database by `--vectors`, and several indexes or another database.
    """
    from store.opening import is_database  # imports FAISS, for which `--help` should not wait

    folders = list(indexes or [str(default_index())])
    addresses = [each for each in folders if is_database(each)]
    if vectors and (len(folders) > 1 or addresses):
        raise typer.BadParameter(
            "name databases by --index alone, one or several, and not by --vectors or "
            "CROSSGRAPH_VECTORS too"
        )
    return ([INDEX_NAME], addresses[0]) if folders == addresses[:1] else (folders, vectors)
