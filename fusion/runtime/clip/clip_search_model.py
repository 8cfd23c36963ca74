"""A CLIP-like model that answers queries without torch, by cosines of its own embeddings.

No part of it was trained here. The first-stage score is the cosine of its text and image
embeddings, which are those of its own library; `rerank` subtracts each photo's hub correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.clip.chance import by_chance, pair_probabilities
from fusion.runtime.clip.clip_folder import CLIP_MODEL
from fusion.runtime.clip.embedded_texts import EmbeddedTexts
from fusion.runtime.clip.every_word import EveryWord
from fusion.runtime.clip.hubs import unpack_hubs
from fusion.runtime.clip.text_steps import TextSteps
from fusion.runtime.embeddings import Reranked, check_candidates
from fusion.runtime.exported_facts import ClipFacts
from fusion.runtime.exported_files import ExportedFiles

if TYPE_CHECKING:
    from fusion.runtime.photo_explanation import PhotoExplanation

__all__ = ["ClipSearchModel"]

Array = NDArray[np.float32]


class ClipSearchModel:
    """The text side of a CLIP-like model; the interface is `OnnxSearchModel`'s.

    Args:
        folder: the folder of the files that `fusion.export.write_clip` wrote.
        facts: the facts stored with them.
        once: true for a process that answers one query, as for `ExportedFiles`.

    Attributes:
        name: `clip`.
        encoders: the preset, such as `clip:google/siglip2-base-patch16-224`.
        fingerprint: hex; changes with the weights and with the preprocessing of their inputs.
        known_words: contains every word.
        explains: False: there is no graph to say what each word and region contributed.
        is_untrained: True: texts are embedded as written, and scores are balanced by the
            collection.
    """

    explains = False
    is_untrained = True

    def __init__(self, folder: Path, facts: ClipFacts, *, once: bool = False) -> None:
        self.name = CLIP_MODEL
        self.encoders = str(facts["encoders"])
        self.fingerprint = str(facts["fingerprint"])
        self.known_words = EveryWord()
        self._facts = facts
        self._files = ExportedFiles(folder, once=once)
        self._steps = TextSteps.from_json(facts["texts"])

    def share_weights(self) -> None:
        """Share memory-mapped weights with other processes; call it before the first query."""
        self._files.share_weights()

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedTexts:
        """Embed Q texts as written, truncated to the encoder's limit.

        Raises:
            ValueError: there are no texts.
        """
        if not texts:
            raise ValueError("no texts to encode: expected at least one")
        return EmbeddedTexts(np.concatenate([self._embedded(text) for text in texts]))

    def rerank(
        self, query: EmbeddedTexts, vectors: NDArray[np.floating], packed: NDArray[np.uint8]
    ) -> Reranked:
        """Score one text's candidates: the cosine less the weighted hub correction.

        Args:
            query: one text, Q = 1.
            vectors: (K, D) the candidates' vectors as indexed.
            packed: (K, 4) their packed hub corrections.

        Raises:
            ValueError: there is not exactly one text, or the numbers of vectors and packed photos
                differ, or these do not have the shape of hub corrections.
        """
        check_candidates(query, vectors, packed)
        first = np.asarray(vectors, np.float32) @ query.vectors[0]
        scores = first - np.float32(self._facts["hub_weight"]) * unpack_hubs(packed)
        return Reranked(scores, self.probabilities(query, first), np.zeros_like(first))

    def explain(
        self, query: EmbeddedTexts, vectors: NDArray[np.floating], packed: NDArray[np.uint8]
    ) -> list[PhotoExplanation]:
        """Raise a ValueError: there is nothing to explain hits with (`explains`).

        Raises:
            ValueError: always.
        """
        raise ValueError(f"{self.encoders} has no graph to explain its hits with")

    def probabilities(self, query: EmbeddedTexts, first_scores: NDArray[np.floating]) -> Array:
        """Return match probabilities from cosines alone, (K,) -> (K,): see `pair_probabilities`."""
        return pair_probabilities(np.asarray(first_scores, np.float32), *self._facts["sigmoid"])

    def likely(
        self, query: EmbeddedTexts, scores: Array, first: Array, background: Array, photos: int,
        *, reranked: bool = True,
    ) -> Array | None:  # fmt: skip
        """Return how likely each of K hits is right; arguments as for `Retriever.likely`.

        Returns:
            (K,) in 0..1, falling with the score; None if the collection is too small to tell.
        """
        return by_chance(scores, first, background, photos, self.probabilities(query, first))

    def _embedded(self, text: str) -> Array:
        inputs = self._steps.inputs_of(text, self._files.tokenizer)
        embedding: Array = self._files.query.run(None, inputs)[0]
        return embedding
