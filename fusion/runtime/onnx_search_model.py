"""A trained model that answers queries without torch: ONNX Runtime, numpy and a tokenizer.

It returns what `fusion.retriever.Retriever` returns, to within 1e-4, from the files that
`fusion.export.write_model` wrote. Sessions are created on first use. This module imports little at
the top, because a search from the command line waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.clip.clip_folder import CLIP_MODEL
from fusion.runtime.embeddings import QueryEmbeddings, Reranked, check_candidates
from fusion.runtime.exported_facts import ClipFacts, TrainedFacts
from fusion.runtime.exported_files import ExportedFiles
from fusion.runtime.exported_folder import (
    exported_model_folder,
    read_facts,
)
from fusion.runtime.known_words import KnownWords
from fusion.runtime.packing import Layout, unpack_classes, unpack_edges, unpack_nodes
from fusion.runtime.score_parts import ScoreParts, WordReading, combine
from fusion.runtime.standing import Standing, brevity_of
from fusion.runtime.vector_layout import CROSS_HUB, query_columns
from fusion.runtime.word_tables import WordTables
from fusion.runtime.wording import canonical_query, is_short_query
from fusion.runtime.words import words_of

if TYPE_CHECKING:
    from fusion.runtime.clip.clip_search_model import ClipSearchModel
    from fusion.runtime.photo_explanation import PhotoExplanation

__all__ = ["OnnxSearchModel", "find_search_model"]

Array = NDArray[np.float32]


def find_search_model(
    root: Path, fingerprint: str, *, once: bool = False
) -> OnnxSearchModel | ClipSearchModel | None:
    """Return the exported model with that fingerprint; None if there is no usable one.

    Args:
        root: the folder that `fusion.export.write_model` wrote to.
        fingerprint: the model's fingerprint, as an index records it.
        once: as for `OnnxSearchModel`.
    """
    folder = exported_model_folder(root, fingerprint)
    facts = read_facts(folder)
    if facts is None or facts.get("fingerprint") != fingerprint:
        return None
    try:
        import onnxruntime  # noqa: F401 - tests whether it is installed
        import tokenizers  # noqa: F401
    except ImportError:
        return None
    if facts["name"] == CLIP_MODEL:
        from fusion.runtime.clip.clip_search_model import ClipSearchModel

        return ClipSearchModel(folder, cast(ClipFacts, facts), once=once)
    return OnnxSearchModel(folder, cast(TrainedFacts, facts), once=once)


class OnnxSearchModel:
    """The query side of a model; its answers are those of its `Retriever`.

    Args:
        folder: the folder of the files.
        facts: the facts stored with them.
        once: true for a process that answers one query: weights are then not repacked for fast
            products, because repacking takes longer than the product itself; and the files are
            opened from now on, in other threads.

    Attributes:
        name: the model's kind.
        encoders: the encoders' preset.
        fingerprint: hex; changes with all weights and with the configuration.
        known_words: tells which words of a query the model knows.
    """

    def __init__(self, folder: Path, facts: TrainedFacts, *, once: bool = False) -> None:
        self.name = str(facts["name"])
        self.encoders = str(facts["encoders"])
        self.fingerprint = str(facts["fingerprint"])
        self._facts = facts
        self._files = ExportedFiles(folder, once=once)
        if once:
            self._files.open_ahead()
        self._tables = WordTables(self._files)
        self._gates: list[float] = facts["gates"]
        self._short_gates: list[float] = facts["short_gates"]
        self._vocabulary: list[str] = facts["vocabulary"]
        self._layout = Layout(*facts["layout"])
        self.known_words = KnownWords(
            [*self._vocabulary, *facts["class_words"]], lambda: self._files.tokenizer
        )

    def share_weights(self) -> None:
        """Share memory-mapped weights with other processes; call it before the first query."""
        self._files.share_weights()

    def embed_queries(self, texts: Sequence[str]) -> QueryEmbeddings:
        """Embed Q texts in canonical form, truncated to the encoder's limit.

        Raises:
            ValueError: there are no texts.
        """
        if not texts:
            raise ValueError("no texts to encode: expected at least one")
        texts = [canonical_query(text) for text in texts]
        encoded = [self._files.tokenizer.encode(text) for text in texts]
        outputs = [self._embed(each.ids) for each in encoded]
        longest = max(len(one.nodes) for one in outputs)
        words = np.zeros((len(texts), longest, outputs[0].nodes.shape[1]), np.float32)
        mask = np.zeros((len(texts), longest), np.bool_)
        for row, one in enumerate(outputs):
            words[row, : len(one.nodes)] = one.nodes
            mask[row, : len(one.nodes)] = True
        bag = np.stack([self._bag(text) for text in texts])
        return QueryEmbeddings(
            np.stack([one.vector for one in outputs]),
            bag,
            self._tables.hub(bag, "worded", self._facts["worded_nearest"]),
            self._tables.hub(bag, "detected", self._facts["detected_nearest"]),
            words,
            mask,
            [each.tokens for each in encoded],
            np.array([is_short_query(text) for text in texts]),
            np.stack([one.classes for one in outputs]),
        )

    def rerank(
        self, query: QueryEmbeddings, vectors: NDArray[np.floating], packed: NDArray[np.uint8]
    ) -> Reranked:
        """Score one query's candidates with the graphs that see query and photo together.

        Args:
            query: one query, Q = 1.
            vectors: (K, dim) the candidates' vectors as indexed.
            packed: (K, P) the candidates' packed nodes and edges.

        Raises:
            ValueError: there is not exactly one query, the numbers of vectors and packed photos
                differ, or the packed photos are not from this model.
        """
        parts, _ = self._parts(query, vectors, packed)
        scores = combine(parts, self._gates_for(query))
        probabilities = _logistic(scores, self._facts["full"])
        return Reranked(scores, probabilities, np.asarray(parts.detected, np.float32))

    def explain(
        self, query: QueryEmbeddings, vectors: NDArray[np.floating], packed: NDArray[np.uint8]
    ) -> list[PhotoExplanation]:
        """Explain the scores of `rerank` for K photos, word by word; arguments as for `rerank`.

        Raises:
            ValueError: as for `rerank`.
        """
        from fusion.runtime.photo_explanation import explain_photos

        parts, odds_by_word = self._parts(query, vectors, packed)
        shown = unpack_nodes(packed, self._layout)
        words, mask = self._words(query)
        readings = self._files.reading.run(None, {"words": words, "mask": mask, "regions": shown})
        reading = WordReading(*(np.asarray(each, np.float32) for each in readings))
        return explain_photos(self._gates_for(query), query.tokens[0], parts, reading, odds_by_word)

    def probabilities(self, query: QueryEmbeddings, first_scores: NDArray[np.floating]) -> Array:
        """Return match probabilities from first-stage scores alone: (K,) -> (K,)."""
        return _logistic(np.asarray(first_scores, np.float32), self._facts["first"])

    def likely(
        self, query: QueryEmbeddings, scores: Array, first: Array, background: Array, photos: int,
        *, reranked: bool = True,
    ) -> Array | None:  # fmt: skip
        """Return how likely each of K hits is right, as `fusion.retriever.Retriever.likely`."""
        standing = self._standing[reranked]
        if not standing.fitted:
            return None
        brevity = brevity_of(bool(query.short[0]), int(np.count_nonzero(query.bag[0])))
        return standing(scores, first, background, photos, brevity=brevity)

    @cached_property
    def _standing(self) -> dict[bool, Standing]:
        stored = self._facts["standing"]
        return {True: Standing.of(*stored["full"]), False: Standing.of(*stored["first"])}

    def _gates_for(self, query: QueryEmbeddings) -> list[float]:
        return self._short_gates if query.short[0] else self._gates

    def _embed(self, ids: Sequence[int]) -> _Embedded:
        count = max(len(ids), int(self._facts["least_tokens"]))
        padded = np.zeros((1, count), np.int64)
        padded[0, : len(ids)] = ids
        mask = np.arange(count)[None] < len(ids)
        vectors, hub, nodes, *classes = self._files.query.run(None, {"ids": padded, "mask": mask})
        beside = np.stack(query_columns(hub, np.ones_like, np.zeros_like), axis=1)
        vector = np.concatenate([vectors, beside], axis=1)[0].astype(np.float32)
        expected_classes = classes[0][0] if classes else np.zeros(0, np.float32)
        return _Embedded(vector, nodes[0, : len(ids) + 1], expected_classes)

    def _parts(
        self, query: QueryEmbeddings, vectors: NDArray[np.floating], packed: NDArray[np.uint8]
    ) -> tuple[ScoreParts[Array], dict[str, dict[str, Array]]]:
        """Return the score parts, (K,) each, and weighted log odds (K,) by part and word."""
        check_candidates(query, vectors, packed)
        stored = np.asarray(vectors, np.float32)
        columns = np.flatnonzero(query.bag[0])
        words, mask = self._words(query)
        neighbours, edges = unpack_edges(packed, self._layout)
        logits, *odds = self._files.pairs.run(
            None,
            {
                "words": words,
                "mask": mask,
                "regions": unpack_nodes(packed, self._layout),
                "neighbours": neighbours,
                "weights": edges,
                # The graph needs at least one word.
                "asked": columns if len(columns) else np.zeros(1, np.int64),
            },
        )
        weights = query.bag[0][columns]
        worded, detected = (each[:, : len(columns)] * weights for each in odds)
        parts = ScoreParts(
            stored @ query.vectors[0],
            worded.sum(1) - query.bag_hub[0],
            detected.sum(1) - query.detected_hub[0],
            logits - stored[:, CROSS_HUB],
            self._paths(query, packed),
        )
        names = [self._vocabulary[column] for column in columns]
        by_word = {"worded": worded, "detected": detected}
        return parts, {
            part: dict(zip(names, each.T, strict=True)) for part, each in by_word.items()
        }

    def _paths(self, query: QueryEmbeddings, packed: NDArray[np.uint8]) -> Array:
        """Return `ConceptGraph.paths` for one query and K photos: (K,)."""
        if not self._layout.class_edges:
            return np.zeros(len(packed), np.float32)
        classes, shares = unpack_classes(packed, self._layout)
        prior = self._tables.class_prior
        likely = (query.classes[0][classes] * shares).sum(1)
        expected = (prior[classes] * shares).sum(1)
        floor = np.float32(self._facts["class_floor"])
        log_odds: Array = np.log((likely + floor) / (expected + floor))
        return log_odds

    def _words(self, query: QueryEmbeddings) -> tuple[Array, NDArray[np.bool_]]:
        """Return one query's nodes (1, T, Dn) and mask (1, T), padded only as graphs require."""
        nodes = query.words[0][query.mask[0]]
        count = max(len(nodes), int(self._facts["least_tokens"]) + 1)
        words = np.zeros((1, count, nodes.shape[1]), np.float32)
        words[0, : len(nodes)] = nodes
        return words, np.arange(count)[None] < len(nodes)

    def _bag(self, text: str) -> Array:
        """Return `WordGraph.bags` for one text: (V,)."""
        bag = np.zeros(len(self._vocabulary), np.float32)
        known = [self._columns[word] for word in words_of(text) if word in self._columns]
        bag[known] = np.float32(1) / np.float32(max(len(known), 1))
        return bag

    @cached_property
    def _columns(self) -> dict[str, int]:
        return {word: column for column, word in enumerate(self._vocabulary)}


class _Embedded(NamedTuple):
    """The embedding of one text."""

    vector: Array
    """(dim,)."""
    nodes: Array
    """(T + 1, Dn)."""
    classes: Array
    """(K,)."""


def _logistic(scores: Array, fitted: Sequence[float]) -> Array:
    slope, offset = (np.float32(value) for value in fitted)
    with np.errstate(over="ignore"):
        probabilities: Array = 1 / (1 + np.exp(-(slope * scores + offset)))
    return probabilities
