"""`crossgraph train`: captioned photos to a checkpoint, for every kind of model.

Features are cached, a network or a baseline is trained on them, and the checkpoint is written with
its card. What happens in between is told in `network_run.py` and `pair_runs.py`.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch

from fusion import cca
from fusion.batches import held_out_of, random_photos
from fusion.card import write_card
from fusion.checkpoint import network_checkpoint, write_checkpoint
from fusion.collection import ReadPhoto, read_captions
from fusion.device import choose_device
from fusion.encoders import Encoders, load_encoders
from fusion.epochs import Options
from fusion.feature_cache import cache_features
from fusion.features import PairData, subset
from fusion.network_run import train_network
from fusion.pair_runs import EPOCHS, train_pair_run
from fusion.request import TrainingError, TrainRequest
from fusion.tower import freeze_depthwise

__all__ = ["default_epochs", "train_from_files", "training_photos"]

Report = Callable[[str, int, int], None]
FEWEST_PHOTOS = 20
"""A tenth is held out to fit on, and false pairs of captions and photos need two."""


def train_from_files(
    request: TrainRequest, progress: Report | None = None, *, read_photo: ReadPhoto
) -> str:
    """Encode what isn't yet, train, and write the checkpoint; gives one line that says what came.

    Args:
        request: what to train, and on what.
        progress: called with what is being done, how many are done and how many there are.
        read_photo: reads a photo as indexing does.

    Raises:
        TrainingError: the folder holds a run and `resume` is off, or an option is unknown, or there
            aren't as many photos as asked for.
        DeviceNotThere: a GPU was asked for, and there is none that torch can use.
        ValueError: a captions file or a photo cannot be read.
    """
    report = progress or (lambda *_: None)
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
    blocks = encoders.image.top_blocks() if "image" in request.finetune else None
    if blocks is not None and place == "cpu":
        freeze_depthwise(blocks)
    layers = encoders.text.top_layers() if "text" in request.finetune else None
    whole = cache_features(
        encoders, request.images, request.annotations, request.cache, report,
        read_photo=read_photo,
        views=request.views if request.model == "crossgraph" and blocks is not None else 1,
    )  # fmt: skip
    dev = cache_features(
        encoders, request.dev_images, request.dev_annotations, request.cache, report,
        read_photo=read_photo,
    )  # fmt: skip
    train = whole
    if count < len(whole.photos.regions):
        rows = random_photos(len(whole.photos.regions), count)
        train = subset(whole, rows, views=request.views)
    request.out.mkdir(parents=True, exist_ok=True)
    negatives = cca.fit(train)
    if request.model == "crossgraph":
        trained = train_network(request, train, dev, blocks, layers, negatives, report, place)
        module: torch.nn.Module = trained
        config = network_checkpoint(trained, encoders.image.architecture)
    else:
        run = train_pair_run(request, train, dev, held_out_of(train), negatives, report)
        module, config = run.model, run.config
    cca.save(negatives, request.out)
    epochs = request.epochs or default_epochs(request.model)
    config |= {"seed": request.seed, "photos": count, "epochs": epochs}
    if request.model == "crossgraph":
        recipe = replace(Options(), epochs=epochs)
        config |= {"training": asdict(recipe) | {"views": request.views}}
    write_checkpoint(
        request.out, request.model, encoders.preset, encoders.fingerprint, config, module
    )
    history = [json.loads(line) for line in (request.out / "log.jsonl").read_text().splitlines()]
    write_card(request.out, card_facts(request, encoders, whole, train, dev, module), history)
    shutil.rmtree(request.out / "state")
    last = [line for line in history if "epoch" in line]
    best = max(line["dev R@1"] for line in last)
    return f"{request.out}: {request.model}, {len(last)} epochs, development R@1 up to {best}"


def training_photos(request: TrainRequest) -> int:
    """How many photos a run trains on.

    Raises:
        TrainingError: there aren't as many, or they are too few.
        CollectionError: the captions file cannot be read.
    """
    there = len(read_captions(request.annotations, request.images).paths)
    count = there if request.photos is None else request.photos
    if count > there:
        raise TrainingError(f"{count} photos to train on: {request.annotations} has {there}")
    if count < FEWEST_PHOTOS:
        raise TrainingError(f"{count} photos to train on: expected at least {FEWEST_PHOTOS}")
    return count


def default_epochs(model: str) -> int:
    """How many epochs a kind of model is trained for unless told otherwise."""
    return Options.epochs if model == "crossgraph" else EPOCHS


def card_facts(
    request: TrainRequest,
    encoders: Encoders,
    whole: PairData,
    train: PairData,
    dev: PairData,
    module: torch.nn.Module,
) -> dict[str, object]:
    """Give the fields of the model card; `train` is `whole` or a part of it."""

    def told(data: PairData, annotations: Path, drawn: str = "") -> str:
        photos, captions = len(data.photos.regions), len(data.captions.texts)
        return f"{photos:,} photos{drawn} with {captions:,} captions of {described(annotations)}"

    drawn = "" if train is whole else f" (drawn at random from {len(whole.photos.regions):,})"

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
        "training": told(train, request.annotations, drawn),
        "development": told(dev, request.dev_annotations),
        "held_out": held_out_of(train),
        "parameters": sum(value.numel() for value in module.parameters()),
    }


def described(annotations: Path) -> str:
    """Give a captions file's own description of itself, or its name."""
    info = json.loads(annotations.read_text(encoding="utf-8")).get("info", {})
    return str(info.get("description") or annotations.name)
