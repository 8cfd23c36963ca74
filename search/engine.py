"""From a query to hits: encode, first stage in FAISS, graph re-ranking, what the index knows.

The index and the model are two things that must belong together: a vector means something only to
the model that made it. `open_index` compares their fingerprints and refuses in one line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from search.explain import Explanation, from_model

if TYPE_CHECKING:
    from store import Index

__all__ = [
    "WEAK_PROBABILITY",
    "Hit",
    "LazyModel",
    "QueryModel",
    "SearchIndex",
    "load_model",
    "open_index",
]

DEFAULT_INDEX = "photos.index"

WEAK_PROBABILITY = 0.5
"""Below it the model holds a match for less likely than none: "nothing here matches well"."""


_Scored = tuple[NDArray[np.int64], NDArray[np.floating], NDArray[np.floating]]


class QueryModel(Protocol):
    """The part of a retriever that a search uses (`fusion.retriever.Retriever` is one)."""

    @property
    def fingerprint(self) -> str:
        """Hex digest that changes with weights, encoders or configuration."""

    @property
    def name(self) -> str:
        """What people call it."""

    def embed_queries(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - the retriever's own type
        """Give `.vectors` (Q, D) float32 and whatever `rerank` reads of its own."""

    def rerank(self, query: Any, vectors: Any, packed: Any) -> Any:  # noqa: ANN401
        """Give `.scores` and `.probabilities`, (K,) float32 each, in the candidates' order."""

    def explain(self, query: Any, vectors: Any, packed: Any) -> Any:  # noqa: ANN401
        """Give what `search.explain.from_model` reads of each candidate, in their order."""

    def probabilities(self, query: Any, first_scores: Any) -> Any:  # noqa: ANN401
        """Give (K,) float32 in 0..1 from the first stage alone."""


@dataclass(frozen=True)
class Hit:
    """One photo that answers a query.

    Attributes:
        rank: from 1, the nearest first; equal scores stand in the order of `image_id`.
        score: higher is nearer; comparable within one query only.
        probability: 0..1, that the photo matches the query; comparable between queries.
        path: the photo's absolute path when it was indexed.
        image_id: its id in this index, never used twice.
        captions: captions that came with the collection, in the order they were given.
        categories: names of the things annotated in it, sorted.
        explanation: where the score comes from; None unless it was asked for.
    """

    rank: int
    score: float
    probability: float
    path: Path
    image_id: int
    captions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    explanation: Explanation | None = None


class SearchIndex:
    """An open index with the model that made it; a context manager.

    >>> with open_index("photos.index") as index:  # doctest: +SKIP
    ...     for hit in index.search("a dog on a red sofa", k=5):
    ...         print(f"{hit.probability:.2f}", hit.path)
    """

    def __init__(self, index: Index, model: QueryModel) -> None:
        self._index = index
        self._model = model

    def __len__(self) -> int:
        return len(self._index)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index's files. Closing twice is harmless."""
        self._index.close()

    def search(
        self,
        query: str,
        k: int = 10,
        *,
        rerank: bool = True,
        candidates: int = 50,
        explain: bool = False,
        min_probability: float = 0.0,
    ) -> list[Hit]:
        """Give the photos that answer a query best.

        Args:
            query: any text; what is longer than the text encoder reads is cut off at its end.
            k: how many hits are wanted, at least 1; fewer come back from a smaller collection.
            rerank: whether the cross-modal graph orders the candidates anew.
            candidates: how many photos the first stage hands to the re-ranker, at least k are.
            explain: whether each hit says where its score comes from; for the re-ranker's alone.
            min_probability: 0..1; hits whose probability is below it are left out.

        Returns:
            At most k hits, nearest first; equal scores in the order of `image_id`.

        Raises:
            QueryError: the query is empty, k or candidates is below 1, min_probability is not in
                0..1, or explanations are asked for without the re-ranker.
        """
        text = _checked(query, k, candidates, min_probability)
        _check_explainable(explain, rerank)
        embedded = self._model.embed_queries([text])
        # One state of the index throughout, whoever writes meanwhile.
        with self._index.snapshot():
            image_ids, scores, probabilities = (
                self._reranked(embedded, max(k, candidates)) if rerank else self._found(embedded, k)
            )
            best = np.lexsort((image_ids, -scores))[:k]
            best = best[probabilities[best] >= min_probability]
            hits = self._hits(image_ids[best], scores[best], probabilities[best])
            return self._explained(hits, embedded) if explain and hits else hits

    def _found(self, embedded: Any, k: int) -> _Scored:  # noqa: ANN401
        """The first stage: ids, scores and probabilities, (K,) each."""
        found, first_scores = self._index.search(embedded.vectors[0], k)
        image_ids, scores = np.asarray(found, dtype=np.int64), np.asarray(first_scores)
        return image_ids, scores, np.asarray(self._model.probabilities(embedded, scores))

    def _reranked(self, embedded: Any, candidates: int) -> _Scored:  # noqa: ANN401
        """Both stages: ids, scores and probabilities, (K,) each."""
        image_ids, first_scores, probabilities = self._found(embedded, candidates)
        if not len(image_ids):
            return image_ids, first_scores, probabilities
        vectors, packed = self._index.vectors(image_ids), self._index.nodes(image_ids)
        judged = self._model.rerank(embedded, vectors, packed)
        return image_ids, np.asarray(judged.scores), np.asarray(judged.probabilities)

    def _explained(self, hits: Sequence[Hit], embedded: Any) -> list[Hit]:  # noqa: ANN401
        image_ids = [hit.image_id for hit in hits]
        vectors, packed = self._index.vectors(image_ids), self._index.nodes(image_ids)
        said = self._model.explain(embedded, vectors, packed)
        return [
            replace(hit, explanation=from_model(one)) for hit, one in zip(hits, said, strict=True)
        ]

    def _hits(
        self,
        image_ids: NDArray[np.integer],
        scores: NDArray[np.floating],
        probabilities: NDArray[np.floating],
    ) -> list[Hit]:
        wanted = [int(image_id) for image_id in image_ids]
        photos = {photo.image_id: photo for photo in self._index.photos(wanted)}
        return [
            Hit(
                rank=rank,
                score=float(score),
                probability=float(probability),
                path=Path(photos[image_id].path),
                image_id=image_id,
                captions=tuple(photos[image_id].captions),
                categories=tuple(photos[image_id].categories),
            )
            for rank, (image_id, score, probability) in enumerate(
                zip(wanted, scores, probabilities, strict=True), start=1
            )
        ]


