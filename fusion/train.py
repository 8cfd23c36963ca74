"""`crossgraph train`: trains any kind of model on captioned photos and writes its checkpoint.

Features are cached, a network or a baseline is trained on them, and the checkpoint is written with
its card. The training itself is in `network_run.py` and `pair_run.py`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import nn

from fusion.baselines.pair_run import EPOCHS, train_pair_run
from fusion.checkpoint import network_checkpoint, write_checkpoint
from fusion.data import cca
from fusion.data.cca import LinearCCA
from fusion.data.collection import ReadPhoto, read_captions
from fusion.data.features import PairData
from fusion.encoders import Encoders, load_encoders
from fusion.hardware.device import Device, choose_device
from fusion.progress_callback import Progress
from fusion.training.command_options import options_of
from fusion.training.epochs import Options
from fusion.training.model_card import write_card
from fusion.training.network_run import train_network
from fusion.training.sampling import held_out, held_out_of
from fusion.training.train_request import TrainingError, TrainRequest
from fusion.training.training_collections import FeatureSource, TrainingCollections

__all__ = ["default_epochs", "train_from_files", "training_photos"]

FEWEST_PHOTOS = 20
"""A tenth is held out for fitting, and false pairs need at least two of these photos."""


@dataclass(frozen=True)
class Ingredients:
    """The inputs to the training of any kind of model."""

    request: TrainRequest
    encoders: Encoders
    source: FeatureSource
    data: TrainingCollections
    negatives: LinearCCA
    read_photo: ReadPhoto
    report: Progress
    device: Device


class TrainedModel(NamedTuple):
    """A trained module, and its description in the checkpoint's `config.json`."""

    module: nn.Module
    config: dict[str, object]


class Trainer(NamedTuple):
    """How a kind of model is trained."""

    train: Callable[[Ingredients], TrainedModel]
    epochs: int
    """The default number of epochs."""


def train_crossgraph(given: Ingredients) -> TrainedModel:
    """Train the network of this project."""
    request, data, report = given.request, given.data, given.report
    materials = given.source.materials(request, data, given.negatives, given.read_photo, report)
    network = train_network(request, data.train, data.devs, materials, report, given.device)
    network.reader.blocks = given.source.whole(network)
    recipe = options_of(request)
    config = network_checkpoint(network, given.encoders.image.architecture)
    return TrainedModel(network, config | {"training": asdict(recipe) | {"views": request.views}})


def train_pairs(given: Ingredients) -> TrainedModel:
    """Train a pair model, a baseline that the network is compared with."""
    request, data = given.request, given.data
    held_rows = held_out_of(data.train)
    run = train_pair_run(
        request, data.train, data.devs[0], held_rows, given.negatives, given.report
    )
    return TrainedModel(run.model, dict(run.config))


CROSSGRAPH = Trainer(train_crossgraph, Options.epochs)
PAIRS = Trainer(train_pairs, EPOCHS)


def trainer_of(model: str) -> Trainer:
    """Return the trainer for a kind of model; all kinds but one are pair models."""
    return CROSSGRAPH if model == "crossgraph" else PAIRS


def train_from_files(
    request: TrainRequest, progress: Progress | None = None, *, read_photo: ReadPhoto
) -> str:
    """Encode what is not cached, train, and write the checkpoint; return a one-line summary.

    Args:
        request: what to train, and on what.
        progress: called as `Progress` says: with done, total and the name of the step.
        read_photo: reads a photo as indexing does.

    Raises:
        TrainingError: there is a start but no teacher, the folder holds a run and `resume` is off,
            an option is unknown, or there are too few photos.
        DeviceNotThere: a GPU was requested, and there is none that torch can use.
        ValueError: a captions file or a photo cannot be read.
    """
    report = progress or (lambda *_: None)
    if request.start is not None and request.teacher is None:
        raise TrainingError(f"--start {request.start}: nothing to train without --teacher")
    if (request.out / "state" / "state.json").exists() and not request.resume:
        raise TrainingError(f"{request.out} holds an unfinished run: add --resume, or remove it")
    count = training_photos(request)
    torch.manual_seed(request.seed)
    place = choose_device(request.device)
    encoders = load_encoders(
        request.encoders,
        image_weights=request.image_weights,
        text_weights=request.text_weights,
        device=place,
    )
    source = FeatureSource.of(encoders, request, place)
    data = TrainingCollections.read(source, request, count, read_photo, report)
    request.out.mkdir(parents=True, exist_ok=True)
    negatives = cca.fit(data.train)
    if len(source.kept):
        data = data.through(source.kept, report)
    ingredients = Ingredients(request, encoders, source, data, negatives, read_photo, report, place)
    trained = trainer_of(request.model).train(ingredients)
    cca.save(negatives, request.out)
    epochs = request.epochs or default_epochs(request.model)
    config = trained.config | {"seed": request.seed, "photos": count, "epochs": epochs}
    write_checkpoint(
        request.out, request.model, encoders.preset, encoders.fingerprint, config, trained.module
    )
    return finish(request, card_facts(request, encoders, data, trained.module))


