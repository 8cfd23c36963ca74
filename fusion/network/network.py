"""All learnt parts in one module, which a checkpoint stores and a retriever runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fusion.data.features import PhotoInput, TextInput
from fusion.graphs.concept_graph import ConceptGraph
from fusion.graphs.cross_graph import CrossGraph, RerankerConfig, signs_of, with_whole
from fusion.graphs.cross_graph_hubs import CrossHub
from fusion.graphs.dual_graph import DualGraph, ModelConfig
from fusion.graphs.memory_graph import HubCorrection, MemoryGraph, hubness
from fusion.graphs.word_detector import WordDetector
from fusion.graphs.word_graph import WordGraph
from fusion.network.calibration import Calibration
from fusion.network.look_alikes import LookAlikeTest
from fusion.network.node_reader import ImageNodes, NodeReader, TextNodes
from fusion.network.whitening import Whitening
from fusion.runtime.packing import Layout, pack_photos
from fusion.runtime.score_parts import GATES, ScoreParts, combine
from fusion.runtime.standing import STAGES, Standing
from fusion.runtime.wording import is_short_query

__all__ = ["GATES", "Network", "NetworkConfig", "PhotoVectors", "ScoreParts", "TextVectors"]

MEMORY_NEAREST, MEMORY_HUB_WEIGHT = 8, 0.5
"""Number of training photos whose captions a photo is compared with, and the mean's weight."""


@dataclass(frozen=True)
class NetworkConfig:
    """The shape of a network; saved with every checkpoint, enough to build it again."""

    image_dim: int
    pooled_dim: int
    text_dim: int
    components: int = 320
    memory_size: int = 0
    captions_bank: int = 0
    captions_bank_nodes: int = 0
    vocabulary: tuple[str, ...] = ()
    word_edges: int = 0
    detector_sample: int = 0
    classes: int = 0
    """Classes of the image encoder's classifier; 0 for a network without a concept graph."""
    class_words: tuple[str, ...] = ()
    """Words of the classes' names, which queries may use even if no training caption does."""
    memory_hubs: bool = False
    """Whether a photo's hub correction compares it with the memory's captions, which cover all
    training photos. Earlier checkpoints compare it with the smaller bank of captions, which is too
    sparse for kinds of photos that are rare in training."""
    class_edges: int = 0
    """Edges from a photo to classes that a query's paths follow; 0 in checkpoints without paths."""
    cell_concepts: int = 64
    """Width of the concept graph's message to a cell."""
    model: ModelConfig = field(default_factory=lambda: ModelConfig(0, 0, 0))
    reranker: RerankerConfig = field(default_factory=lambda: RerankerConfig(0, 0, 0))


class PhotoVectors(NamedTuple):
    """B photos in the form in which they are indexed."""

    vectors: Tensor
    """(B, D) float32, unit length."""
    hub: Tensor
    """(B,) float32, to subtract from a photo's scores."""
    nodes: Tensor
    """(B, R + 1, Dn) float32, unit length: the whole photo before its regions. Rounded as in
    `fusion/runtime/packing.py`, so that every reader gets the values that an index stores."""
    cross_hub: Tensor
    """(B,) float32, to subtract from the cross-modal graph's logits of a photo."""
    neighbours: Tensor
    """(B, E) int64, the ends of the photo's edges in the word graph, from `WordGraph.edges`."""
    weights: Tensor
    """(B, E) float32, the weights of these edges; each photo's sum to 1."""
    classes: Tensor
    """(B, C) int64, the photo's most likely classes, from `ConceptGraph.shown`."""
    class_shares: Tensor
    """(B, C) float32, the shares of these classes; each photo's sum to 1."""


