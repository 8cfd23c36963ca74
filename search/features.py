"""Where computed features of a collection are kept between commands, and how they are asked for."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fusion.features import PairData

__all__ = ["collection_features", "default_cache"]


def default_cache() -> Path:
    """Give the folder for features: CROSSGRAPH_CACHE, or one in the user's cache folder."""
    named = os.environ.get("CROSSGRAPH_CACHE")
    if named:
        return Path(named)
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "crossgraph" / "features"


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
    """Encode a captioned collection, or read what an earlier command encoded of it."""
    from fusion.encoders import load_encoders
    from fusion.feature_cache import cache_features

    encoders = load_encoders(preset, image_weights=image_weights, text_weights=text_weights)
    return cache_features(encoders, images, annotations, cache or default_cache(), progress)
