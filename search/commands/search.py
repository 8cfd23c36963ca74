"""`crossgraph search` and `search`: a query in, hits out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from search.commands.options import (
    Checkpoint,
    ImageWeights,
    IndexFolder,
    TextWeights,
    default_index,
)
from search.engine import Hit, open_index
from search.output import as_json_lines, as_paths, as_plain_lines, as_table, weakness
from search.prepared import is_prepared

__all__ = ["search"]

PICTURES = (".png", ".jpg", ".jpeg", ".webp")


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
    min_probability: Annotated[
        float,
        typer.Option(
            min=0,
            max=1,
            help="Leave out hits below it; if none is left, stdout stays empty, stderr says that "
            "nothing matches well, and the exit code is 0.",
        ),
    ] = 0.0,
    explain: Annotated[
        bool, typer.Option("--explain", help="What each word added to the score, and where.")
    ] = False,
    explain_image: Annotated[
        Path | None,
        typer.Option(metavar="OUT.png", help="Draw the best hit and where its words were found."),
    ] = None,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
) -> None:
    """Find photos by what they show."""
    _check_options(json, paths, no_rerank, explain, explain_image)
    with open_index(
        index,
        checkpoint,
        image_weights=image_weights,
        text_weights=text_weights,
        once=True,
    ) as opened:
        hits = opened.search(
            " ".join(query),
            k=k,
            rerank=not no_rerank,
            candidates=candidates,
            explain=explain or explain_image is not None,
            min_probability=min_probability,
        )
        least = min_probability if len(opened) else 0.0
    if explain_image is not None:
        # Before anything is printed: what fails here is to leave stdout empty.
        _draw(hits, explain_image)
    _print(hits if explain else [replace(hit, explanation=None) for hit in hits], json, paths)
    note = weakness(hits, least)
    if note and ((least and not hits) or not (json or paths)):
        typer.echo(note, err=True)
    if "torch" in sys.modules and not (json or paths or is_prepared(index)):
        typer.echo("`crossgraph index` on this machine makes searches start at once", err=True)


def _draw(hits: Sequence[Hit], path: Path) -> None:
    from search.drawing import draw_explanation

    if hits:
        draw_explanation(hits[0], path)
    else:
        typer.echo(f"{path} is not written: there is no hit to draw", err=True)


def _check_options(
    json: bool, paths: bool, no_rerank: bool, explain: bool, explain_image: Path | None
) -> None:
    if json and paths:
        raise typer.BadParameter("--json and --paths exclude each other")
    if explain and paths:
        raise typer.BadParameter("--explain and --paths exclude each other")
    if no_rerank and (explain or explain_image):
        raise typer.BadParameter("only what is re-ranked is explained: leave out --no-rerank")
    if explain_image and explain_image.suffix.lower() not in PICTURES:
        raise typer.BadParameter(
            f"--explain-image {explain_image}: expected a name that ends in {' or '.join(PICTURES)}"
        )


def _print(hits: Sequence[Hit], json: bool, paths: bool) -> None:
    if json or paths:
        lines = as_json_lines(hits) if json else as_paths(hits)
    elif sys.stdout.isatty():
        if hits:
            from rich.console import Console

            Console().print(as_table(hits))
        lines = iter(())
    else:
        lines = as_plain_lines(hits)
    for line in lines:
        typer.echo(line)
