"""Frozen networks that turn photos into regions and texts into words.

One protocol (`encoder.py`) for every pair of them, one resolver (`resolver.py`) for where weights
come from, one file for each family. What an encoder gives depends on its weights alone, which its
fingerprint names; training on top of it, and anything an index keeps, are others' business.
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
