"""`crossgraph train`: captioned photos in, a checkpoint folder out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from search.commands.collection_lines import tell_left_out
from search.commands.shared.options import Device, ImageWeights, Quiet, TextWeights
from search.models.cache_folders import default_cache, read_photo

__all__ = ["ModelKind", "train"]


class ModelKind(StrEnum):
    """The models that can be trained."""

    crossgraph = "crossgraph"
    article = "article"
    concat = "concat"
    average = "average"


def train(
    images: Annotated[
        list[Path],
        typer.Option(metavar="DIR", help="The photos; repeat it for further collections."),
    ],
    annotations: Annotated[
        list[Path],
        typer.Option(metavar="JSON", help="Training captions (COCO), one for each --images."),
    ],
    dev_annotations: Annotated[
        list[Path],
        typer.Option(
            metavar="JSON",
            help="Development captions (COCO), of other photos; one for each --dev-images.",
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Gets the checkpoint.")],
    model: Annotated[ModelKind, typer.Option(help="What to train.")] = ModelKind.crossgraph,
    encoders: Annotated[
        str, typer.Option(help="packaged, resnet50-bert, or clip:ID-OR-FOLDER.")
    ] = "packaged",
    photos: Annotated[
        int | None,
        typer.Option(min=1, help="Train on so many of the photos, drawn at random; default: all."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Default: what suits the model.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed trains the same model.")] = 0,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where --out stopped.")] = False,
    dev_images: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Development photos; default: the first --images."),
    ] = None,
    tuned_image: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Begin with the image encoder that this checkpoint tuned; --finetune says "
            "whether it is tuned further.",
        ),
    ] = None,
    cache: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where features are kept.")
    ] = None,
    finetune: Annotated[
        str,
        typer.Option(
            metavar="PARTS",
            help="Encoders whose last layers are tuned too: image,text or one of them, or none.",
        ),
    ] = "image,text",
    views: Annotated[
        int, typer.Option(min=1, help="Views of each training photo, where the images are tuned.")
    ] = 12,
    device: Annotated[
        Device, typer.Option(help="Where to train; auto takes a GPU where torch can use one.")
    ] = Device.auto,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    option: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A field of the model's configuration."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Train a model on photos with captions.

    For example:

      crossgraph train --images DIR --annotations train.json --dev-annotations dev.json --out model
    """
    from fusion.train import train_from_files
    from fusion.training.train_request import TrainRequest
    from search.terminal.progress import ProgressReport

    train_on = _pairs(images, annotations, "--images", "--annotations")
    stop_by = _pairs(dev_images or images[:1], dev_annotations, "--dev-images", "--dev-annotations")
    parts = _parts(finetune)
    request = TrainRequest(
        images=train_on[0][0],
        annotations=train_on[0][1],
        dev_images=stop_by[0][0],
        dev_annotations=stop_by[0][1],
        more=tuple(train_on[1:]),
        more_dev=tuple(stop_by[1:]),
        tuned_image=tuned_image,
        encoders=encoders,
        model=model.value,
        out=out,
        photos=photos,
        epochs=epochs,
        seed=seed,
        resume=resume,
        cache=cache or default_cache(),
        image_weights=image_weights,
        text_weights=text_weights,
        options=dict(_assignment(text) for text in option or ()),
        finetune=parts,
        views=views,
        device=device.value,
    )
    tell_left_out([*train_on, *stop_by])
    with ProgressReport("training", quiet=quiet) as progress:
        result = train_from_files(request, progress=progress.stage, read_photo=read_photo)
    typer.echo(result)


def _pairs(
    folders: list[Path], files: list[Path], folder_option: str, file_option: str
) -> list[tuple[Path, Path]]:
    if len(folders) != len(files):
        raise typer.BadParameter(
            f"{len(folders)} {folder_option} and {len(files)} {file_option}: expected as many of "
            "one as of the other, the n-th of either belonging together"
        )
    return list(zip(folders, files, strict=True))


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise typer.BadParameter(f"--option {text} is not NAME=VALUE")
    return name, value


def _parts(text: str) -> frozenset[str]:
    parts = frozenset(text.split(",")) - {"none"}
    if not parts <= {"image", "text"}:
        raise typer.BadParameter(f"--finetune {text} is not image,text, image, text or none")
    return parts
