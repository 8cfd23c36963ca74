"""The parts of a model that answer a query, each as one module that can be exported to ONNX.

They run the network's own layers, in the order that is fastest in ONNX Runtime, and store as
constants what `Network` computes from its banks. `fusion/export/write_model.py` writes the files.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from fusion.data.features import TextInput
from fusion.encoders.bert import BertEncoder
from fusion.encoders.clip import ClipTexts
from fusion.export.clip_towers import ClipWords
from fusion.graphs.cross_graph import CrossGraph
from fusion.graphs.memory_graph import HubCorrection, unit_rows
from fusion.graphs.word_graph import HIGHEST, LOWEST
from fusion.network.network import Network
from fusion.network.tuned_layers import TunedLayers
from fusion.runtime.score_parts import WordReading

__all__ = ["PairGraph", "QueryGraph", "ReadingGraph", "least_tokens"]


def least_tokens(network: Network) -> int:
    """Return the fewest tokens for which no graph has fewer nodes than neighbours per node."""
    dual = network.dual.config
    return max(network.cross.config.neighbours - 1, dual.neighbours if dual.layers else 0, 3)


class QueryGraph(nn.Module):
    """Maps tokens to the inputs of the first stage and the re-ranker.

    Shapes: ids (1, T) int64, mask (1, T) bool -> vectors (1, D), hub (1,), nodes (1, T + 1, Dn),
    and for a network with paths over classes, how much the text asks for each class (1, K).
    """

    def __init__(self, encoder: BertEncoder | ClipTexts, network: Network) -> None:
        super().__init__()
        self.tower = ClipWords(encoder) if isinstance(encoder, ClipTexts) else None
        if isinstance(encoder, BertEncoder):
            tuned = network.reader.layers
            layers = encoder.model.encoder.layer
            frozen = layers[: len(layers) - (len(tuned.layers) if tuned is not None else 0)]
            self.embeddings = encoder.model.embeddings
            self.frozen = TunedLayers(nn.ModuleList(frozen))
        self.reader = network.reader
        self.dual, self.cross = network.dual.text, network.cross.text
        self.hub = _Hub(network.text_hub)

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Encode one text."""
        if self.tower is not None:
            states = self.tower(ids, mask)
        else:
            states = self.frozen(self.embeddings(ids), mask)
        read = self.reader.texts(TextInput(mask, states, states))
        vectors = self.dual(*read)
        outputs = vectors, self.hub(vectors), self.cross(*read)
        concepts = self.reader.concepts
        if concepts is None or not concepts.kept:
            return outputs
        return (*outputs, concepts.asked(read.words, read.mask))


class _Hub(nn.Module):
    """`HubCorrection` with its bank unpacked as a constant: (B, D) -> (B,)."""

    bank: Tensor

    def __init__(self, hub: HubCorrection) -> None:
        super().__init__()
        self.nearest, self.weight = min(hub.nearest, len(hub.bank)), hub.weight
        self.register_buffer("bank", unit_rows(hub.bank).T.contiguous())

    def forward(self, vectors: Tensor) -> Tensor:
        if not self.nearest or not self.weight:
            return vectors.sum(1) * 0.0
        similarity = vectors @ self.bank
        return self.weight * similarity.topk(self.nearest, dim=1).values.mean(1)


