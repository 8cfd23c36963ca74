"""The training data of a run: the encoders that read it, and the collections as features."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from fusion.checkpoint import read_checkpoint
from fusion.data.cca import LinearCCA
from fusion.data.collection import ReadPhoto
from fusion.data.feature_cache import cache_features
from fusion.data.features import PairData, joined, subset
from fusion.data.short_queries import short_queries
from fusion.encoders import Encoders
from fusion.network.network import Network
from fusion.network.tuned_layers import TunedBlocks, freeze_depthwise
from fusion.progress_callback import Progress
from fusion.training.command_options import options_of
from fusion.training.concepts import brought_over, concepts_of, refitted
from fusion.training.network_run import Materials
from fusion.training.sampling import random_photos
from fusion.training.teacher_texts import teacher_texts
from fusion.training.train_request import TrainRequest
from fusion.training.tuned_encoders import maps_through, seen_by, with_tuned_image

__all__ = ["FeatureSource", "TrainingCollections"]


@dataclass(frozen=True)
class FeatureSource:
    """The encoders that compute features, and which of their layers are tuned.

    Attributes:
        own: the encoders as they were published.
        reading: the encoders that read photos and captions.
        built_on: the image encoder's last blocks as another checkpoint tuned them; None for none.
        kept: the frozen ones of the image encoder's last blocks, which precede those to tune.
        blocks: the image encoder's last blocks to tune; None for none.
        layers: the text encoder's last layers to tune; None for none.
        varied: whether other views of the photos are encoded, too.
    """

    own: Encoders
    reading: Encoders
    built_on: nn.Sequential | None
    kept: nn.Sequential
    blocks: nn.Sequential | None
    layers: nn.ModuleList | None
    varied: bool

    @classmethod
    def of(cls, encoders: Encoders, request: TrainRequest, place: str) -> FeatureSource:
        """Return the encoders and layers that a request needs; `place` is the training device."""
        reading, built_on, blocks = encoders, None, None
        kept = nn.Sequential()
        tunes_image = "image" in request.finetune and request.start is None
        if request.built_on is not None:
            tuned, built_on = with_tuned_image(encoders, read_checkpoint(request.built_on))
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
        """Return the image encoder's last blocks for the checkpoint, including the frozen ones."""
        tuned = network.reader.blocks
        if tuned is None:
            return None if self.built_on is None else TunedBlocks(self.built_on)
        return TunedBlocks(nn.Sequential(*self.kept, *tuned.blocks))

    def materials(
        self, request: TrainRequest, data: TrainingCollections, negatives: LinearCCA,
        read_photo: ReadPhoto, report: Progress,
    ) -> Materials:  # fmt: skip
        """Return what a network's training needs in addition to features."""
        photos, seen = data.train.photos, None
        concepts = None if request.start is not None else concepts_of(self.own)
        if concepts is not None and self.built_on is not None:
            if self.blocks is None:
                concepts = brought_over(
                    concepts, self.reading.image, photos.paths, read_photo, report
                )
            else:
                seen = seen_by(self.blocks, photos, report)
                concepts = refitted(concepts, photos, seen)
        shorts = short_queries(self.reading, data.train.captions, len(photos.regions))
        teacher = None
        if request.teacher is not None:
            texts = data.train.captions.texts, shorts.features.texts
            teacher = teacher_texts(request.teacher, *texts, report)
        return Materials(
            data.sizes, negatives, self.blocks, self.layers, concepts, shorts, seen, teacher
        )


@dataclass(frozen=True)
class TrainingCollections:
    """The collections of a run.

    Attributes:
        parts: the collections to train on.
        train: all their photos or a random sample of them, one collection after the other.
        sizes: number of photos in `train` from each collection.
        devs: the development collections, for early stopping.
    """

    parts: list[PairData]
    train: PairData
    sizes: list[int]
    devs: list[PairData]

    @classmethod
    def read(
        cls, source: FeatureSource, request: TrainRequest, count: int, read_photo: ReadPhoto,
        report: Progress,
    ) -> TrainingCollections:  # fmt: skip
        """Encode what is not cached yet, and draw `count` photos to train on."""

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

    def through(self, kept: nn.Sequential, report: Progress) -> TrainingCollections:
        """Return the collections with all photos' maps run through blocks that are not tuned."""
        train, *devs = (
            replace(data, photos=maps_through(kept, data.photos, report))
            for data in (self.train, *self.devs)
        )
        return replace(self, train=train, devs=devs)


def without_photos_of(devs: Sequence[PairData], part: PairData) -> PairData:
    """Leave out training photos that are also development photos, perhaps at another size.

    Photos count as the same if they share the file name and a caption; a name alone proves nothing,
    since many collections number their files from 1.
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
    """Return each caption as a pair of its photo's file name and its text."""
    names = [Path(path).name for path in data.photos.paths]
    rows = data.captions.photo_rows.tolist()
    return [(names[row], text) for row, text in zip(rows, data.captions.texts, strict=True)]
