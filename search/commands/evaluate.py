"""`crossgraph eval`: how well a model answers a captioned collection."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search.commands.completion import models
from search.commands.options import Checkpoint, ImageWeights, Quiet, TextWeights

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["evaluate"]


def evaluate(
    images: Annotated[Path, typer.Option(metavar="DIR", help="The photos.")],
    annotations: Annotated[Path, typer.Option(metavar="JSON", help="Their captions (COCO).")],
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
    """Measure retrieval and matching on photos with captions.

    For example:

      crossgraph eval --images DIR --annotations dev.json --checkpoint my-model

      crossgraph eval --images DIR --annotations dev.json --ablate --json report.json
    """
    from search.judge import judge, model_folder
    from search.per_query import per_query_json

    if model and checkpoint:
        raise typer.BadParameter("--model and --checkpoint exclude each other")
    evaluation = judge(
        model_folder(model) if model else checkpoint,
        images,
        annotations,
        cache=cache,
        image_weights=image_weights,
        text_weights=text_weights,
        seed=seed,
        ablation=ablate,
        probes=probes,
        quiet=quiet,
        explanations=explanations,
    )
    text = json_module.dumps(evaluation.report, indent=2)
    if ranks is not None:
        ranks.write_text(per_query_json(evaluation.per_query), encoding="utf-8")
    if json is not None and str(json) == "-":
        typer.echo(text)
        return
    if json is not None:
        json.write_text(text + "\n", encoding="utf-8")
    _print(evaluation.report)


def _print(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    collection, model = report["collection"], report["model"]
    typer.echo(
        f"{model['name']} ({model['encoders']}, {model['fingerprint'][:12]}) on "
        f"{collection['images']} photos, {collection['captions']} captions"
    )
    console = Console()
    table = Table("retrieval, %", "R@1", "R@5", "R@10", "median rank")
    for stage in ("first_stage", "reranked"):
        for direction, measures in (report[stage] or {}).items():
            label = f"{stage} {direction}".replace("_", " ")
            table.add_row(label, *(f"{value:.1f}" for value in measures.values()))
    console.print(table)
    matching = Table("matching, %", "accuracy", "F1", "AUC", "threshold", "calibration error")
    for kind, measures in report["matching"].items():
        *shares, threshold = measures.values()
        error = f"{report['calibration'][kind]['ece']:.1f}"
        matching.add_row(kind, *(f"{value:.1f}" for value in shares), f"{threshold:.3f}", error)
    console.print(matching)
    if "explanations" in report:
        typer.echo(_explanations_line(report["explanations"]))
    if "ablation" in report:
        _print_ablation(report["ablation"])
    if "probes" in report:
        _print_probes(report["probes"], console)
    costs = ", ".join(f"{name} {value:g}" for name, value in report["latency_ms"].items())
    typer.echo(f"milliseconds: {costs}")


def _explanations_line(found: dict[str, Any]) -> str:
    low, high = found["difference_95"]
    return (
        f"explanations: without its top region a caption's logit falls by "
        f"{found['top_region_drop']:.3f}, without a random one by "
        f"{found['random_region_drop']:.3f}; by more in {found['top_above_random']:.1f}% of "
        f"{found['pairs']} pairs, difference {found['difference']:.3f} [{low:.3f}, {high:.3f}]"
    )


def _print_ablation(ablation: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    # A pipe has no width of its own, and 80 columns would break the names of rows.
    console = Console() if Console().is_terminal else Console(width=130)
    table = Table("", "ablation, %", "R@1", "R@5", "R@10", "image to text R@1", "R@1 against")
    numbers = {row["name"]: number for number, row in enumerate(ablation["rows"], start=1)}
    for row in ablation["rows"]:
        *recalls, _ = row["text_to_image"].values()
        shares = [*recalls, row["image_to_text"]["R@1"]]
        against = ""
        if row["difference"]:
            difference, low, high = row["difference"]["text_to_image"].values()
            against = f"{difference:+.2f} [{low:+.2f}, {high:+.2f}] ({numbers[row['against']]})"
        cells = (f"{value:.1f}" for value in shares)
        table.add_row(str(numbers[row["name"]]), row["name"], *cells, escape(against))
    console.print(table)
    for note in ablation["notes"]:
        typer.echo(note)


def _print_probes(probes: dict[str, Any], console: Console) -> None:
    from rich.table import Table

    order = Table("true caption above the altered one, %", "captions", "first stage", "reranked")
    for kind, found in probes["word_order"].items():
        count, *shares = found.values()
        cells = ("" if share is None else f"{share:.1f}" for share in shares)
        order.add_row(kind, str(count), *cells)
    console.print(order)
    short = Table("short queries, %", "queries", "R@1", "R@5", "R@10", "median rank")
    queries = probes["short_queries"]
    groups = {"all": queries} | {f"{n} words": found for n, found in queries["by_words"].items()}
    for name, found in groups.items():
        for stage in ("first_stage", "reranked"):
            if found[stage] is not None:
                cells = (f"{value:.1f}" for value in found[stage].values())
                label = f"{name}, {stage}".replace("_", " ")
                short.add_row(label, str(found["queries"]), *cells)
    console.print(short)