def finish(request: TrainRequest, facts: dict[str, object]) -> str:
    """Write the card, remove files that only a resumed run needs, and return a summary line."""
    history = [json.loads(line) for line in (request.out / "log.jsonl").read_text().splitlines()]
    write_card(request.out, facts, history)
    shutil.rmtree(request.out / "state", ignore_errors=True)  # there is none without epochs
    last = [line for line in history if "epoch" in line]
    if not last:
        return f"{request.out}: {request.model}, {history[-1]['summary']}"
    best = max(line["dev R@1"] for line in last)
    return f"{request.out}: {request.model}, {len(last)} epochs, development R@1 up to {best}"


def training_photos(request: TrainRequest) -> int:
    """Return how many photos a run trains on.

    Raises:
        TrainingError: there are fewer photos than requested, or too few to train on.
        CollectionError: the captions file cannot be read.
    """
    there = sum(len(read_captions(texts, images).paths) for images, texts in request.collections)
    count = there if request.photos is None else request.photos
    if count > there:
        named = ", ".join(str(texts) for _, texts in request.collections)
        raise TrainingError(f"{count} photos to train on: {named} has {there}")
    if count < FEWEST_PHOTOS:
        raise TrainingError(f"{count} photos to train on: expected at least {FEWEST_PHOTOS}")
    return count


def default_epochs(model: str) -> int:
    """Return the default number of epochs for a kind of model."""
    return trainer_of(model).epochs


def card_facts(
    request: TrainRequest,
    encoders: Encoders,
    training_collections: TrainingCollections,
    module: nn.Module,
) -> dict[str, object]:
    """Return the fields of the model card."""

    def told(data: Sequence[PairData], collections: Sequence[tuple[Path, Path]]) -> str:
        return "; ".join(
            f"{len(part.photos.regions):,} photos with {len(part.captions.texts):,} captions of "
            f"{described(annotations)}"
            for part, (_, annotations) in zip(data, collections, strict=True)
        )

    trained = len(training_collections.train.photos.regions)
    there = sum(len(part.photos.regions) for part in training_collections.parts)
    drawn = f"{trained:,} photos drawn at random from " if trained < there else ""
    reader = getattr(module, "reader", None)
    tuned = [
        name
        for name, part in (("image", "blocks"), ("text", "layers"))
        if getattr(reader, part, None) is not None
    ]
    return {
        "kind": request.model,
        "encoders": encoders.preset,
        "encoders_fingerprint": encoders.fingerprint[:12],
        "tuned": f" but for the last layers ({' and '.join(tuned)}), tuned copies of which are here"
        if tuned
        else "",
        "taught": taught_by(request),
        "training": drawn + told(training_collections.parts, request.collections),
        "development": told(training_collections.devs, request.dev_collections),
        "held_out": sum(held_out(size) for size in training_collections.sizes),
        "parameters": sum(value.numel() for value in module.parameters()),
    }


def taught_by(request: TrainRequest) -> str:
    """Return the model card's line on the teacher; empty if the network had none."""
    if request.teacher is None:
        return ""
    start = f", beginning with {request.start.name}" if request.start is not None else ""
    return f"\n- **Taught by:** the text encoder {request.teacher.name}{start}."


def described(annotations: Path) -> str:
    """Return a captions file's own description of itself, or its name."""
    info = json.loads(annotations.read_text(encoding="utf-8")).get("info", {})
    return str(info.get("description") or annotations.name)
