"""The article's model: graph convolutions over cross-modal similarity, then attention.

As published: pooled image features (a ResNet-style mean of the grid) and mean-pooled text features
are nodes; the similarity between the modalities is the adjacency; one `GCNConv` (Kipf and Welling,
2017) per modality; multi-head attention with 8 heads over both node sets; a classifier trained
with cross-entropy on "match" and "no match". We fill in the details that the article leaves open:

- The modalities differ in width, so a linear map first brings each to a common width.
- A graph convolution needs non-negative weights, so negative similarities are not edges.
- The graph is bipartite: photos get messages from captions and captions from photos. Read as a
  square matrix over a batch, the article's adjacency would join photo i with photo j by how well
  caption j fits photo i, which presupposes that photo j and caption j belong together.
- The nodes of a pair's graph are that photo, that caption and, as neighbours, the training photos
  nearest to the photo and the training captions nearest to the caption, by content, from a bank
  that is part of the model. Other photos and captions under evaluation are never nodes, so a score
  depends on its pair alone.
- The classifier reads the attention's output for the photo's and the caption's own nodes.

The suggestions by the article's readers are options: an MLP as the projection, cosine adjacency,
two layers with dropout, and a contrastive loss on the projected nodes, added to the cross-entropy.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch_geometric.nn import GCNConv

from fusion.baselines.pair_model import ItemTensors, PairModel
from fusion.baselines.traditional import in_full
from fusion.graphs.layers import Projection
from fusion.training.losses import contrastive_loss

__all__ = ["ArticleConfig", "ArticleModel", "bipartite_convolution", "cross_adjacency"]

_SAME = 1 - 1e-4  # above this cosine the content is the same: an item is not its own neighbour


@dataclass(frozen=True)
class ArticleConfig:
    """Options of the article's model, including its readers' suggestions.

    Attributes:
        projection: 'linear' as published, or 'mlp'.
        adjacency: 'dot' (scaled by the square root of the width) as published, or 'cosine'.
        layers: graph convolutions per modality, 1 as published, or 2.
        dropout: share of units dropped in training, 0 to below 1.
        contrastive_weight: weight of InfoNCE on the projected nodes, 0 as published.
        width: D, the width of a node; divisible by `heads`.
        heads: number of attention heads, 8 as published.
        neighbours: number of training photos, and of training captions, in a pair's graph.
        bank: number of training photos, and of captions, that neighbours are chosen from.
    """

    projection: str = "linear"
    adjacency: str = "dot"
    layers: int = 1
    dropout: float = 0.0
    contrastive_weight: float = 0.0
    width: int = 128
    heads: int = 8
    neighbours: int = 4
    bank: int = 512

    def __post_init__(self) -> None:
        for name, allowed in (
            ("projection", ("linear", "mlp")),
            ("adjacency", ("dot", "cosine")),
            ("layers", (1, 2)),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} is {getattr(self, name)!r}, expected one of {allowed}")
        if not 0 <= self.dropout < 1 or self.contrastive_weight < 0:
            raise ValueError("dropout must be 0 to below 1 and contrastive_weight 0 or more")
        if self.width % self.heads or not 0 < self.neighbours < self.bank:
            raise ValueError(
                "width must be divisible by heads, and bank must be larger than neighbours"
            )


class ArticleModel(PairModel):
    """The model that sees a pair as a small graph: see the top of this module.

    Raises:
        ValueError: by `fill_bank`, if the bank would have no more items than a pair has neighbours.
    """

    image_bank: Tensor
    text_bank: Tensor

    def __init__(self, name: str, image_dim: int, text_dim: int, config: ArticleConfig) -> None:
        super().__init__(name, image_dim, text_dim, asdict(config))
        self.settings = config
        self.image_in = _projection(image_dim, config)
        self.text_in = _projection(text_dim, config)
        self.image_convolutions = _convolutions(config)
        self.text_convolutions = _convolutions(config)
        self.drop = nn.Dropout(config.dropout)
        self.attention = nn.MultiheadAttention(
            config.width, config.heads, dropout=config.dropout, batch_first=True
        )
        self.hidden = nn.Linear(2 * config.width, config.width)
        self.classes = nn.Linear(config.width, 2)
        self.log_scale = nn.Parameter(torch.tensor(2.66))  # contrastive temperature 0.07
        self.register_buffer("image_bank", torch.zeros(config.bank, image_dim))
        self.register_buffer("text_bank", torch.zeros(config.bank, text_dim))

    def fill_bank(self, images: Tensor, texts: Tensor) -> None:
        """Keep evenly spread training photos and captions, chosen independently of each other."""
        count = min(self.settings.bank, len(images), len(texts))
        self.settings = replace(self.settings, bank=count)
        self._options = asdict(self.settings)
        for name, items in (("image_bank", images), ("text_bank", texts)):
            rows = torch.arange(count) * len(items) // count
            setattr(self, name, items[rows].to(getattr(self, name)))

    def image_tensors(self, images: Tensor) -> ItemTensors:
        """Return a photo's nodes, itself first, and their messages to photos and to captions.

        All three are (B, 1 + M, D).
        """
        bank = self.standard_images(self.image_bank)
        return self._tensors(self.image_in, images, bank)

    def text_tensors(self, texts: Tensor) -> ItemTensors:
        """Return a caption's nodes, itself first, and their messages to photos and to captions.

        All three are (B, 1 + M, D).
        """
        return self._tensors(self.text_in, texts, self.standard_texts(self.text_bank))

    def _tensors(self, project: nn.Module, items: Tensor, bank: Tensor) -> ItemTensors:
        near = nearest(items, bank, self.settings.neighbours)
        own, others = project(items), project(bank)
        nodes = torch.cat([own.unsqueeze(1), others[near]], dim=1)
        return (nodes, *self._messages(0, nodes))

    def _messages(self, layer: int, nodes: Tensor) -> tuple[Tensor, Tensor]:
        """Return the nodes' messages in the photos' and in the captions' convolution."""
        forth, back = self._layer(layer)
        return forth.lin(nodes), back.lin(nodes)

    def _layer(self, layer: int) -> tuple[GCNConv, GCNConv]:
        """Return a layer's convolutions: the one for photos and the one for captions."""
        return (
            cast(GCNConv, self.image_convolutions[layer]),
            cast(GCNConv, self.text_convolutions[layer]),
        )

    def judge(self, image: ItemTensors, text: ItemTensors) -> Tensor:
        """Convolve, attend and classify B graphs of 2 (1 + M) nodes: -> (B, 2)."""
        adjacency = cross_adjacency(image[0], text[0], self.settings.adjacency)
        photo_sent, caption_sent = image[1:], text[1:]
        for layer in range(self.settings.layers):
            photos, captions = self._convolve(layer, adjacency, photo_sent, caption_sent)
            if layer + 1 < self.settings.layers:
                photo_sent = self._messages(layer + 1, photos)
                caption_sent = self._messages(layer + 1, captions)
        nodes = torch.cat([photos, captions], dim=1)
        own = torch.stack([photos[:, 0], captions[:, 0]], dim=1)
        # The classifier reads the pair's own nodes only, so only these are queries.
        attended = attend(self.attention, own, nodes)
        hidden = functional.relu(self.hidden(self.drop(attended.flatten(1))))
        return in_full(self.classes, self.drop(hidden))

    def _convolve(
        self, layer: int, adjacency: Tensor, photo_sent: ItemTensors, caption_sent: ItemTensors
    ) -> tuple[Tensor, Tensor]:
        forth, back = self._layer(layer)
        photos = bipartite_convolution(adjacency, photo_sent[0], caption_sent[0], forth.bias)
        captions = bipartite_convolution(
            adjacency.transpose(1, 2), caption_sent[1], photo_sent[1], back.bias
        )
        return self.drop(functional.relu(photos)), self.drop(functional.relu(captions))

    def extra_loss(self, image: ItemTensors, text: ItemTensors, photo_ids: Tensor) -> Tensor | None:
        """Return the weighted contrastive loss on the projected photos and captions."""
        if not self.settings.contrastive_weight:
            return None
        photos = functional.normalize(image[0][:, 0], dim=-1)
        captions = functional.normalize(text[0][:, 0], dim=-1)
        similarity = self.log_scale.clamp(max=4.6).exp() * captions @ photos.T
        return self.settings.contrastive_weight * contrastive_loss(similarity, photo_ids)


