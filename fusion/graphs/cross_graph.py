"""The cross-modal graph that sees a query and a photo together.

Word nodes and region nodes form one bipartite graph per (query, photo) pair. Its adjacency is
8-head attention, or plain cosine; along it each word gathers a message from the regions, and is
compared with that message head by head. These small relation vectors (similarities, not features,
which overfit at once on thousands of photos) pass along the word graph and are read out as one
match logit. Each side also has a node for the photo or the text as a whole, before its parts. Close
to SCAN (Lee et al., ECCV 2018) and SGRAF (Diao et al., AAAI 2021); ours are the relation vector of
per-head similarities and the gate on the word graph's messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.graphs.adjacency import cosine_neighbours
from fusion.graphs.layers import NodeGraph, Projection, ResidualProjection
from fusion.runtime.score_parts import WordReading

__all__ = ["CrossGraph", "RerankerConfig", "WordReading", "signs_of", "with_whole"]


@dataclass(frozen=True)
class RerankerConfig:
    """Sizes and rates of the re-ranker; saved with every checkpoint."""

    image_dim: int
    pooled_dim: int
    text_dim: int
    width: int = 256
    node_width: int = 128
    heads: int = 8
    layers: int = 2
    neighbours: int = 4
    adjacency: Literal["attention", "cosine"] = "attention"
    dropout: float = 0.3
    drop_nodes: float = 0.2


def with_whole(mask: Tensor) -> Tensor:
    """Extend a mask with the whole node, before the parts: (B, N) bool -> (B, N + 1) bool."""
    return functional.pad(mask, (1, 0), value=True)


def signs_of(nodes: Tensor) -> Tensor:
    """Round photo nodes (..., Dn) to what an index keeps of them: their signs, at unit length.

    >>> signs_of(torch.tensor([0.1, -0.7, 0.0, 0.7]))
    tensor([ 0.5000, -0.5000,  0.5000,  0.5000])
    """
    size = nodes.new_full((), nodes.shape[-1] ** -0.5)
    return torch.where(nodes >= 0, size, -size)


class NodeEncoder(nn.Module):
    """Maps encoder features of one modality to the nodes that the cross-modal graph joins.

    Shapes: parts (B, N, D_in) float32, mask (B, N) bool, summary (B, S) float32 ->
    (B, N + 1, node_width) float32, unit length; the whole node comes first.
    """

    def __init__(self, in_dim: int, summary_dim: int, config: RerankerConfig) -> None:
        super().__init__()
        self.whole = ResidualProjection(
            summary_dim, config.width, config.width, min(2 * config.dropout, 0.5)
        )
        self.projection = Projection(in_dim, config.width, config.width, config.dropout)
        self.graph = NodeGraph(config.width, config.layers, config.neighbours, config.dropout)
        self.narrow = nn.Linear(config.width, config.node_width)

    def forward(self, parts: Tensor, mask: Tensor, summary: Tensor) -> Tensor:
        """Return the nodes that an index stores of a photo, or that a query is re-ranked with."""
        nodes = torch.cat([self.whole(summary).unsqueeze(1), self.projection(parts)], dim=1)
        nodes = self.narrow(self.graph(nodes, with_whole(mask)))
        return functional.normalize(nodes.float(), dim=-1)


class CrossGraph(nn.Module):
    """Computes the match logits of every query with every photo of a batch."""

    def __init__(self, config: RerankerConfig) -> None:
        super().__init__()
        self.config = config
        self.image = NodeEncoder(config.image_dim, config.pooled_dim, config)
        self.text = NodeEncoder(config.text_dim, 2 * config.text_dim, config)
        width, heads = config.node_width, config.heads
        self.word_keys = nn.Linear(width, width, bias=False)
        self.region_keys = nn.Linear(width, width, bias=False)
        nn.init.eye_(self.word_keys.weight)
        nn.init.eye_(self.region_keys.weight)
        self.log_sharpness = nn.Parameter(torch.full((heads,), 2.2))
        self.importance = nn.Linear(width, 1)
        self.relation = nn.Sequential(
            nn.Linear(2 * heads, 4 * heads), nn.GELU(), nn.Linear(4 * heads, heads)
        )
        self.word_gate = nn.Parameter(torch.zeros(()))
        self.readout = nn.Linear(heads, 1)
        self.linear = nn.Linear(2 * heads, 1)
        nn.init.constant_(self.linear.weight, 1 / (2 * heads))
        self.log_scale = nn.Parameter(torch.tensor(2.7))

    def forward(
        self, words: Tensor, word_mask: Tensor, regions: Tensor, edges: Tensor | None = None
    ) -> Tensor:
        """Score all pairs.

        Args:
            words: (Q, T, Dn) float32, the whole text and its words, from `self.text`.
            word_mask: (Q, T) bool.
            regions: (G, R, Dn) float32, the whole photo and its regions, from `self.image`.
            edges: (Q, T, T) float32 word adjacency in place of the cosine one (for controls).

        Returns:
            (Q, G) float32 logits, higher is nearer.
        """
        precision = torch.bfloat16 if torch.is_autocast_enabled(words.device.type) else words.dtype
        # Region axes come before (query, word) axes, so every product below is one batched GEMM.
        with torch.autocast(words.device.type, enabled=False):
            word_heads, region_heads = self.heads(words, regions)
            queries = word_heads.to(precision).flatten(0, 1).permute(1, 2, 0)
            keys = region_heads.to(precision).permute(2, 0, 1, 3).contiguous()
            cosine = (keys.flatten(1, 2) @ queries).unflatten(1, keys.shape[1:3])
            relations = self.relations(cosine, keys, queries.unsqueeze(1))
            relations = relations.float().unflatten(-1, words.shape[:2]).permute(2, 1, 3, 0)
            return self.read_out(words.float(), word_mask, relations, edges)

    def pairs(
        self, words: Tensor, word_mask: Tensor, regions: Tensor, edges: Tensor | None = None
    ) -> Tensor:
        """Score N given pairs as `forward` would: (N, T, Dn), (N, T), (N, R, Dn) -> (N,)."""
        relations, _ = self.pair_relations(words, regions)
        return self.read_out(words, word_mask, relations, edges).squeeze(1)

    def read(self, words: Tensor, word_mask: Tensor, regions: Tensor) -> WordReading[Tensor]:
        """Split the logits of `pairs` by word: (N, T, Dn), (N, T), (N, R, Dn)."""
        relations, cosine = self.pair_relations(words, regions)
        weights, per_word = self.by_word(words, word_mask, relations, None)
        nearest = torch.zeros_like(cosine).scatter_(2, cosine.argmax(2, keepdim=True), 1.0)
        return WordReading(
            weights * per_word.squeeze(1) * self.log_scale.exp(),
            self.attention(cosine).mean(0).transpose(1, 2),
            nearest.mean(0).transpose(1, 2),
        )

    def pair_relations(self, words: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Return N pairs' relation vectors (N, 1, T, 2 * heads) and cosines (heads, N, R, T)."""
        word_heads, region_heads = self.heads(words, regions)
        queries, keys = word_heads.permute(2, 0, 3, 1), region_heads.permute(2, 0, 1, 3)
        cosine = keys @ queries
        return self.relations(cosine, keys, queries).permute(1, 2, 0).unsqueeze(1), cosine

    def heads(self, words: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Split words and regions into heads, each (B, N, heads, d) of unit length."""
        return self.split(self.word_keys(words)), self.split(self.region_keys(regions))

    def read_out(
        self, words: Tensor, word_mask: Tensor, relations: Tensor, edges: Tensor | None
    ) -> Tensor:
        """Pass relations (Q, G, T, 2 * heads) along the word graph and read out (Q, G) logits."""
        weights, per_word = self.by_word(words, word_mask, relations, edges)
        return torch.einsum("qt,qgt->qg", weights, per_word) * self.log_scale.exp()

    def by_word(
        self, words: Tensor, word_mask: Tensor, relations: Tensor, edges: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return each word's weight, (Q, T), rows that sum to 1, and its match, (Q, G, T)."""
        messages = self.relation(relations)
        if edges is None:
            edges = cosine_neighbours(words, word_mask, self.config.neighbours)
        edges = edges / edges.sum(-1, keepdim=True).clamp_min(1e-6)
        passed = torch.einsum("qts,qgsh->qgth", edges, messages)
        messages = messages + self.word_gate * passed
        per_word = (self.readout(functional.gelu(messages)) + self.linear(relations)).squeeze(-1)
        weights = self.importance(words).squeeze(-1).masked_fill(~word_mask, -torch.inf)
        return weights.softmax(-1), per_word

    def relations(self, cosine: Tensor, keys: Tensor, queries: Tensor) -> Tensor:
        """Return each word's similarity, per head, to its message and to its nearest region.

        Shapes, X being any words: cosine (H, G, R, X), keys (H, G, R, d), queries (H, G or 1, d, X)
        -> (2 * H, G, X).
        """
        message = keys.transpose(2, 3) @ self.attention(cosine)
        length = message.float().square().sum(2).clamp_min(1e-6).rsqrt()
        with_message = (message * queries).sum(2).float() * length
        return torch.cat([with_message, self.nearest(cosine)])

    def nearest(self, cosine: Tensor) -> Tensor:
        """Return each word's similarity to its nearest region: (H, G, R, X) -> (H, G, X)."""
        return cosine.amax(2).float()

    def attention(self, cosine: Tensor) -> Tensor:
        """Turn cosines (H, G, R, X) into edges from words to regions, which sum to 1 over R."""
        if self.config.adjacency == "cosine":
            positive = cosine.clamp_min(0.0)
            return positive / positive.sum(2, keepdim=True).clamp_min(1e-6)
        return (cosine * self.log_sharpness.exp().to(cosine.dtype).view(-1, 1, 1, 1)).softmax(2)

    def split(self, nodes: Tensor) -> Tensor:
        """Split nodes: (B, N, Dn) -> (B, N, heads, Dn / heads), each head of unit length."""
        heads = nodes.unflatten(-1, (self.config.heads, -1))
        return functional.normalize(heads, dim=-1)
