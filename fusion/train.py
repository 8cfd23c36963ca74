"""`crossgraph train`: captioned photos to a checkpoint, for every kind of model.

Features are cached, a network or a baseline is trained on them, and the checkpoint is written with
its card. What happens in between is told in `network_run.py` and `pair_run.py`.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from fusion.baselines.pair_run import EPOCHS, train_pair_run
from fusion.checkpoint import network_checkpoint, read_checkpoint, write_checkpoint
from fusion.data import cca
from fusion.data.cca import LinearCCA
from fusion.data.collection import ReadPhoto, read_captions
from fusion.data.feature_cache import cache_features
from fusion.data.features import PairData, joined, subset
from fusion.data.short_queries import short_queries
from fusion.encoders import Encoders, load_encoders
from fusion.hardware.device import choose_device
from fusion.network.network import Network
from fusion.network.tuned_layers import TunedBlocks, freeze_depthwise
from fusion.training.concepts import brought_over, concepts_of, refitted
from fusion.training.epochs import Options
from fusion.training.model_card import write_card
from fusion.training.network_run import Materials, options_of, train_network
from fusion.training.sampling import held_out, held_out_of, random_photos
from fusion.training.train_request import TrainingError, TrainRequest
from fusion.training.tuned_encoders import maps_through, seen_by, with_tuned_image

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
    source = Source.of(encoders, request, place)
    data = TrainingCollections.read(source, request, count, read_photo, report)
    request.out.mkdir(parents=True, exist_ok=True)
    negatives = cca.fit(data.train)
    if len(source.kept):
        data = data.through(source.kept, report)
    if request.model == "crossgraph":
        materials = source.materials(data, negatives, read_photo, report)
        network = train_network(request, data.train, data.devs, materials, report, place)
        network.reader.blocks = source.whole(network)
        module: nn.Module = network
        config = network_checkpoint(network, encoders.image.architecture)
    else:
        held = held_out_of(data.train)
        run = train_pair_run(request, data.train, data.devs[0], held, negatives, report)
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
    return finish(request, card_facts(request, encoders, data, module))


def finish(request: TrainRequest, facts: dict[str, object]) -> str:
    """Write the card, remove what only a resumed run needs, and say in one line what came."""
    history = [json.loads(line) for line in (request.out / "log.jsonl").read_text().splitlines()]
    write_card(request.out, facts, history)
    shutil.rmtree(request.out / "state")
    last = [line for line in history if "epoch" in line]
    best = max(line["dev R@1"] for line in last)
    return f"{request.out}: {request.model}, {len(last)} epochs, development R@1 up to {best}"


@dataclass(frozen=True)
class Source:
    """Where features come from, and what of it is tuned.

    Attributes:
        own: the encoders as they were published.
        reading: those that read photos and captions.
        built_on: the image encoder's last blocks by another checkpoint.
        kept: those of the image encoder's last blocks that come before the tuned ones.
        blocks: the image encoder's last blocks to tune.
        layers: the text encoder's last layers to tune.
        varied: whether other views of the photos are read.
    """

    own: Encoders
    reading: Encoders
    built_on: nn.Sequential | None
    kept: nn.Sequential
    blocks: nn.Sequential | None
    layers: nn.ModuleList | None
    varied: bool

    @classmethod
    def of(cls, encoders: Encoders, request: TrainRequest, place: str) -> Source:
        """Take what a request asks of the encoders."""
        reading, built_on, blocks = encoders, None, None
        kept = nn.Sequential()
        tunes_image = "image" in request.finetune
        if request.tuned_image is not None:
            tuned, built_on = with_tuned_image(encoders, read_checkpoint(request.tuned_image))
            reading = encoders if tunes_image else tuned
        if tunes_image:
            blocks = encoders.image.top_blocks() if built_on is None else copy.deepcopy(built_on)
        if blocks is not None:
            count = options_of(request).kept_blocks
            kept = nn.Sequential(*list(blocks)[:count]).requires_grad_(False)
            blocks = nn.Sequential(*list(blocks)[count:]).requires_grad_(True)
        if blocks is not None and place == "cpu":
            freeze_depthwise(blocks)
        layers = reading.text.top_layers() if "text" in request.finetune else None
        is_network = request.model == "crossgraph"
        varied = is_network and (blocks is not None or built_on is not None)
        return cls(encoders, reading, built_on, kept, blocks, layers, varied)

    def whole(self, network: Network) -> TunedBlocks | None:
        """Give the image encoder's last blocks for the checkpoint, those that were kept too."""
        tuned = network.reader.blocks
        if tuned is None:
            return None if self.built_on is None else TunedBlocks(self.built_on)
        return TunedBlocks(nn.Sequential(*self.kept, *tuned.blocks))

    def materials(
        self, data: TrainingCollections, negatives: LinearCCA, read_photo: ReadPhoto, report: Report
    ) -> Materials:
        """Give what a network's training takes beside features."""
        concepts = concepts_of(self.own)
        photos = data.train.photos
        seen = None
        if concepts is not None and self.built_on is not None:
            if self.blocks is None:
                concepts = brought_over(
                    concepts, self.reading.image, photos.paths, read_photo, report
                )
            else:
                seen = seen_by(self.blocks, photos, report)
                concepts = refitted(concepts, photos, seen)
        shorts = short_queries(self.reading, data.train.captions, len(photos.regions))
        return Materials(data.sizes, negatives, self.blocks, self.layers, concepts, shorts, seen)


