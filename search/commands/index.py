"""`crossgraph index`: photos in, an index out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search import engine
from search.commands.options import (
    Checkpoint,
    ImageWeights,
    IndexFolder,
    Quiet,
    TextWeights,
    default_index,
)

if TYPE_CHECKING:
    from indexer import BuildReport

__all__ = ["index"]

SHOWN = 3  # names of photos that annotations speak of and nobody has


def index(
    source: Annotated[list[Path], typer.Argument(help="Folders of photos, any depth.")],
    annotations: Annotated[
        list[Path] | None,
        typer.Option(metavar="JSON", help="COCO captions or instances; may be given often."),
    ] = None,
    index: IndexFolder = default_index,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Photos encoded together.")] = 16,
    quiet: Quiet = False,
) -> None:
    """Add photos to an index, or bring it up to date: only what changed is read again."""
    from indexer import build_index
    from search.progress import ProgressReport

    model = engine.LazyModel(
        lambda: engine.load_model(
            checkpoint, image_weights=image_weights, text_weights=text_weights
        )
    )
    with ProgressReport("indexing", quiet=quiet) as progress:
        report = build_index(
            index,
            source,
            model,
            annotations=annotations or (),
            batch_size=batch_size,
            progress=progress,
        )
    _print(index, report)


def _print(index: Path, report: BuildReport) -> None:
    for path, reason in report.quarantined:
        typer.echo(f"left out: {path}: {reason}", err=True)
    if report.missing:
        some = ", ".join(report.missing[:SHOWN]) + (", ..." if len(report.missing) > SHOWN else "")
        typer.echo(f"{len(report.missing)} annotated photos are not in the index: {some}", err=True)
    counts = {
        "added": report.added,
        "updated": report.updated,
        "moved": report.moved,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "left out": len(report.quarantined),
        "annotated": report.annotated,
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    typer.echo(f"{index}: {told}, {report.seconds:.1f} seconds")
