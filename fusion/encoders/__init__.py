"""Frozen networks that turn photos into regions and texts into words.

There is one protocol (`encoder.py`) for every pair of encoders, one resolver (`resolver.py`) for
where weights come from, and one file for each family. An encoder's output depends only on its
weights, which its fingerprint identifies. Training on top of encoders and what an index stores
belong elsewhere.
"""

from fusion.encoders.encoder import (
    TUNABLE_LAYERS,
    Encoders,
    ImageEncoder,
    RegionFeatures,
    TextEncoder,
    WordFeatures,
)
from fusion.encoders.encoder_errors import UnknownPreset, WeightsMismatch, WeightsNotFound
from fusion.encoders.presets import load_encoders

__all__ = [
    "TUNABLE_LAYERS",
    "Encoders",
    "ImageEncoder",
    "RegionFeatures",
    "TextEncoder",
    "UnknownPreset",
    "WeightsMismatch",
    "WeightsNotFound",
    "WordFeatures",
    "load_encoders",
]
