"""Everything that is learnt, in one module: what a checkpoint holds and a retriever runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from fusion.calibration import Calibration
from fusion.features import PhotoInput, TextInput
from fusion.memory import HubCorrection, MemoryGraph, RecallGraph
from fusion.model import DualGraph, ModelConfig
from fusion.pooling import masked_mean
from fusion.reader import Reader
from fusion.reranker import CrossGraph, RerankerConfig, with_whole
from fusion.whitening import Whitening
from fusion.word_graph import WordGraph

__all__ = ["Network", "NetworkConfig", "PairParts", "PhotoVectors", "TextVectors"]


@dataclass(frozen=True)
class NetworkConfig:
    """The shape of a network; saved with every checkpoint, enough to build it again."""

    image_dim: int
    pooled_dim: int
    text_dim: int
    components: int = 320
    memory_size: int = 0
    captions_bank: int = 0
    recall_size: int = 0
    recall_dim: int = 0
    vocabulary: tuple[str, ...] = ()
    word_edges: int = 0
    model: ModelConfig = field(default_factory=lambda: ModelConfig(0, 0, 0))
    reranker: RerankerConfig = field(default_factory=lambda: RerankerConfig(0, 0, 0))


class PhotoVectors(NamedTuple):
    """B photos, as they are indexed."""

    vectors: Tensor
    """(B, D) float32, unit length."""
    hub: Tensor
    """(B,) float32, to subtract from a photo's scores."""
    nodes: Tensor
    """(B, R + 1, Dn) float32, unit length: the whole photo before its regions."""


class TextVectors(NamedTuple):
    """B texts, as they are asked for."""

    vectors: Tensor
    hub: Tensor
    recalled: Tensor
    """(B, D) float32: what the training photos with captions like this text look like."""
    recalled_hub: Tensor
    """(B,) float32, to subtract from `recalled`'s inner products with photos."""
    bag: Tensor
    """(B, V) float32, the weight of each word of the vocabulary."""
    bag_hub: Tensor
    """(B,) float32, to subtract from the bag's mean log odds."""
    nodes: Tensor
    """(B, T + 1, Dn) float32: the whole text before its words."""
    mask: Tensor
    """(B, T + 1) bool, true where `nodes` holds a node."""


class PairParts(NamedTuple):
    """Of pairs of a text and a photo, what their final scores are made of; all of one shape."""

    first: Tensor
    """First-stage scores."""
    recalled: Tensor
    """Inner products with what the recall graph saw."""
    worded: Tensor
    """Mean log odds of the text's words by the word graph."""
    logits: Tensor
    """Of the cross-modal graph."""


class Network(nn.Module):
    """Both stages: readers and graphs, the banks between them, and the calibration.

    Args:
        config: the shape.
        blocks: the image encoder's last blocks, of which each stage tunes a copy; None for none.
        layers: the text encoder's last layers, likewise.
    """

    recall_gate: Tensor
    word_gate: Tensor
    gate: Tensor

    def __init__(
        self, config: NetworkConfig, blocks: nn.Sequential | None, layers: nn.ModuleList | None
    ) -> None:
        super().__init__()
        self.config = config
        whitening = Whitening(
            config.image_dim, config.pooled_dim, config.text_dim, config.components
        )
        self.reader = Reader(whitening, blocks, layers)
        self.dual = DualGraph(config.model)
        self.cross = CrossGraph(config.reranker)
        width = config.model.width
        self.memory = MemoryGraph(config.memory_size, config.components, width)
        self.recall = RecallGraph(config.recall_size, config.text_dim, config.recall_dim)
        self.words = WordGraph(config.vocabulary, config.memory_size, config.word_edges)
        self.photo_hub = HubCorrection(config.captions_bank, width, nearest=64, weight=0.75)
        self.text_hub = HubCorrection(config.memory_size, width, nearest=16, weight=0.5)
        # Buffers: fitted after training, on photos that no gradient saw.
        self.register_buffer("recall_gate", torch.zeros(()))
        self.register_buffer("word_gate", torch.zeros(()))
        self.register_buffer("gate", torch.zeros(()))
        self.calibration = Calibration()

    def photos(self, found: PhotoInput, own: Tensor | None = None) -> PhotoVectors:
        """Embed B photos; errors as in `Reader.photos`.

        `own` (B,) names the memory's rows that are these very photos, for training photos only.
        """
        read = self.reader.photos(found)
        vectors = self.memory(self.dual.image(*read), read.cells.mean(1), own)
        return PhotoVectors(vectors, self.photo_hub(vectors), self.cross.image(*read))

    def odds(self, vectors: Tensor, columns: Tensor | None = None) -> Tensor:
        """Log odds of all words, or of `columns` (W,), for photos by their vectors (B, D)."""
        odds: Tensor = self.words(vectors, self.text_hub.bank, columns)
        return odds

    def texts(self, found: TextInput, texts: Sequence[str]) -> TextVectors:
        """Embed B texts from what the encoder gave of them; errors as in `Reader.texts`."""
        read = self.reader.texts(found)
        vectors = self.dual.text(*read)
        sentences = functional.normalize(masked_mean(found.words, found.mask), dim=1)
        recalled, recalled_hub = self.recall(sentences, self.text_hub.bank)
        bag = self.words.bags(texts)
        return TextVectors(
            vectors=vectors,
            hub=self.text_hub(vectors),
            recalled=recalled,
            recalled_hub=recalled_hub,
            bag=bag,
            bag_hub=self.words.hub(bag, self.text_hub.bank),
            nodes=self.cross.text(*read),
            mask=with_whole(found.mask),
        )

    def combine(self, parts: PairParts) -> Tensor:
        """Final scores of pairs: the first stage's, and what each graph adds behind its gate."""
        graphs = self.recall_gate * parts.recalled + self.word_gate * parts.worded
        return parts.first + graphs + self.gate * parts.logits
