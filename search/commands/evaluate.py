"""`crossgraph eval`: how well a model answers a captioned collection."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from search.commands.completion import models
from search.commands.options import Checkpoint, ImageWeights, Quiet, TextWeights

__all__ = ["evaluate"]


def evaluate(
    images: Annotated[
        list[Path],
        typer.Option(metavar="DIR", help="The photos; once for each collection."),
    ],
    annotations: Annotated[
        list[Path],
        typer.Option(
            metavar="JSON",
            help="Their captions (COCO); the n-th belong to the n-th --images.",
        ),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FOLDER",
            help="A shipped model's name or a trained folder.",
            autocompletion=models,
        ),
    ] = None,
    checkpoint: Checkpoint = None,
    json: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write the measures; - is stdout.")
    ] = None,
    ranks: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Write what all figures can be computed from again (JSON): ids, each query's rank "
            "by stage and by row of --ablate, pairs with labels, scores and probabilities, texts "
            "and scores of --probes. The layout: search/per_query.py.",
        ),
    ] = None,
    ablate: Annotated[
        bool,
        typer.Option("--ablate", help="Also take each part of the model out in turn (minutes)."),
    ] = False,
    probes: Annotated[
        bool,
        typer.Option(
            "--probes", help="Also ask altered captions and queries of two to four words."
        ),
    ] = False,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where features are kept.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the false pairs.")] = 0,
    explanations: Annotated[
        bool,
        typer.Option("--explanations", help="Measure too whether explanations are true."),
    ] = False,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    quiet: Quiet = False,
) -> None:
    """Measure retrieval and matching on photos with captions, of one collection or several.

    For example:

      crossgraph eval --images DIR --annotations dev.json --checkpoint my-model

      crossgraph eval --images DIR --annotations dev.json --ablate --json report.json

      crossgraph eval --images A --annotations a.json --images B --annotations b.json
    """
    from search.captioned import named_collections
    from search.commands.evaluation_tables import print_reports
    from search.judge import Asked, judge_all, model_folder
    from search.per_query import per_query_json

    if model and checkpoint:
        raise typer.BadParameter("--model and --checkpoint exclude each other")
    if len(images) != len(annotations):
        raise typer.BadParameter(
            f"--images is given {_times(images)} and --annotations {_times(annotations)}: give "
            "both once for each collection, in the same order"
        )
    collections = named_collections(images, annotations)
    found = judge_all(
        model_folder(model) if model else checkpoint,
        collections,
        Asked(seed=seed, ablation=ablate, probes=probes, explanations=explanations),
        cache=cache,
        image_weights=image_weights,
        text_weights=text_weights,
        quiet=quiet,
    )
    names = [each.name for each in collections]
    reports = [each.report for each in found]
    if ranks is not None:
        table = _together(names, [each.per_query for each in found])
        ranks.write_text(per_query_json(table), encoding="utf-8")
    text = json_module.dumps(_together(names, reports), indent=2)
    if json is not None and str(json) == "-":
        typer.echo(text)
        return
    if json is not None:
        json.write_text(text + "\n", encoding="utf-8")
    print_reports(names, reports)


def _together(names: Sequence[str], parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give what a file holds: that of the only collection, or a list of them with their names."""
    if len(parts) == 1:
        return parts[0]
    named = zip(names, parts, strict=True)
    return {"collections": [{"name": name, **part} for name, part in named]}


def _times(values: Sequence[Path]) -> str:
    return "once" if len(values) == 1 else f"{len(values)} times"