@dataclass(frozen=True)
class TrainingCollections:
    """What a run reads.

    Attributes:
        parts: the collections to train on.
        train: all of them, or some photos drawn from them, a collection after the other.
        sizes: photos of `train` in each collection.
        devs: the collections to stop by.
    """

    parts: list[PairData]
    train: PairData
    sizes: list[int]
    devs: list[PairData]

    @classmethod
    def read(
        cls, source: Source, request: TrainRequest, count: int, read_photo: ReadPhoto,
        report: Report,
    ) -> TrainingCollections:  # fmt: skip
        """Encode what isn't yet, and draw `count` photos to train on."""

        def features(photos: Path, captions: Path, views: int = 1) -> PairData:
            return cache_features(
                source.reading, photos, captions, request.cache, report,
                read_photo=read_photo, views=views,
            )  # fmt: skip

        devs = [features(*each) for each in request.dev_collections]
        views = request.views if source.varied else 1
        parts = [without_photos_of(devs, features(*each, views)) for each in request.collections]
        train, sizes = joined(parts), [len(part.photos.regions) for part in parts]
        if count < len(train.photos.regions):
            rows = random_photos(len(train.photos.regions), count)
            train = subset(train, rows, views=views)
            place = np.searchsorted(np.cumsum(sizes), rows.numpy(), side="right")
            sizes = np.bincount(place, minlength=len(sizes)).tolist()
        return cls(parts, train, sizes, devs)

    def through(self, kept: nn.Sequential, report: Report) -> TrainingCollections:
        """Bring all photos past blocks that are not tuned."""
        train, *devs = (
            replace(data, photos=maps_through(kept, data.photos, report))
            for data in (self.train, *self.devs)
        )
        return replace(self, train=train, devs=devs)


def without_photos_of(devs: Sequence[PairData], part: PairData) -> PairData:
    """Leave out training photos that are development photos too, perhaps at another size.

    Those are of one file name and share a caption; names alone may be counted from 1 anywhere.
    """
    known = {name for dev in devs for name in named_captions(dev)}
    shared = {name for name, caption in named_captions(part) if (name, caption) in known}
    names = [Path(path).name for path in part.photos.paths]
    kept = [row for row, name in enumerate(names) if name not in shared]
    if len(kept) == len(names):
        return part
    views = max(len(part.photos.maps), len(part.photos.views) + 1)
    return subset(part, torch.tensor(kept), views=views)


def named_captions(data: PairData) -> list[tuple[str, str]]:
    """Each caption with its photo's file name."""
    names = [Path(path).name for path in data.photos.paths]
    rows = data.captions.photo_rows.tolist()
    return [(names[row], text) for row, text in zip(rows, data.captions.texts, strict=True)]


def training_photos(request: TrainRequest) -> int:
    """How many photos a run trains on.

    Raises:
        TrainingError: there aren't as many, or they are too few.
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
    """How many epochs a kind of model is trained for unless told otherwise."""
    return Options.epochs if model == "crossgraph" else EPOCHS


def card_facts(
    request: TrainRequest, encoders: Encoders, found: TrainingCollections, module: nn.Module
) -> dict[str, object]:
    """Give the fields of the model card."""

    def told(data: Sequence[PairData], collections: Sequence[tuple[Path, Path]]) -> str:
        return "; ".join(
            f"{len(part.photos.regions):,} photos with {len(part.captions.texts):,} captions of "
            f"{described(annotations)}"
            for part, (_, annotations) in zip(data, collections, strict=True)
        )

    trained = len(found.train.photos.regions)
    there = sum(len(part.photos.regions) for part in found.parts)
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
        "training": drawn + told(found.parts, request.collections),
        "development": told(found.devs, request.dev_collections),
        "held_out": sum(held_out(size) for size in found.sizes),
        "parameters": sum(value.numel() for value in module.parameters()),
    }


def described(annotations: Path) -> str:
    """Give a captions file's own description of itself, or its name."""
    info = json.loads(annotations.read_text(encoding="utf-8")).get("info", {})
    return str(info.get("description") or annotations.name)
