"""The cross-modal graph that sees a query and a photo together.

Word nodes and region nodes form one bipartite graph per (query, photo) pair. Its adjacency is
8-head attention, or plain cosine; along it each word gathers a message from the regions, and is
compared with that message head by head. These small relation vectors (similarities, not features,
which overfit at once on thousands of photos) pass along the word graph and are read out as one
match logit. Close to SCAN (Lee et al., ECCV 2018) and SGRAF (Diao et al., AAAI 2021); what is ours
is the relation vector of per-head similarities and the gate that lets the word graph in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.graphs import cosine_neighbours
from fusion.layers import NodeGraph, Projection

__all__ = ["CrossGraph", "RerankerConfig"]


@dataclass(frozen=True)
class RerankerConfig:
    """Sizes and rates of the re-ranker; saved with every checkpoint."""

    image_dim: int
    text_dim: int
    width: int = 256
    node_width: int = 128
    heads: int = 8
    layers: int = 2
    neighbours: int = 4
    adjacency: Literal["attention", "cosine"] = "attention"
    dropout: float = 0.3
    drop_nodes: float = 0.2


class NodeEncoder(nn.Module):
    """Encoder features of one modality to the nodes that the cross-modal graph joins.

    It starts from the frozen encoders' features, not from the first stage's nodes: those repeat
    what the first stage has said, and were fitted to the training captions.

    Shapes: (B, N, D_in) float32, (B, N) bool -> (B, N, node_width) float32, unit length.
    """

    def __init__(self, in_dim: int, config: RerankerConfig) -> None:
        super().__init__()
        self.projection = Projection(in_dim, config.width, config.width, config.dropout)
        self.graph = NodeGraph(config.width, config.layers, config.neighbours, config.dropout)
        self.narrow = nn.Linear(config.width, config.node_width)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Make the nodes that an index keeps, or that a query brings."""
        nodes = self.graph(self.projection(features), mask)
        return functional.normalize(self.narrow(nodes), dim=-1)


class CrossGraph(nn.Module):
    """Match logits of every query with every photo of a batch."""

    def __init__(self, config: RerankerConfig) -> None:
        super().__init__()
        self.config = config
        self.image = NodeEncoder(config.image_dim, config)
        self.text = NodeEncoder(config.text_dim, config)
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
            words: (Q, T, Dn) float32 word nodes, as `self.text` gives them.
            word_mask: (Q, T) bool.
            regions: (G, R, Dn) float32 region nodes, as `self.image` gives them.
            edges: (Q, T, T) float32 word adjacency in place of the cosine one (for controls).

        Returns:
            (Q, G) float32 logits, higher is nearer.
        """
        word_heads, region_heads = self.heads(words, regions)
        cosine = torch.einsum("qthd,grhd->qghtr", word_heads, region_heads)
        attention = self.attention(cosine)
        message = torch.einsum("qghtr,grhd->qghtd", attention, region_heads)
        return self.read_out(words, word_mask, self.relations(cosine, attention, message), edges)

    def pairs(
        self, words: Tensor, word_mask: Tensor, regions: Tensor, edges: Tensor | None = None
    ) -> Tensor:
        """Score pair by pair: (N, T, Dn), (N, T), (N, R, Dn) -> (N,), as `forward` would."""
        word_heads, region_heads = self.heads(words, regions)
        cosine = torch.einsum("qthd,qrhd->qhtr", word_heads, region_heads).unsqueeze(1)
        attention = self.attention(cosine)
        message = torch.einsum("qghtr,qrhd->qghtd", attention, region_heads)
        relations = self.relations(cosine, attention, message)
        return self.read_out(words, word_mask, relations, edges).squeeze(1)

    def heads(self, words: Tensor, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Split words and regions into heads, each (B, N, heads, d) of unit length."""
        return self.split(self.word_keys(words)), self.split(self.region_keys(regions))

    def read_out(
        self, words: Tensor, word_mask: Tensor, relations: Tensor, edges: Tensor | None
    ) -> Tensor:
        """Relation vectors (Q, G, T, 2 * heads), passed along the word graph, to (Q, G) logits."""
        messages = self.relation(relations)
        if edges is None:
            edges = cosine_neighbours(words, word_mask, self.config.neighbours)
        edges = edges / edges.sum(-1, keepdim=True).clamp_min(1e-6)
        passed = torch.einsum("qts,qgsh->qgth", edges.to(messages.dtype), messages)
        messages = messages + self.word_gate * passed
        per_word = (self.readout(functional.gelu(messages)) + self.linear(relations)).squeeze(-1)
        weights = self.importance(words).squeeze(-1).masked_fill(~word_mask, -torch.inf)
        logits = torch.einsum("qt,qgt->qg", weights.float().softmax(-1), per_word.float())
        return logits * self.log_scale.exp()

    def relations(self, cosine: Tensor, attention: Tensor, message: Tensor) -> Tensor:
        """Per word and head: similarity with its message, and with its nearest region.

        Shapes: (Q, G, H, T, R) twice, (Q, G, H, T, d) -> (Q, G, T, 2 * H).
        """
        length = message.square().sum(-1).clamp_min(1e-6).rsqrt()
        with_message = (attention * cosine).sum(-1) * length
        return torch.cat([with_message, cosine.amax(-1)], dim=2).transpose(2, 3)

    def attention(self, cosine: Tensor) -> Tensor:
        """Adjacency from words to regions: (Q, G, H, T, R) cosines -> rows that sum to 1."""
        if self.config.adjacency == "cosine":
            positive = cosine.clamp_min(0.0)
            return positive / positive.sum(-1, keepdim=True).clamp_min(1e-6)
        return (cosine * self.log_sharpness.exp().view(-1, 1, 1)).softmax(-1)

    def split(self, nodes: Tensor) -> Tensor:
        """(B, N, Dn) -> (B, N, heads, Dn / heads), each head of unit length."""
        heads = nodes.unflatten(-1, (self.config.heads, -1))
        return functional.normalize(heads, dim=-1)
