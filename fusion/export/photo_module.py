"""The part of a model that indexing runs, from pixels to an index's contents, as two modules.

They run the network's own layers and store as constants what `Network` computes from its banks, so
that they can be exported to ONNX (`fusion/export/write_model.py` writes the files). The outputs are
those of `fusion.retriever.Retriever.embed_images`, before packing. The image encoder's lower layers
are a module of their own because they run best with fewer photos at once than the rest.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.data.features import photo_features
from fusion.encoders.convolutional import GridEncoder
from fusion.export.clip_towers import PatchGrid
from fusion.graphs.cross_graph import signs_of
from fusion.graphs.cross_graph_hubs import CrossHub
from fusion.graphs.memory_graph import MemoryGraph, unit_rows, unpack_rows
from fusion.network.network import MEMORY_HUB_WEIGHT, MEMORY_NEAREST, Network
from fusion.network.node_reader import NodeReader
from fusion.runtime.vector_layout import photo_columns

__all__ = ["LowerLayers", "PhotoGraph"]


class LowerLayers(nn.Module):
    """Maps squares of pixels (B, S, S, 3) uint8 to maps (B, C, rows, columns) float32."""

    def __init__(self, encoder: GridEncoder | PatchGrid) -> None:
        super().__init__()
        self.normalise, self.lower = encoder.normalise, encoder.lower

    def forward(self, pixels: Tensor) -> Tensor:
        """Encode B photos; the maps have the precision of autocast, if it is on."""
        maps: Tensor = self.lower(self.normalise(pixels.permute(0, 3, 1, 2).float()))
        return maps


class PhotoGraph(nn.Module):
    """Maps what `LowerLayers` returns to vectors, nodes and edges.

    Shapes: maps (B, C, rows, columns) float32 -> vectors (B, D + 3) float32, nodes (B, R + 1, Dn)
    float32, neighbours (B, E) int64 and weights (B, E) float32, the edges of the word graph; and if
    the network follows paths over classes, the classes (B, K) int64 and their shares (B, K)
    float32. All but the vectors are the inputs of `fusion.runtime.packing.pack_photos`.
    """

    trained: Tensor

    def __init__(self, encoder: GridEncoder | PatchGrid, network: Network) -> None:
        super().__init__()
        tuned = network.reader.blocks
        self.top = tuned if tuned is not None else _Cells(encoder.top)
        self.reader = NodeReader(network.reader.whitening, None, None, network.reader.concepts)
        self.key_width = network.config.components
        self.dual, self.cross = network.dual.image, network.cross.image
        self.memory = _Memory(network.memory)
        self.hubs = _Hubs(network)
        bank = network.text_hub.bank
        self.kept, self.temperature = network.layout.edges, network.words.temperature
        self.register_buffer("trained", unit_rows(bank).T.contiguous())

    def forward(self, maps: Tensor) -> tuple[Tensor, ...]:
        """Embed B photos."""
        return self.embed(self.regions(maps))

    def regions(self, maps: Tensor) -> Tensor:
        """Encode B photos: maps -> (B, R, D_img), in the precision of autocast."""
        regions: Tensor = self.top(maps.permute(0, 2, 3, 1))
        return regions

    def embed(self, regions: Tensor) -> tuple[Tensor, ...]:
        """Compute what an index stores from the encoder's regions."""
        cells, pooled = photo_features(regions.float())
        read = self.reader.nodes(cells, pooled)
        vectors = self.memory(self.dual(*read), read.cells[..., : self.key_width].mean(1))
        nodes = signs_of(self.cross(*read))
        hub, cross_hub = self.hubs(vectors, nodes)
        beside = torch.stack(photo_columns(hub, torch.ones_like, cross_hub), dim=1)
        nearest = (vectors @ self.trained).topk(self.kept, dim=1)
        weights = (nearest.values / self.temperature).softmax(1)
        outputs = torch.cat([vectors, beside], dim=1), nodes, nearest.indices, weights
        concepts = self.reader.concepts
        return (
            outputs if concepts is None or not concepts.kept else (*outputs, *concepts.shown(cells))
        )


class _Cells(nn.Module):
    """An encoder's own last blocks, with the interface of `TunedBlocks`."""

    def __init__(self, blocks: nn.Module) -> None:
        super().__init__()
        self.blocks = blocks

    def forward(self, lower: Tensor) -> Tensor:
        maps: Tensor = self.blocks(lower.permute(0, 3, 1, 2))
        return maps.flatten(2).transpose(1, 2)


