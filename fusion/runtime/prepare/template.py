"""The shipped model's graphs without weights, and where each of their weights comes from.

`python -m fusion.export.graph_templates` writes these files from the network itself. They hold
nothing of a checkpoint but its shape: how large its banks and its vocabulary are does not count
either, so one template serves all models that are trained with the same layers on whatever photos.
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
"""Parts of a network's configuration that are as large as what it was trained on."""
LEAST = {"captions_bank": 64, "detector_sample": 1, "memory_size": 50}
"""Of smaller banks a graph takes fewer neighbours, which is another graph."""


@dataclass(frozen=True)
class Template:
    """What is known of the graphs."""

    shape: dict[str, Any]
    """As `shape_of` gives it."""
    encoders: str
    encoders_fingerprint: str
    constants: dict[str, Any]
    """Numbers of the network that no checkpoint holds."""
    graphs: dict[str, dict[str, list[Any]]]
    """By file and initializer: what it is made of, as `weights.py` reads it."""
    made_with: dict[str, str]
    """Versions of the packages that wrote the graphs."""

    def graph(self, name: str) -> bytes:
        """Return a graph without its initializers."""
        return (FOLDER / name).read_bytes()


def read_template() -> Template:
    """Read what comes with this package."""
    return Template(**json.loads((FOLDER / SOURCES).read_text(encoding="utf-8")))


def shape_of(config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what two checkpoints have in common whose graphs differ by their weights alone.

    Args:
        config: a checkpoint's `config`.

    Returns:
        None where its banks are too small for the usual graphs, or no paths lead over classes.
    """
    network = config["network"]
    if not network.get("class_edges"):
        return None
    small = any(network.get(name, 0) < least for name, least in LEAST.items())
    if small or not network.get("captions_bank_nodes") or not network.get("vocabulary"):
        return None
    layers = {name: value for name, value in network.items() if name not in SIZES}
    return {"network": layers, "blocks": config["blocks"], "layers": config["layers"]}
