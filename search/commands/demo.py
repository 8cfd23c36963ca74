"""`crossgraph demo`: the whole path on photos that are installed already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from search.commands.shared.options import Checkpoint, ImageWeights, Quiet, TextWeights
from search.models import loading
from search.output import as_plain_lines, as_table, weakness

if TYPE_CHECKING:
    from fusion.retriever import Retriever

__all__ = ["demo"]

DEFAULT_FOLDER = "crossgraph-demo"


def demo(
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Gets the index and the page of results.")
    ] = Path(DEFAULT_FOLDER),
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    quiet: Quiet = False,
) -> None:
    """Index photos that installed packages carry, ask for some, write a page of results.

    For example:

      crossgraph demo

      crossgraph demo --out tried
    """
    from rich.console import Console

    from search.demo.demo_run import run_demo
    from search.terminal.progress import ProgressReport

    model = loading.LazyModel(
        lambda: loading.load_model(
            checkpoint, image_weights=image_weights, text_weights=text_weights
        )
    )
    with ProgressReport("indexing", quiet=quiet) as progress:
        result = run_demo(out, cast("Retriever", model), progress=progress)
    console = Console()
    for answer in result.answers:
        if console.is_terminal:
            console.print(as_table(answer.hits, title=f'"{answer.query}"'))
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
    typer.echo(f'ask more: search "a red chair" --index {result.index}')
    typer.echo(f"or in a browser: crossgraph serve --open --index {result.index}")
