"""`crossgraph demo`: indexing and searching, shown on photos that are already installed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from search.commands.shared.options import Checkpoint, ImageWeights, Quiet, TextWeights
from search.engine.default_index import default_index, demo_folder
from search.engine.open_index import open_index
from search.models import loading
from search.output import as_plain_lines, print_table, weakness

if TYPE_CHECKING:
    from indexer.indexing_model import IndexingModel

__all__ = ["demo"]


def demo(
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Gets photos, index and the page of results; default: the user's data folder.",
        ),
    ] = None,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    quiet: Quiet = False,
) -> None:
    """Index photos from installed packages, search them, and write a page of results.

    For example:

      crossgraph demo

      crossgraph demo --out tried
    """
    from rich.console import Console

    from search.demo.demo_run import run_demo
    from search.models.for_indexing import indexing_model
    from search.terminal.progress import ProgressReport

    weights: dict[str, Any] = {"image_weights": image_weights, "text_weights": text_weights}
    model = loading.LazyModel(
        lambda: indexing_model(
            checkpoint,
            **weights,
            tell=lambda line: None if quiet else typer.echo(line, err=True),
            warn=lambda line: typer.echo(line, err=True),
        )
    )
    with ProgressReport("indexing", quiet=quiet) as progress:
        result = run_demo(
            out or demo_folder(),
            cast("IndexingModel", model),
            progress=progress,
            opened=partial(
                open_index,
                checkpoint=checkpoint,
                image_weights=image_weights,
                text_weights=text_weights,
            ),
        )
    console = Console()
    for answer in result.answers:
        if console.is_terminal:
            print_table(console, answer.hits, title=f'"{answer.query}"')
        else:
            typer.echo(f'search "{answer.query}"')
            for line in as_plain_lines(answer.hits):
                typer.echo(line)
        note = weakness(answer.hits)
        for line in dict.fromkeys([*answer.notes, *([note] if note else [])]):
            typer.echo(line)
        typer.echo("")
    typer.echo(f"{result.photos} photos, index: {result.index}")
    typer.echo(f"page of results: {result.page.resolve()}")
    named = "" if default_index() == result.index else f" --index {quote(str(result.index))}"
    typer.echo(f'search more, from any folder: search "a red chair"{named}')
    typer.echo(f"or in a browser: crossgraph serve --open{named}")