class PairGraph(nn.Module):
    """Maps one query and K photos to the parts of their final scores.

    Shapes: words (1, T, Dn) float32, mask (1, T) bool, regions (K, R, Dn) float32, neighbours
    (K, E) int64 and weights (K, E) float32 from `WordGraph.edges`, asked (W,) int64 columns of the
    vocabulary -> logits (K,), log odds from the word graph (K, W) and the word detector (K, W).
    """

    region_maps: Tensor
    said: Tensor
    prior: Tensor

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.cross, self.detector = network.cross, network.detector
        self.smoothing = network.words.smoothing
        heads = network.cross.config.heads
        maps = network.cross.region_keys.weight.detach().unflatten(0, (heads, -1))
        self.register_buffer("region_maps", maps.transpose(1, 2).contiguous())
        said_by, prior = network.words.dense()
        # Bytes, as in `WordGraph`: only the requested part of a word's row is converted to floats.
        self.register_buffer("said", (said_by * 255).round().to(torch.uint8).T.contiguous())
        self.register_buffer("prior", prior)

    def forward(
        self, words: Tensor, mask: Tensor, regions: Tensor, neighbours: Tensor, weights: Tensor,
        asked: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
        """Score the pairs; the arguments are named like the graph's inputs."""
        logits = self.logits(words, mask, regions)
        if not len(self.prior):  # an empty vocabulary: `asked` then has one dummy column
            nothing = torch.zeros_like(logits).unsqueeze(1)
            return logits, nothing, nothing
        worded = self.worded(neighbours, weights, asked)
        return logits, worded, self.detector.odds(regions, asked)

    def logits(self, words: Tensor, mask: Tensor, regions: Tensor) -> Tensor:
        """Return the logits of `CrossGraph.forward` for one query."""
        graph = self.cross
        if graph.config.adjacency != "attention":
            return graph.forward(words, mask, regions).squeeze(0)
        queries = graph.split(graph.word_keys(words))[0].transpose(0, 1).unsqueeze(1)
        # One product per head keeps the heads apart; a transposition would take longer.
        keys = (regions.flatten(0, 1) @ self.region_maps).unflatten(1, (-1, regions.shape[1]))
        keys = keys * keys.square().sum(-1, keepdim=True).clamp_min(1e-24).rsqrt()
        cosine = queries @ keys.transpose(2, 3)
        attention = (cosine * graph.log_sharpness.exp().view(-1, 1, 1, 1)).softmax(3)
        message = attention @ keys
        length = message.square().sum(3).clamp_min(1e-6).rsqrt()
        relations = torch.cat([(message * queries).sum(3) * length, cosine.amax(3)])
        relations = relations.permute(1, 2, 0).unsqueeze(0)
        return graph.read_out(words, mask, relations, None).squeeze(0)

    def worded(self, neighbours: Tensor, weights: Tensor, columns: Tensor) -> Tensor:
        """Return `WordGraph.along` for some words, reading their rows only at the edges."""
        if not self.said.shape[1]:
            return weights.sum(1, keepdim=True) * torch.zeros_like(columns, dtype=torch.float32)
        said = self.said[columns][:, neighbours.flatten()].float() / 255
        prior = self.prior[columns]
        shares = (said.unflatten(1, (-1, neighbours.shape[1])) * weights).sum(2).T
        likelihood: Tensor = shares + self.smoothing * prior
        return (likelihood / prior).log().clamp(LOWEST, HIGHEST)


class ReadingGraph(nn.Module):
    """`CrossGraph.read` for one query and K photos: words (1, T, Dn), mask (1, T), regions."""

    def __init__(self, cross: CrossGraph) -> None:
        super().__init__()
        self.cross = cross

    def forward(self, words: Tensor, mask: Tensor, regions: Tensor) -> WordReading[Tensor]:
        """Split the logits by word."""
        graph = self.cross
        word_heads, region_heads = graph.heads(words, regions)
        queries, keys = word_heads.permute(2, 0, 3, 1), region_heads.permute(2, 0, 1, 3)
        cosine = keys @ queries
        relations = graph.relations(cosine, keys, queries).permute(1, 2, 0).unsqueeze(0)
        weights, per_word = graph.by_word(words, mask, relations, None)
        nearest = cosine.argmax(2).unsqueeze(3) == torch.arange(cosine.shape[2])
        return WordReading(
            weights * per_word[0] * graph.log_scale.exp(),
            graph.attention(cosine).mean(0).transpose(1, 2),
            nearest.float().mean(0),
        )
