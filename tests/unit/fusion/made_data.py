"""A captioned collection of random features, in which captions resemble their photos."""

from __future__ import annotations

import numpy as np
import torch

from fusion.data import cca
from fusion.data.features import CaptionFeatures, PairData, PhotoFeatures
from fusion.data.short_queries import ShortQueries
from fusion.encoders.classifier import Classifier
from fusion.graphs.concept_graph import ClassNames
from fusion.training.network_run import Concepts, Materials

REGIONS, IMAGE_DIM, WORDS, TEXT_DIM, EACH = 4, 12, 5, 10, 2
CLASSES = 7


def made_data(photos: int = 40, seed: int = 0) -> PairData:
    """Return photos and captions that share a hidden vector; the seed does not change the maps."""
    maps = np.random.default_rng(99)
    to_image, to_text = maps.normal(size=(6, IMAGE_DIM)), maps.normal(size=(6, TEXT_DIM))
    rng = np.random.default_rng(seed)
    hidden = rng.normal(size=(photos, 6))
    regions = (hidden @ to_image)[:, None] + 0.3 * rng.normal(size=(photos, REGIONS, IMAGE_DIM))
    owners = np.repeat(np.arange(photos), EACH)
    words = (hidden[owners] @ to_text)[:, None] + 0.3 * rng.normal(
        size=(len(owners), WORDS, TEXT_DIM)
    )
    mask = np.ones((len(owners), WORDS), bool)
    mask[::3, -1] = False
    words[~mask] = 0
    pooled = np.concatenate([regions.mean(1), regions.max(1)], axis=1)
    return PairData(
        PhotoFeatures(
            np.arange(photos) + 1000,
            [f"{row}.jpg" for row in range(photos)],
            regions.astype(np.float16),
            pooled.astype(np.float16),
        ),
        CaptionFeatures(
            np.arange(len(owners)) + 5000,
            owners,
            [f"caption {row}" for row in range(len(owners))],
            words.astype(np.float16),
            mask,
        ),
    )


def made_concepts() -> Concepts:
    """Return a random classifier of regions, and random names of its classes."""
    generator = torch.Generator().manual_seed(2)
    names = torch.randn(CLASSES, TEXT_DIM, generator=generator)
    classifier = Classifier(
        torch.randn(CLASSES, IMAGE_DIM, generator=generator), torch.zeros(CLASSES)
    )
    named = ClassNames(("otter", "violin"), torch.nn.functional.normalize(names, dim=1))
    return Concepts(classifier, named, classifier)


def made_shorts(data: PairData) -> ShortQueries:
    """Return a short query for each photo, true of it and of the next one.

    Every third caption has no short query.
    """
    photos, captions = len(data.photos.regions), data.captions
    rows = np.arange(0, len(captions.texts), EACH)
    features = CaptionFeatures(
        np.arange(photos), np.zeros(photos, int), [f"word {row}" for row in range(photos)],
        captions.words[rows], captions.mask[rows],
    )  # fmt: skip
    of_caption = torch.from_numpy(captions.photo_rows.copy())
    of_caption[::3] = -1
    said = torch.eye(photos, dtype=torch.bool)
    return ShortQueries(features, of_caption, said, said | said.roll(1, 0))


def made_materials(data: PairData) -> Materials:
    """Return the training materials of a network, except those that need an encoder."""
    return Materials(
        [len(data.photos.regions)], cca.fit(data), None, None, made_concepts(), made_shorts(data)
    )
