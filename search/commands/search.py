"""`crossgraph search` and `search`: a query in, hits out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console

from search.commands.options import (
    Checkpoint,
    ImageWeights,
    IndexFolder,
    TextWeights,
    default_index,
)
from search.engine import Hit, open_index
from search.output import as_json_lines, as_paths, as_plain_lines, as_table, weakness

__all__ = ["search"]


def search(
    query: Annotated[list[str], typer.Argument(help="What the photo shows, in your words.")],
    k: Annotated[int, typer.Option("-k", min=1, help="How many hits.")] = 10,
    index: IndexFolder = default_index,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    paths: Annotated[bool, typer.Option("--paths", help="One path a line.")] = False,
    no_rerank: Annotated[
        bool, typer.Option("--no-rerank", help="First stage only: faster, less exact.")
    ] = False,
    candidates: Annotated[int, typer.Option(min=1, help="Photos that the graph re-ranks.")] = 50,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
) -> None:
    """Find photos by what they show."""
    if json and paths:
        raise typer.BadParameter("--json and --paths exclude each other")
    with open_index(
        index, checkpoint, image_weights=image_weights, text_weights=text_weights
    ) as opened:
        hits = opened.search(" ".join(query), k=k, rerank=not no_rerank, candidates=candidates)
    _print(hits, json=json, paths=paths)


def _print(hits: Sequence[Hit], *, json: bool, paths: bool) -> None:
    console = Console()
    if json or paths:
        lines = as_json_lines(hits) if json else as_paths(hits)
    elif console.is_terminal:
        if hits:
            console.print(as_table(hits))
        lines = iter(())
    else:
        lines = as_plain_lines(hits)
    for line in lines:
        typer.echo(line)
    note = weakness(hits)
    if note and not json and not paths:
        typer.echo(note, err=True)
