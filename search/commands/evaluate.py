"""`crossgraph eval`: how well a model answers a captioned collection."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from search.commands.shared.completion import models
from search.commands.shared.options import Checkpoint, ImageWeights, Quiet, TextWeights

__all__ = ["evaluate"]

NO_INSTANCES = ("none", "")


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
            "and scores of --probes. The layout: search/evaluation/per_query.py.",
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
    keywords: Annotated[
        bool,
        typer.Option(
            "--keywords", help="Also ask single words, in an index of the photos (a minute)."
        ),
    ] = False,
    instances: Annotated[
        list[str] | None,
        typer.Option(
            metavar="JSON",
            help="What is on the photos (COCO), for --keywords and --shown; the n-th belong to the "
            "n-th --images, none is for a collection without. Default: what two captions say.",
        ),
    ] = None,
    shown: Annotated[
        bool,
        typer.Option(
            "--shown", help="Also measure the probabilities that people are shown (minutes)."
        ),
    ] = False,
    queries: Annotated[
        int, typer.Option(min=1, metavar="N", help="With --shown: captions asked, at most.")
    ] = 1000,
    squashed: Annotated[
        bool,
        typer.Option("--squashed", help="Also read every photo squashed to 224 by 224 pixels."),
    ] = False,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where features are kept.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws false pairs, captions and samples.")] = 0,
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

      crossgraph eval --images A --annotations a.json --images B --annotations b.json --shown
    """
    from search.commands.shared.evaluation_tables import print_reports
    from search.evaluation.judge import Extras, judge_all, model_folder
    from search.evaluation.named_collections import named_collections
    from search.evaluation.per_query import per_query_json

    if model and checkpoint:
        raise typer.BadParameter("--model and --checkpoint exclude each other")
    _check_pairs(images, annotations, instances or [])
    if instances and not (keywords or shown):
        raise typer.BadParameter("--instances is for --keywords and --shown: give one of them")
    collections = named_collections(
        images,
        annotations,
        [Path(each) if each not in NO_INSTANCES else None for each in instances or []],
    )
    found = judge_all(
        model_folder(model) if model else checkpoint,
        collections,
        Extras(
            seed=seed,
            ablation=ablate,
            probes=probes,
            explanations=explanations,
            squashed=squashed,
            keywords=keywords,
            shown=shown,
            queries=queries,
        ),
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


def _check_pairs(
    images: Sequence[Path], annotations: Sequence[Path], instances: Sequence[str]
) -> None:
    if len(images) != len(annotations):
        raise typer.BadParameter(
            f"--images is given {_times(images)} and --annotations {_times(annotations)}: give "
            "both once for each collection, in the same order"
        )
    if instances and len(instances) != len(images):
        raise typer.BadParameter(
            f"--instances is given {_times(instances)} and --images {_times(images)}: give both "
            "once for each collection, in the same order; none stands for no instances"
        )


def _together(names: Sequence[str], parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Give what a file holds: that of the only collection, or a list of them with their names."""
    if len(parts) == 1:
        return parts[0]
    named = zip(names, parts, strict=True)
    return {"collections": [{"name": name, **part} for name, part in named]}


def _times(values: Sequence[object]) -> str:
    return "once" if len(values) == 1 else f"{len(values)} times"