def open_index(
    folder: str | Path = DEFAULT_INDEX,
    checkpoint: str | Path | None = None,
    *,
    image_weights: str | Path | None = None,
    text_weights: str | Path | None = None,
    model: QueryModel | None = None,
    once: bool = False,
) -> SearchIndex:
    """Open an index made by `crossgraph index`, with the model that made it.

    Where `crossgraph index` prepared that model on this machine, it is opened without torch.

    Args:
        folder: the index.
        checkpoint: the model's folder; None is the one that made the index where that is prepared,
            else the one that ships with this package.
        image_weights: a file or folder with the image encoder's weights, if not from a package;
            giving it or the next loads them, whatever is prepared.
        text_weights: the same for the text encoder.
        model: a retriever that is loaded already, in place of `checkpoint` and the weights.
        once: whether a single query will be asked, which then is answered sooner.

    Raises:
        IndexNotFound: there is no index in the folder.
        IndexDamaged: there is one and its catalog cannot be read.
        ModelMismatch: the index was made with another model.
        CheckpointError: the checkpoint cannot be read.
        WeightsNotFound: an encoder's weights are not there.
    """
    from search.prepared import prepared_model
    from store import Index

    folder = Path(folder)
    if model is None:
        # First of all: that there is no index should not cost the seconds that loading a model may.
        index = Index.open(folder)
        given = image_weights is not None or text_weights is not None
        prepared = None if given else prepared_model(index.model.fingerprint, checkpoint, once=once)
        if prepared is not None:
            return SearchIndex(index, prepared)
        index.close()
        model = load_model(checkpoint, image_weights=image_weights, text_weights=text_weights)
    return SearchIndex(Index.open(folder, fingerprint=model.fingerprint, model=model.name), model)


class LazyModel:
    """A retriever that is loaded when something of it is first asked for.

    What is wrong with a folder or an annotation file is told before the seconds that loading takes.
    """

    def __init__(self, load: Callable[[], Any]) -> None:
        self._load = load

    @cached_property
    def loaded(self) -> Any:  # noqa: ANN401
        """The retriever itself."""
        return self._load()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self.loaded, name)


def load_model(
    checkpoint: str | Path | None = None,
    *,
    image_weights: str | Path | None = None,
    text_weights: str | Path | None = None,
) -> Any:  # noqa: ANN401 - fusion.retriever.Retriever, which importing here would cost two seconds
    """Load the retriever of a checkpoint folder; None is the one that ships with this package."""
    from fusion.retriever import load_retriever

    return load_retriever(
        None if checkpoint is None else Path(checkpoint),
        image_weights=None if image_weights is None else Path(image_weights),
        text_weights=None if text_weights is None else Path(text_weights),
    )


def _checked(query: str, k: int, candidates: int, min_probability: float) -> str:
    from store import QueryError

    for name, value in (("k", k), ("candidates", candidates)):
        if value < 1:
            raise QueryError(f"{name} is {value}, expected at least 1")
    if not 0 <= min_probability <= 1:
        raise QueryError(f"the least probability is {min_probability:g}, expected 0 to 1")
    # A shell hands over bytes that are no UTF-8 as lone surrogates, which no tokenizer takes.
    text = query.encode("utf-8", "replace").decode("utf-8").strip()
    if not text:
        raise QueryError('the query is empty; say what the photo shows, such as "a dog on a sofa"')
    return text


def _check_explainable(explain: bool, rerank: bool) -> None:
    from store import QueryError

    if explain and not rerank:
        raise QueryError("only a re-ranked score can be explained; search with the re-ranker")
