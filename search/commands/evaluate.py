"""`crossgraph eval`: how well a model answers a captioned collection."""

from __future__ import annotations

import json as json_module
from collections.abc import Sequence
from pathlib import Path

import typer

from search.commands.shared.evaluate_options import (
    Ablate,
    Annotations,
    Cache,
    Explanations,
    Images,
    Instances,
    Json,
    Keywords,
    Model,
    Queries,
    Ranks,
    Seed,
    Shown,
    Squashed,
    StressTested,
)
from search.commands.shared.options import Checkpoint, ImageWeights, Quiet, TextWeights
from search.models.training_packages import require_training_packages
from search.printable import printable

__all__ = ["evaluate"]

NO_INSTANCES = ("none", "")


def evaluate(
    images: Images,
    annotations: Annotations,
    model: Model = None,
    checkpoint: Checkpoint = None,
    json: Json = None,
    ranks: Ranks = None,
    ablate: Ablate = False,
    stress_tests: StressTested = False,
    keywords: Keywords = False,
    instances: Instances = None,
    shown: Shown = False,
    queries: Queries = 1000,
    squashed: Squashed = False,
    cache: Cache = None,
    seed: Seed = 0,
    explanations: Explanations = False,
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
    if model and checkpoint:
        raise typer.BadParameter("--model and --checkpoint exclude each other")
    _check_pairs(images, annotations, instances or [])
    if instances and not (keywords or shown):
        raise typer.BadParameter("--instances is for --keywords and --shown: give one of them")
    require_training_packages("crossgraph eval")
    from search.commands.shared.evaluation_tables import print_reports
    from search.evaluation.judge import Extras, judge_all, model_folder
    from search.evaluation.named_collections import named_collections
    from search.evaluation.per_query import per_query_json

    collections = named_collections(
        images,
        annotations,
        [Path(each) if each not in NO_INSTANCES else None for each in instances or []],
    )
    evaluations = judge_all(
        model_folder(model) if model else checkpoint,
        collections,
        Extras(
            seed=seed,
            ablation=ablate,
            stress_tests=stress_tests,
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
        tell=lambda line: typer.echo(printable(line), err=True),
    )
    names = [each.name for each in collections]
    reports = [each.report for each in evaluations]
    if ranks is not None:
        table = _together(names, [each.per_query for each in evaluations])
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


def _together(names: Sequence[str], parts: Sequence[dict[str, object]]) -> dict[str, object]:
    """Return a file's content: that of the only collection, or a list of named collections."""
    if len(parts) == 1:
        return parts[0]
    named = zip(names, parts, strict=True)
    return {"collections": [{"name": name, **part} for name, part in named]}


def _times(values: Sequence[object]) -> str:
    return "once" if len(values) == 1 else f"{len(values)} times"
