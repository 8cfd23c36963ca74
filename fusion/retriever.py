"""The trained model with its encoders: turns photos and queries into vectors and scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fusion.checkpoint import (
    Checkpoint,
    CheckpointError,
    load_network,
    read_checkpoint,
    shipped_checkpoint,
)
from fusion.data.features import PhotoInput, TextInput, photo_features
from fusion.encoders import Encoders, load_encoders
from fusion.graphs.memory_graph import unit_rows
from fusion.network.network import GATES, Network, ScoreParts
from fusion.runtime.embeddings import (
    ImageEmbeddings,
    QueryEmbeddings,
    Reranked,
    check_candidates,
)
from fusion.runtime.known_words import KnownWords
from fusion.runtime.packing import unpack_classes, unpack_edges, unpack_nodes
from fusion.runtime.photo_explanation import PhotoExplanation, explain_photos
from fusion.runtime.score_parts import WordReading
from fusion.runtime.standing import brevity_of
from fusion.runtime.vector_layout import BESIDE, CROSS_HUB, photo_columns, query_columns
from fusion.runtime.wording import canonical_query

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Retriever", "load_retriever"]


class Retriever:
    """A network and the encoders it was trained on.

    Attributes:
        name: the model's kind.
        encoders: the encoders' preset.
        fingerprint: hex; changes with the network's and the encoders' weights and with the
            configuration.
        dim: width of an indexed vector, as `fusion/runtime/vector_layout.py` describes it: the
            embedding, the hub corrections of both sides, so that one inner product is the corrected
            score, and the correction of the re-ranker's logits.
        image_encoder: the encoder of photos.
        text_encoder: the encoder of queries.
        batch_size: how many photos are best embedded together.
        size_px: side of the squares that photos are resized to; None if unknown.
        unit_dim: width of the embedding, the part of an indexed vector that has unit length.
        known_words: tells which words of a query the model knows.
    """

    def __init__(self, network: Network, encoders: Encoders, fingerprint: str) -> None:
        self.network = network.eval()
        self._encoders = encoders
        self.image_encoder, self.text_encoder = encoders.image, encoders.text
        self.name = "crossgraph"
        self.encoders = encoders.preset
        self.fingerprint = fingerprint
        self.batch_size = 16
        self.size_px: int | None = getattr(encoders.image, "size_px", None)
        self.unit_dim = network.config.model.width
        self.dim = self.unit_dim + BESIDE
        named = (*network.config.vocabulary, *network.config.class_words)
        self.known_words = KnownWords(named, lambda: getattr(encoders.text, "tokenizer", None))

    @torch.inference_mode()
    def embed_images(self, images: Sequence[Image]) -> ImageEmbeddings:
        """Embed B RGB photos of any size."""
        encoder = self.image_encoder
        if self.network.reader.blocks is not None:
            features = PhotoInput(lower=encoder.encode_lower(images))
        else:
            features = PhotoInput(*photo_features(encoder.encode_images(images).features))
        photos = self.network.photos(features)
        hub = photos.hub.unsqueeze(1)
        beside = photo_columns(hub, torch.ones_like, photos.cross_hub.unsqueeze(1))
        vectors = torch.cat([photos.vectors, *beside], dim=1)
        return ImageEmbeddings(vectors.numpy(), self.network.pack(photos))

    @torch.inference_mode()
    def embed_queries(self, texts: Sequence[str]) -> QueryEmbeddings:
        """Embed Q texts in canonical form, truncated to the encoder's limit."""
        texts = [canonical_query(text) for text in texts]
        features = self._encoders.text.encode_texts(texts)
        query = self.network.texts(
            TextInput(features.mask, features.features, features.lower), texts
        )
        hub = query.hub.unsqueeze(1)
        beside = query_columns(hub, torch.ones_like, torch.zeros_like)
        vectors = torch.cat([query.vectors, *beside], dim=1)
        return QueryEmbeddings(
            vectors.numpy(),
            query.bag.numpy(),
            query.bag_hub.numpy(),
            query.detected_hub.numpy(),
            query.nodes.numpy(),
            query.mask.numpy(),
            features.tokens,
            query.short.numpy(),
            query.classes.numpy(),
        )

    @torch.inference_mode()
    def recall_queries(self) -> NDArray[np.float32]:
        """Return the vectors (Q, dim) of training captions, which resemble queries."""
        captions = unit_rows(self.network.photo_hub.bank)
        hub = self.network.text_hub(captions).unsqueeze(1)
        beside = query_columns(hub, torch.ones_like, torch.zeros_like)
        vectors: NDArray[np.float32] = torch.cat([captions, *beside], dim=1).numpy()
        return vectors

    @torch.inference_mode()
    def rerank(
        self,
        query: QueryEmbeddings,
        vectors: NDArray[np.float32],
        packed: NDArray[np.uint8],
    ) -> Reranked:
        """Score one query's candidates with the graphs that see query and photo together.

        Args:
            query: one query, Q = 1.
            vectors: (K, dim) the candidates' vectors from `embed_images`.
            packed: (K, P) the candidates' packed nodes and edges from `embed_images`.

        Raises:
            ValueError: there is not exactly one query, the numbers of vectors and packed photos
                differ, or the packed photos are not from this model.
        """
        parts, _ = self._parts(query, vectors, packed)
        scores = self.network.combine(parts, short=torch.from_numpy(query.short))
        probabilities = self.network.calibration.reranked(scores)
        return Reranked(scores.numpy(), probabilities.numpy(), parts.detected.numpy())

    @torch.inference_mode()
    def explain(
        self,
        query: QueryEmbeddings,
        vectors: NDArray[np.float32],
        packed: NDArray[np.uint8],
    ) -> list[PhotoExplanation]:
        """Explain the scores of `rerank` for K photos, word by word; arguments as for `rerank`.

        Raises:
            ValueError: there is not exactly one query, the numbers of vectors and packed photos
                differ, or the packed photos are not from this model.
        """
        parts, odds_by_word = self._parts(query, vectors, packed)
        photos = len(packed)
        reading = self.network.cross.read(
            torch.from_numpy(query.words).expand(photos, -1, -1),
            torch.from_numpy(query.mask).expand(photos, -1),
            torch.from_numpy(unpack_nodes(packed, self.network.layout)),
        )
        gates = [float(getattr(self.network, gate)) for gate in GATES]
        return explain_photos(
            self.network.short_gates.tolist() if query.short[0] else gates,
            query.tokens[0],
            ScoreParts(*(part.numpy() for part in parts)),
            WordReading(*(part.numpy() for part in reading)),
            {
                part: {word: odds.numpy() for word, odds in by.items()}
                for part, by in odds_by_word.items()
            },
        )

    def _parts(
        self,
        query: QueryEmbeddings,
        vectors: NDArray[np.float32],
        packed: NDArray[np.uint8],
    ) -> tuple[ScoreParts[Tensor], dict[str, dict[str, Tensor]]]:
        """Return the score parts, (K,) each, and weighted log odds (K,) by part and word."""
        check_candidates(query, vectors, packed)
        layout = self.network.layout
        shown = torch.from_numpy(unpack_nodes(packed, layout))
        neighbours, weights = (torch.from_numpy(each) for each in unpack_edges(packed, layout))
        words, mask = torch.from_numpy(query.words), torch.from_numpy(query.mask)
        stored = torch.from_numpy(np.asarray(vectors, np.float32))
        logits = self.network.cross(words, mask, shown)[0] - stored[:, CROSS_HUB]
        first = stored @ torch.from_numpy(query.vectors[0])
        bag = torch.from_numpy(query.bag[0])
        columns = bag.nonzero().squeeze(1)
        odds = {
            "worded": self.network.words.along(neighbours, weights, columns) * bag[columns],
            "detected": self.network.detector.odds(shown, columns) * bag[columns],
        }
        worded = odds["worded"].sum(1) - float(query.bag_hub[0])
        detected = odds["detected"].sum(1) - float(query.detected_hub[0])
        vocabulary = self.network.config.vocabulary
        asked_words = [vocabulary[column] for column in columns.tolist()]
        odds_by_word = {
            part: dict(zip(asked_words, values.unbind(1), strict=True))
            for part, values in odds.items()
        }
        classes, shares = (torch.from_numpy(each) for each in unpack_classes(packed, layout))
        asked_for = torch.from_numpy(query.classes).expand(len(packed), -1)
        classed = self.network.paths(classes, shares, asked_for)
        return ScoreParts(first, worded, detected, logits, classed), odds_by_word

    def probabilities(
        self,
        query: QueryEmbeddings,
        first_scores: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Return match probabilities from first-stage scores alone: (K,) -> (K,)."""
        scores = torch.from_numpy(np.asarray(first_scores, np.float32))
        probabilities: NDArray[np.float32] = self.network.calibration.first_stage(scores).numpy()
        return probabilities

    def likely(
        self, query: QueryEmbeddings, scores: NDArray[np.float32], first: NDArray[np.float32],
        background: NDArray[np.float32], photos: int, *, reranked: bool = True,
    ) -> NDArray[np.float32] | None:  # fmt: skip
        """Return how likely each of K hits is right, given the collection; see `Standing`.

        Args:
            query: one query, Q = 1.
            scores: (K,) scores by which the hits are ranked.
            first: (K,) their first-stage scores.
            background: (S,) first-stage scores of a sample of the collection.
            photos: the number of photos in the collection.
            reranked: whether the scores come from `rerank`.

        Returns:
            (K,) in 0..1; None for older checkpoints, for which this was not fitted.
        """
        standing = self.network.standings["full" if reranked else "first"]
        if not standing.fitted:
            return None
        brevity = brevity_of(bool(query.short[0]), int(np.count_nonzero(query.bag[0])))
        return standing(scores, first, background, photos, brevity=brevity)


def load_retriever(
    checkpoint: Path | None = None,
    *,
    image_weights: Path | None = None,
    text_weights: Path | None = None,
    device: str | torch.device | None = None,
) -> Retriever:
    """Load a checkpoint and the encoders it names; None is the shipped checkpoint.

    Raises:
        CheckpointError: the checkpoint is damaged, or the encoders' weights are not the ones that
            it was trained on.
        WeightsNotFound: an encoder's weights are missing; the message says how to get them.
    """
    read: Checkpoint = read_checkpoint(checkpoint or shipped_checkpoint())
    encoders = load_encoders(
        read.encoders,
        image_weights=image_weights,
        text_weights=text_weights,
        device=device or "cpu",
    )
    if encoders.fingerprint != read.encoders_fingerprint:
        raise CheckpointError(
            f"{read.folder} was trained on {read.encoders} weights "
            f"{read.encoders_fingerprint[:12]}, found {encoders.fingerprint[:12]}: give "
            f"the weights it was trained on, or train on these with `crossgraph train`"
        )
    return Retriever(load_network(read), encoders, read.fingerprint)
