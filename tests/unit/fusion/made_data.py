"""A captioned collection of random features in which captions really belong to their photos."""

from __future__ import annotations

import numpy as np

from fusion.features import CaptionFeatures, PairData, PhotoFeatures

REGIONS, IMAGE_DIM, WORDS, TEXT_DIM, EACH = 4, 12, 5, 10, 2


def made_data(photos: int = 40, seed: int = 0) -> PairData:
    """Photos and captions that share a hidden vector, through maps that no seed changes."""
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
