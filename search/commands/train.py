"""`crossgraph train`: captioned photos in, a checkpoint folder out."""

from __future__ import annotations

from pathlib import Path

import typer

from search.commands.collection_lines import tell_left_out
from search.commands.shared.options import Device, ImageWeights, Quiet, TextWeights
from search.commands.shared.train_options import (
    Annotations,
    Cache,
    DevAnnotations,
    DevImages,
    Encoders,
    Epochs,
    Finetune,
    Images,
    Model,
    ModelKind,
    OnDevice,
    Option,
    Out,
    Photos,
    Resume,
    Seed,
    Start,
    Teacher,
    TunedImage,
    Views,
)
from search.models.cache_folders import default_cache, read_photo
from search.models.training_packages import require_training_packages

__all__ = ["ModelKind", "train"]


def train(
    images: Images,
    annotations: Annotations,
    dev_annotations: DevAnnotations,
    out: Out,
    model: Model = ModelKind.crossgraph,
    encoders: Encoders = "packaged",
    photos: Photos = None,
    epochs: Epochs = None,
    seed: Seed = 0,
    resume: Resume = False,
    dev_images: DevImages = None,
    tuned_image: TunedImage = None,
    teacher: Teacher = None,
    start: Start = None,
    cache: Cache = None,
    finetune: Finetune = "image,text",
    views: Views = 12,
    device: OnDevice = Device.auto,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    option: Option = None,
    quiet: Quiet = False,
) -> None:
    """Train a model on photos with captions.

    For example:

      crossgraph train --images DIR --annotations train.json --dev-annotations dev.json --out model
    """
    require_training_packages("crossgraph train")
    from fusion.train import train_from_files
    from fusion.training.train_request import TrainRequest
    from search.terminal.progress import ProgressReport

    train_on = _pairs(images, annotations, "--images", "--annotations")
    stop_by = _pairs(dev_images or images[:1], dev_annotations, "--dev-images", "--dev-annotations")
    parts = _tuned_encoders(finetune)
    request = TrainRequest(
        images=train_on[0][0],
        annotations=train_on[0][1],
        dev_images=stop_by[0][0],
        dev_annotations=stop_by[0][1],
        more=tuple(train_on[1:]),
        more_dev=tuple(stop_by[1:]),
        tuned_image=tuned_image,
        teacher=teacher,
        start=start,
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
        result = train_from_files(request, progress=progress.update, read_photo=read_photo)
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
        raise typer.BadParameter(f"--option {text}: expected NAME=VALUE")
    return name, value


def _tuned_encoders(text: str) -> frozenset[str]:
    parts = frozenset(text.split(",")) - {"none"}
    if not parts <= {"image", "text"}:
        raise typer.BadParameter(f"--finetune {text}: expected image,text, image, text or none")
    return parts
