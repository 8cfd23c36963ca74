"""`crossgraph measure`: how well an index finds its own captioned photos."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from search.commands.shared.options import IndexFolder, Quiet, unnamed_index

__all__ = ["measure"]

Captions = Annotated[int, typer.Option(min=1, help="Ask at most this many captions.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def measure(
    index: IndexFolder = unnamed_index,
    captions: Captions = 1000,
    as_json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Measure an index by its own captions: each is a query that should find its photo.

    This works with any model, runs the search that people use, and needs no torch.
    `crossgraph eval` measures more of a trained model.

    For example:

      crossgraph index photos --annotations captions.json --index photos.index

      crossgraph measure --index photos.index --captions 200
    """
    from search.evaluation.index_recall import DEPTHS, measure_recall
    from search.terminal.progress import ProgressReport

    with ProgressReport("asking", quiet=quiet) as report:
        recall = measure_recall(index, captions, lambda done, total: report(done, total, ""))
    if as_json:
        typer.echo(json.dumps(recall.as_record()))
        return
    typer.echo(f"{recall.model}: {recall.captions} captions, {recall.photos} photos, text to image")
    for name, stage in (("first stage", recall.first_stage), ("re-ranked", recall.reranked)):
        recalls = ", ".join(f"R@{depth} {100 * stage.recall[depth]:.1f}" for depth in DEPTHS)
        typer.echo(
            f"{name}: {recalls}; best hit {100 * stage.probability:.0f} % likely, right in "
            f"{100 * stage.right:.0f} %"
        )
