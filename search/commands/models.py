"""`crossgraph models`: CLIP-like models by name, and how they are fetched."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from search.commands.shared.options import Quiet

__all__ = ["models"]

Action = Annotated[
    str | None, typer.Argument(metavar="[get]", help="`get` fetches a model; default: list them.")
]
Name = Annotated[str | None, typer.Argument(help="A listed name, or an id of Hugging Face's hub.")]
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON lines, with the source of each figure.")
]


def models(
    action: Action = None, name: Name = None, as_json: Json = False, quiet: Quiet = False
) -> None:
    """List CLIP-like models that `crossgraph index --encoders clip:NAME` takes, or download one.

    The figures are their makers' own: Recall@1 of text to image, and of image to text, in percent.

    For example:

      crossgraph models

      crossgraph models get siglip2-base
    """
    if action is None:
        _print_models(as_json)
    elif action == "get" and name:
        _fetch(name, quiet)
    else:
        raise typer.BadParameter(
            f"models {action}: expected `crossgraph models`, or `crossgraph models get NAME`"
        )


def _print_models(as_json: bool) -> None:
    from fusion.runtime.clip.known_models import KNOWN_MODELS

    if as_json:
        for model in KNOWN_MODELS:
            typer.echo(json.dumps(asdict(model)))
        return
    rows = [("name", "hub id", "parameters", "Flickr30k", "COCO", "languages", "licence")]
    for model in KNOWN_MODELS:
        size = f"{model.parameters} M" if model.parameters else "-"
        flickr30k, coco = _recalls(model.flickr30k), _recalls(model.coco)
        licence = model.licence or "-"
        rows.append((model.name, model.hub_id, size, flickr30k, coco, model.languages, licence))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        typer.echo("  ".join(cells).rstrip())


def _recalls(figures: tuple[float, float] | None) -> str:
    return "-" if figures is None else f"{figures[0]:.1f} / {figures[1]:.1f}"


def _fetch(name: str, quiet: bool) -> None:
    import os

    # Which the hub's client reads when it is imported; it draws its own bars.
    os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1" if quiet else "0"
    from fusion.runtime.clip.clip_folder import fetch_clip

    folder = fetch_clip(name)
    typer.echo(str(folder))
    if not quiet:
        typer.echo(f"crossgraph index FOLDER --encoders clip:{name} indexes with it", err=True)
