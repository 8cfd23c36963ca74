"""A captioned collection as features, encoded by a preset's encoders or read from the cache."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from search.models.cache_folders import default_cache, read_photo

if TYPE_CHECKING:
    from fusion.data.features import PairData

__all__ = ["collection_features"]


def collection_features(
    preset: str,
    images: Path,
    annotations: Path,
    *,
    cache: Path | None = None,
    image_weights: Path | None = None,
    text_weights: Path | None = None,
    progress: Callable[..., None] | None = None,
) -> PairData:
    """Encode a captioned collection, or read its features from an earlier command."""
    from fusion.data.feature_cache import cache_features
    from fusion.encoders import load_encoders

    encoders = load_encoders(preset, image_weights=image_weights, text_weights=text_weights)
    return cache_features(
        encoders, images, annotations, cache or default_cache(), progress, read_photo=read_photo
    )
