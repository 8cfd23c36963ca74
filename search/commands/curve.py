"""`crossgraph curve`: recall against the number of training photos, as a table and a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.commands.collection_lines import tell_left_out
from search.commands.shared.options import Quiet
from search.models.cache_folders import default_cache
from search.models.training_packages import require_training_packages

__all__ = ["curve"]


def curve(
    images: Annotated[Path, typer.Option(metavar="DIR", help="The photos.")],
    annotations: Annotated[Path, typer.Option(metavar="JSON", help="Training captions (COCO).")],
    dev_annotations: Annotated[
        Path, typer.Option(metavar="JSON", help="Development captions (COCO), of other photos.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER", help="Gets curve.json, curve.svg and a checkpoint for each size."
        ),
    ],
    sizes: Annotated[
        str, typer.Option(metavar="N,N,...", help="Numbers of training photos.")
    ] = "750,1500,3000,6000",
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Of the largest size; smaller ones get more. Default: as train."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed trains the same models.")] = 0,
    dev_images: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Development photos; default: --images.")
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where features are kept.")
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Train on more and more photos and measure what each number reaches.

    A size that was already trained is skipped, and one that was interrupted is resumed.

    For example:

      crossgraph curve --images DIR --annotations train.json --dev-annotations dev.json --out curve
    """
    require_training_packages("crossgraph curve")
    from fusion.training.train_request import TrainRequest
    from search.evaluation.learning_curve import learning_curve

    base = TrainRequest(
        images=images,
        annotations=annotations,
        dev_images=dev_images or images,
        dev_annotations=dev_annotations,
        encoders="packaged",
        model="crossgraph",
        out=out,
        epochs=epochs,
        seed=seed,
        cache=cache or default_cache(),
    )
    numbers = _numbers(sizes)
    tell_left_out([(images, annotations), (base.dev_images, dev_annotations)])
    for row in learning_curve(base, numbers, quiet=quiet):
        recalls = (
            f"{stage.replace('_', ' ')} R@1 {figures['R@1']:.1f}, R@10 {figures['R@10']:.1f}"
            for stage in ("first_stage", "reranked")
            for figures in [row[stage]["text_to_image"]]
        )
        typer.echo(f"{row['photos']} photos, {row['epochs']} epochs: {'; '.join(recalls)}")
    typer.echo(out / "curve.svg")


def _numbers(text: str) -> list[int]:
    parts = text.split(",")
    numbers = [int(part) for part in parts if part.isdecimal()]
    if len(set(numbers)) < len(parts) or 0 in numbers:
        raise typer.BadParameter(
            f"--sizes {text}: expected different numbers of photos, such as 750,1500"
        )
    return numbers