class _Memory(nn.Module):
    """`MemoryGraph` with its keys unpacked as a constant: (B, D), (B, C) -> (B, D).

    Values stay packed; only the few that are gathered get unpacked.
    """

    keys: Tensor
    values: Tensor

    def __init__(self, memory: MemoryGraph) -> None:
        super().__init__()
        self.neighbours = min(memory.neighbours, len(memory.keys))
        self.temperature, self.weight = memory.temperature, memory.weight
        self.register_buffer("keys", unit_rows(memory.keys).T.contiguous())
        self.register_buffer("values", memory.values.clone())

    def forward(self, vectors: Tensor, keys: Tensor) -> Tensor:
        if not self.neighbours or not self.weight:
            return vectors
        cosine = functional.normalize(keys, dim=1) @ self.keys
        nearest = cosine.topk(self.neighbours, dim=1)
        attention = (nearest.values / self.temperature).softmax(1).unsqueeze(1)
        values = unpack_rows(self.values[nearest.indices])
        message = (attention @ values).squeeze(1)
        return functional.normalize(vectors + self.weight * message, dim=1)


class _Hubs(nn.Module):
    """`Network.hubness` and `CrossHub`, with one search of their shared bank for both.

    Shapes: vectors (B, D), nodes (B, R + 1, Dn) -> (B,) and (B,).
    """

    bank: Tensor
    values: Tensor
    words: Tensor
    rows: Tensor
    mask: Tensor

    def __init__(self, network: Network) -> None:
        super().__init__()
        hub, cross = network.photo_hub, network.cross_hub
        self.graph, self.hub_weight, self.cross_weight = network.cross, hub.weight, cross.weight
        self.near = min(hub.nearest, len(hub.bank)) if hub.weight else 0
        self.by_memory = network.config.memory_hubs and len(network.memory.values) > 0
        if self.by_memory:
            values = network.memory.values
            self.near, self.hub_weight = 0, MEMORY_HUB_WEIGHT
            self.remembered = min(MEMORY_NEAREST, len(values))
            self.register_buffer("values", unit_rows(values).T.contiguous())
        self.read = min(cross.nearest, len(hub.bank)) if cross.filled and cross.weight else 0
        self.register_buffer("bank", unit_rows(hub.bank).T.contiguous())
        # These stay packed, as the memory's values do: most of these nodes are never read.
        self.register_buffer("words", cross.nodes.clone())
        rows, mask = caption_rows(cross)
        self.register_buffer("rows", rows)
        self.register_buffer("mask", mask)

    def forward(self, vectors: Tensor, nodes: Tensor) -> tuple[Tensor, Tensor]:
        nothing = vectors.sum(1) * 0.0
        hub, cross = nothing, nothing
        if self.by_memory:
            known = (vectors @ self.values).topk(self.remembered, dim=1).values
            hub = self.hub_weight * known.mean(1)
        if not max(self.near, self.read):
            return hub, nothing
        nearest = (vectors @ self.bank).topk(max(self.near, self.read), dim=1)
        if self.near:
            hub = self.hub_weight * nearest.values[:, : self.near].mean(1)
        if self.read:
            cross = self.cross_weight * self.logits(nearest.indices[:, : self.read], nodes).mean(1)
        return hub, cross

    def logits(self, chosen: Tensor, nodes: Tensor) -> Tensor:
        """Return logits of photos and captions: chosen (B, M), nodes (B, R + 1, Dn) -> (B, M)."""
        mask, graph = self.mask[chosen], self.graph
        words = unpack_rows(self.words[self.rows[chosen]]) * mask.unsqueeze(-1)
        # The words of all of a photo's captions are joined: one product with its regions for all.
        word_heads, region_heads = graph.heads(words.flatten(1, 2), nodes)
        queries, keys = word_heads.permute(2, 0, 3, 1), region_heads.permute(2, 0, 1, 3)
        relations = graph.relations(keys @ queries, keys, queries)
        relations = relations.unflatten(2, words.shape[1:3]).permute(1, 2, 3, 0)
        read = graph.read_out(
            words.flatten(0, 1), mask.flatten(0, 1), relations.flatten(0, 1).unsqueeze(1), None
        )
        logits: Tensor = read.unflatten(0, (-1, chosen.shape[1])).squeeze(2)
        return logits


def caption_rows(hub: CrossHub) -> tuple[Tensor, Tensor]:
    """Return captions' node rows (M, T) int64 and mask (M, T) bool; T is the longest length."""
    if not hub.filled:
        return torch.zeros(0, 1, dtype=torch.long), torch.zeros(0, 1, dtype=torch.bool)
    starts = hub.ends - hub.ends.diff(prepend=hub.ends.new_zeros(1))
    length = hub.ends - starts
    place = torch.arange(int(length.max()))
    rows = (starts.unsqueeze(1) + place).clamp_max(len(hub.nodes) - 1)
    return rows.long(), place < length.unsqueeze(1)