class TextVectors(NamedTuple):
    """B texts in the form in which they are searched for."""

    vectors: Tensor
    hub: Tensor
    bag: Tensor
    """(B, V) float32, the weight of each word of the vocabulary."""
    bag_hub: Tensor
    """(B,) float32, to subtract from the bag's mean log odds from the word graph."""
    detected_hub: Tensor
    """(B,) float32, to subtract from the bag's mean log odds from the word detector."""
    nodes: Tensor
    """(B, T + 1, Dn) float32: the whole text before its words."""
    mask: Tensor
    """(B, T + 1) bool, true where `nodes` holds a node."""
    short: Tensor
    """(B,) bool, whether the gates for short queries apply."""
    classes: Tensor
    """(B, K) float32, how much the text asks for each class, from `ConceptGraph.asked`; K = 0 for a
    model without paths over classes."""


class Network(nn.Module):
    """Both stages: readers and graphs, the banks between them, and the calibration.

    Args:
        config: the shape.
        blocks: the image encoder's last blocks, which are tuned; None for none.
        layers: the text encoder's last layers, likewise.
    """

    word_gate: Tensor
    detector_gate: Tensor
    gate: Tensor
    class_gate: Tensor
    caption_gates: Tensor
    short_gates: Tensor

    def __init__(
        self, config: NetworkConfig, blocks: nn.Sequential | None, layers: nn.ModuleList | None
    ) -> None:
        super().__init__()
        self.config = config
        whitening = Whitening(
            config.image_dim, config.pooled_dim, config.text_dim, config.components
        )
        concepts = None
        if config.classes:
            concepts = ConceptGraph(
                config.classes,
                config.image_dim,
                config.text_dim,
                config.cell_concepts,
                config.class_edges,
            )
        self.reader = NodeReader(whitening, blocks, layers, concepts)
        self.dual = DualGraph(config.model)
        self.cross = CrossGraph(config.reranker)
        width = config.model.width
        self.memory = MemoryGraph(config.memory_size, config.components, width)
        self.words = WordGraph(config.vocabulary, config.memory_size, config.word_edges)
        self.detector = WordDetector(
            len(config.vocabulary), config.reranker.node_width, config.detector_sample
        )
        self.photo_hub = HubCorrection(config.captions_bank, width, nearest=64, weight=0.75)
        self.cross_hub = CrossHub(
            config.captions_bank, config.captions_bank_nodes, config.reranker.node_width
        )
        self.text_hub = HubCorrection(config.memory_size, width, nearest=16, weight=0.5)
        # These are buffers: they are fitted after training, on photos that were held out of it.
        for gate in GATES:
            self.register_buffer(gate, torch.zeros(()))
        self.register_buffer("caption_gates", torch.zeros(len(GATES)))
        self.register_buffer("short_gates", torch.zeros(len(GATES)))
        self.standings = {stage: Standing.unfitted() for stage in STAGES}
        self.calibration = Calibration()
        self.look_alikes = LookAlikeTest()

    def photos(self, features: PhotoInput, own: Tensor | None = None) -> PhotoVectors:
        """Embed B photos; errors as in `NodeReader.photos`.

        `own` (B,) holds the memory's rows of these same photos, for training photos only.
        """
        regions, pooled = self.reader.regions(features)
        read = self.reader.nodes(regions, pooled)
        vectors = self.photo_vectors(read, own)
        nodes = self.nodes(read)
        cross_hub = self.cross_hub(vectors, nodes, self.photo_hub.bank, self.cross)
        edges = self.words.edges(vectors, self.text_hub.bank)
        hub, shown = self.hubness(vectors), self.shown(regions)
        return PhotoVectors(vectors, hub, nodes, cross_hub, *edges, *shown)

    def hubness(self, vectors: Tensor) -> Tensor:
        """Return how near photos (B, D) are to texts in general, to subtract from scores: (B,)."""
        if self.config.memory_hubs:
            return hubness(vectors, self.memory.values, MEMORY_NEAREST, MEMORY_HUB_WEIGHT)
        hub: Tensor = self.photo_hub(vectors)
        return hub

    def shown(self, regions: Tensor) -> tuple[Tensor, Tensor]:
        """Return the classes that B photos show, as `ConceptGraph.shown`; (B, 0) without paths."""
        concepts = self.reader.concepts
        if concepts is None or not concepts.kept:
            none = regions.new_zeros(len(regions), 0)
            return none.long(), none
        return concepts.shown(regions)

    def asked(self, read: TextNodes) -> Tensor:
        """Return how much texts ask for each class (`ConceptGraph.asked`); (B, 0) without paths."""
        concepts = self.reader.concepts
        if concepts is None:
            return read.words.new_zeros(len(read.words), 0)
        return concepts.asked(read.words, read.mask)

    def paths(self, classes: Tensor, shares: Tensor, expected: Tensor) -> Tensor:
        """Return N pairs' log odds from paths over classes: `ConceptGraph.paths`; zeros without."""
        concepts = self.reader.concepts
        if concepts is None or not concepts.kept:
            return shares.new_zeros(len(shares))
        return concepts.paths(classes, shares, expected)

    def nodes(self, read: ImageNodes) -> Tensor:
        """Return the nodes (B, R + 1, Dn) of B photos already read, rounded as in `photos`."""
        return signs_of(self.cross.image(*read))

    def photo_vectors(self, read: ImageNodes, own: Tensor | None = None) -> Tensor:
        """Return only the vectors (B, D) of B photos already read; `own` as in `photos`."""
        vectors: Tensor = self.memory(self.dual.image(*read), self.keys(read), own)
        return vectors

    def keys(self, read: ImageNodes) -> Tensor:
        """Return the visual keys (B, C) that the memory graph compares photos by."""
        return read.cells[..., : self.config.components].mean(1)

    @property
    def layout(self) -> Layout:
        """How the photos of an index of this model are packed."""
        return Layout.of(
            self.config.reranker.node_width,
            self.words.neighbours if self.config.vocabulary else 0,
            self.config.memory_size,
            min(self.config.class_edges, self.config.classes),
            self.config.classes,
        )

    def pack(self, photos: PhotoVectors) -> NDArray[np.uint8]:
        """Return what an index stores of B photos for the re-ranker: (B, P)."""
        return pack_photos(
            photos.nodes.numpy(),
            photos.neighbours.numpy(),
            photos.weights.numpy(),
            self.layout.row_bytes,
            (photos.classes.numpy(), photos.class_shares.numpy()),
        )

    def texts(self, features: TextInput, texts: Sequence[str]) -> TextVectors:
        """Embed B texts from their encoder features; errors as in `NodeReader.texts`."""
        read = self.reader.texts(features)
        vectors = self.dual.text(*read)
        bag = self.words.bags(texts)
        return TextVectors(
            vectors=vectors,
            hub=self.text_hub(vectors),
            bag=bag,
            bag_hub=self.words.hub(bag, self.text_hub.bank),
            detected_hub=self.detector.hub(bag),
            nodes=self.cross.text(*read),
            mask=with_whole(features.mask),
            short=torch.tensor([is_short_query(text) for text in texts]),
            classes=self.asked(read),
        )

    def combine(
        self, parts: ScoreParts[Tensor], *, captions: bool = False, short: Tensor | None = None
    ) -> Tensor:
        """Return final scores of pairs: first-stage scores plus each graph's part times its gate.

        Photos that search for captions have their own gates (`captions`), and so have short
        queries: `short` has the shape of the parts and says for each pair whether its text is one.
        """
        long_gates = torch.stack([getattr(self, name) for name in GATES])
        if captions:
            return combine(parts, self.caption_gates)
        if short is None:
            return combine(parts, long_gates)
        gates = torch.where(short, self.short_gates.view(-1, *[1] * short.ndim),
                            long_gates.view(-1, *[1] * short.ndim))  # fmt: skip
        return combine(parts, gates)
