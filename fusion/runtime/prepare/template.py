"""The shipped model's graphs without weights, and the source of each weight.

`python -m fusion.export.graph_templates` writes these files from the network itself. They contain
only the shape of a checkpoint, without the sizes of its banks and its vocabulary, so one template
serves all models with the same layers, whatever photos they were trained on.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["FOLDER", "LEAST", "SOURCES", "Template", "read_template", "shape_of"]

FOLDER = Path(__file__).with_name("graphs")
SOURCES = "sources.json"

SIZES = {
    "captions_bank", "captions_bank_nodes", "class_words", "detector_sample", "memory_size",
    "vocabulary", "word_edges",
}  # fmt: skip
"""Fields of a network's configuration whose size depends on its training data."""
LEAST = {"captions_bank": 64, "detector_sample": 1, "memory_size": 50}
"""Minimum sizes of banks; with smaller ones a graph takes fewer neighbours and is different."""


@dataclass(frozen=True)
class Template:
    """The description of the graphs."""

    shape: dict[str, Any]
    """The result of `shape_of`."""
    encoders: str
    encoders_fingerprint: str
    constants: dict[str, Any]
    """Constants of the network that are not in a checkpoint."""
    graphs: dict[str, dict[str, list[Any]]]
    """The source of each initializer by file and name, in the form that `Weights` takes."""
    made_with: dict[str, str]
    """Versions of the packages that wrote the graphs."""

    def graph(self, name: str) -> bytes:
        """Return a graph without its initializers."""
        return (FOLDER / name).read_bytes()


def read_template() -> Template:
    """Read the template that ships with this package."""
    return Template(**json.loads((FOLDER / SOURCES).read_text(encoding="utf-8")))


def shape_of(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the part of a configuration that is equal for checkpoints with the same graphs.

    Args:
        config: a checkpoint's `config`.

    Returns:
        That part, or None if the banks are too small for the usual graphs or the network follows no
        paths over classes.
    """
    network = config["network"]
    if not network.get("class_edges"):
        return None
    small = any(network.get(name, 0) < least for name, least in LEAST.items())
    if small or not network.get("captions_bank_nodes") or not network.get("vocabulary"):
        return None
    layers = {name: value for name, value in network.items() if name not in SIZES}
    return {"network": layers, "blocks": config["blocks"], "layers": config["layers"]}
