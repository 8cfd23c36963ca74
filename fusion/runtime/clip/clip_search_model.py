"""A CLIP-like model's answers to queries, without torch: cosines of its own embeddings.

Nothing of it was trained here. The first stage is the cosine of its text and image embeddings, as
transformers gives them; `rerank` takes from that what a photo has of being near to just any text.
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
    """The text side of a CLIP-like model; as `fusion.runtime.onnx_search_model.OnnxSearchModel`.

    Args:
        folder: with the files that `fusion.export.write_clip` wrote.
        facts: what was written down beside them.
        once: for a process that asks one query, as `ExportedFiles` takes it.

    Attributes:
        name: `clip`.
        encoders: the preset, such as `clip:google/siglip2-base-patch16-224`.
        fingerprint: hex; changes with the weights and with all that they are read through.
        known_words: every word.
        explains: False: there is no graph that could say which word or region did what.
        is_untrained: True: texts are read as they are, and scores are balanced by the collection.
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
        """Map weights that other processes map too, from now on; before the first query."""
        self._files.share_weights()

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedTexts:
        """Embed Q texts as they are; what is past the encoder's limit is cut off.

        Raises:
            ValueError: no texts.
        """
        if not texts:
            raise ValueError("no texts to encode: expected at least one")
        return EmbeddedTexts(np.concatenate([self._embedded(text) for text in texts]))

    def rerank(
        self, query: EmbeddedTexts, vectors: NDArray[np.floating], packed: NDArray[np.uint8]
    ) -> Reranked:
        """Score one text's candidates, less what each is near to any text.

        Args:
            query: one text, Q = 1.
            vectors: (K, D) the candidates as they were indexed.
            packed: (K, P) what is kept of them beside.

        Raises:
            ValueError: not one text, or the numbers of vectors and packed photos differ.
        """
        check_candidates(query, vectors, packed)
        first = np.asarray(vectors, np.float32) @ query.vectors[0]
        scores = first - np.float32(self._facts["hub_weight"]) * unpack_hubs(packed)
        return Reranked(scores, self.probabilities(query, first), np.zeros_like(first))

    def explain(
        self, query: EmbeddedTexts, vectors: NDArray[np.floating], packed: NDArray[np.uint8]
    ) -> list[PhotoExplanation]:
        """Refuse: see `explains`.

        Raises:
            ValueError: always.
        """
        raise ValueError(f"{self.encoders} has no graph to explain its hits with")

    def probabilities(self, query: EmbeddedTexts, first_scores: NDArray[np.floating]) -> Array:
        """Probabilities of match from cosines alone, (K,) -> (K,): see `pair_probabilities`."""
        return pair_probabilities(np.asarray(first_scores, np.float32), *self._facts["sigmoid"])

    def likely(
        self, query: EmbeddedTexts, scores: Array, first: Array, background: Array, photos: int,
        *, reranked: bool = True,
    ) -> Array | None:  # fmt: skip
        """How likely each of K hits is right; arguments as of `fusion.retriever.Retriever.likely`.

        Returns:
            (K,) in 0..1, falling with the score; None from a collection too small to tell.
        """
        return by_chance(scores, first, background, photos, self.probabilities(query, first))

    def _embedded(self, text: str) -> Array:
        inputs = self._steps.inputs_of(text, self._files.tokenizer)
        embedding: Array = self._files.query.run(None, inputs)[0]
        return embedding
