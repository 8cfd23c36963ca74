"""The options of `crossgraph train` and their help."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.options import Device

__all__ = [
    "Annotations",
    "Cache",
    "DevAnnotations",
    "DevImages",
    "Encoders",
    "Epochs",
    "Finetune",
    "Images",
    "Model",
    "ModelKind",
    "OnDevice",
    "Option",
    "Out",
    "Photos",
    "Resume",
    "Seed",
    "Start",
    "Teacher",
    "TunedImage",
    "Views",
]


class ModelKind(StrEnum):
    """The models that can be trained."""

    crossgraph = "crossgraph"
    article = "article"
    concat = "concat"
    average = "average"


Images = Annotated[
    list[Path],
    typer.Option(metavar="DIR", help="The photos; repeat it for further collections."),
]
Annotations = Annotated[
    list[Path],
    typer.Option(metavar="JSON", help="Training captions (COCO), one for each --images."),
]
DevAnnotations = Annotated[
    list[Path],
    typer.Option(
        metavar="JSON",
        help="Development captions (COCO), of other photos; one for each --dev-images.",
    ),
]
Out = Annotated[Path, typer.Option(metavar="FOLDER", help="Gets the checkpoint.")]
Model = Annotated[ModelKind, typer.Option(help="What to train.")]
Encoders = Annotated[str, typer.Option(help="packaged, resnet50-bert, or clip:ID-OR-FOLDER.")]
Photos = Annotated[
    int | None,
    typer.Option(min=1, help="Train on this many of the photos, drawn at random; default: all."),
]
Epochs = Annotated[int | None, typer.Option(min=1, help="Default: what suits the model.")]
Seed = Annotated[int, typer.Option(help="The same seed trains the same model.")]
Resume = Annotated[bool, typer.Option("--resume", help="Resume an interrupted run in --out.")]
DevImages = Annotated[
    list[Path] | None,
    typer.Option(metavar="DIR", help="Development photos; default: the first --images."),
]
Teacher = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="A larger text encoder, such as all-mpnet-base-v2, to learn from after the epochs; "
        "searches do without it.",
    ),
]
Start = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="With --teacher: a model that was trained on these collections, to be taught.",
    ),
]
TunedImage = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Begin with the image encoder that this checkpoint tuned; --finetune says "
        "whether it is tuned further.",
    ),
]
Cache = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where features are kept.")]
Finetune = Annotated[
    str,
    typer.Option(
        metavar="PARTS",
        help="Encoders whose last layers are tuned too: image,text or one of them, or none.",
    ),
]
Views = Annotated[
    int, typer.Option(min=1, help="Views of each training photo, if the image encoder is tuned.")
]
OnDevice = Annotated[
    Device, typer.Option(help="Where to train; auto takes a GPU where torch can use one.")
]
Option = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=VALUE", help="A field of the model's configuration."),
]