def nearest(items: Tensor, bank: Tensor, count: int) -> Tensor:
    """Return rows of the bank items nearest by cosine, nearest first: (B, F), (N, F) -> (B, count).

    A bank item with the same content is skipped: in training it is the item itself.

    >>> bank = torch.tensor([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    >>> nearest(torch.tensor([[3.0, 0.0]]), bank, 2).tolist()
    [[1, 2]]
    """
    cosine = functional.normalize(items, dim=-1) @ functional.normalize(bank, dim=-1).T
    return cosine.masked_fill(cosine > _SAME, -2.0).topk(count, dim=-1).indices


def cross_adjacency(photos: Tensor, captions: Tensor, kind: str) -> Tensor:
    """Return the weights of the edges between photo and caption nodes, from their content alone.

    Args:
        photos: (B, N, D).
        captions: (B, T, D).
        kind: 'dot' (over the square root of D) or 'cosine'.

    Returns:
        (B, N, T), zero or more.

    >>> photos, captions = torch.tensor([[[3.0, 0, 0, 0]]]), torch.tensor([[[2.0, 0, 0, 0]]])
    >>> cross_adjacency(photos, captions, "dot").item()
    3.0
    >>> cross_adjacency(photos, captions, "cosine").item()
    1.0
    """
    if kind == "cosine":
        photos = functional.normalize(photos, dim=-1)
        captions = functional.normalize(captions, dim=-1)
    scale = 1.0 if kind == "cosine" else photos.shape[-1] ** -0.5
    return scale * functional.relu(photos @ captions.transpose(1, 2))


def bipartite_convolution(
    adjacency: Tensor, own: Tensor, others: Tensor, bias: Tensor | None
) -> Tensor:
    """Apply `GCNConv` to many small bipartite graphs at once, for the nodes of one side.

    The result equals that of `GCNConv` on each graph's edges with self-loops of weight 1. It is
    computed as products of small matrices, since scattering millions of pairs edge by edge would be
    slow.

    Args:
        adjacency: (B, N, T), weights of zero or more.
        own: (B, N, D), this side's nodes after the convolution's linear map.
        others: (B, T, D), the other side's nodes after the same map.
        bias: (D,) or none.

    Returns:
        (B, N, D).

    >>> adjacency = torch.tensor([[[3.0]]])  # both degrees are 1 + 3: 2 / 4 + 3 / 4 * 4
    >>> own, others = torch.tensor([[[2.0]]]), torch.tensor([[[4.0]]])
    >>> bipartite_convolution(adjacency, own, others, None).item()
    3.5
    """
    weights = adjacency.float()
    degree = 1 + weights.sum(dim=2, keepdim=True)
    across = weights / (degree * (1 + weights.sum(dim=1, keepdim=True))).sqrt()
    out = own / degree.to(own) + across.to(own) @ others
    return out if bias is None else out + bias.to(out)


def attend(attention: nn.MultiheadAttention, own: Tensor, nodes: Tensor) -> Tensor:
    """Return `attention(own, nodes, nodes)`, several times as fast for a handful of nodes.

    Products are summed element by element: with ten nodes per graph, a batched matrix product or
    the fused attention spends more time on set-up than on arithmetic.

    Args:
        attention: batch first, with one width for queries, keys and values.
        own: (B, Q, D), the queries.
        nodes: (B, N, D), the keys and values.

    Returns:
        (B, Q, D).
    """
    width, heads = attention.embed_dim, attention.num_heads
    weight, bias = attention.in_proj_weight, attention.in_proj_bias
    query = functional.linear(own, weight[:width], bias[:width])
    key, value = functional.linear(nodes, weight[width:], bias[width:]).float().chunk(2, dim=-1)
    alike = (query.float().unsqueeze(2) * key.unsqueeze(1)).unflatten(-1, (heads, -1)).sum(-1)
    share = torch.softmax(alike / attention.head_dim**0.5, dim=2)  # (B, Q, N, heads)
    share = functional.dropout(share, attention.dropout, attention.training).unsqueeze(-1)
    mixed: Tensor = (share * value.unflatten(-1, (heads, -1)).unsqueeze(1)).sum(dim=2)
    attended: Tensor = attention.out_proj(mixed.flatten(-2))
    return attended


def _projection(in_dim: int, config: ArticleConfig) -> nn.Module:
    if config.projection == "mlp":
        return Projection(in_dim, config.width, 4 * config.width, config.dropout)
    return nn.Linear(in_dim, config.width)


def _convolutions(config: ArticleConfig) -> nn.ModuleList:
    return nn.ModuleList(GCNConv(config.width, config.width) for _ in range(config.layers))
