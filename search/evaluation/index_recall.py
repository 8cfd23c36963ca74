"""How well an index finds its own captioned photos by their captions, with any model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from search.engine.open_index import open_index
from search.evaluation.metrics import Record
from search.query.request import SearchRequest
from search.query.term import Term
from store import QueryError

if TYPE_CHECKING:
    from search.engine.search_index import SearchIndex
    from search.result import SearchResult

__all__ = ["DEPTHS", "IndexRecall", "StageRecall", "measure_recall"]

DEPTHS = (1, 5, 10)


@dataclass(frozen=True)
class StageRecall:
    """Text-to-image figures of one of the two stages of a search.

    Attributes:
        recall: by depth, the share of captions one of whose photos is among that many hits.
        probability: mean probability shown for the best hit.
        right: share of captions whose best hit has that caption, which `probability` should be.
    """

    recall: dict[int, float]
    probability: float
    right: float


@dataclass(frozen=True)
class IndexRecall:
    """The results.

    Attributes:
        model: name and encoders of the model that made the index.
        photos: number of photos in the index.
        captions: number of captions used as queries, one per photo.
        first_stage: figures of the indexed vectors alone.
        reranked: figures of what `search` answers.
    """

    model: str
    photos: int
    captions: int
    first_stage: StageRecall
    reranked: StageRecall

    def as_record(self) -> Record:
        """Return it in JSON form."""
        return asdict(self)


def measure_recall(
    folder: Path, captions: int, progress: Callable[[int, int], object] = lambda *_: None
) -> IndexRecall:
    """Search an index for its own photos by their captions.

    A photo is right if it has the same caption. As usual, other photos that fit as well count as
    wrong.

    Args:
        folder: the index; `crossgraph index --annotations` adds captions to it.
        captions: limit on the number of queries, spread evenly over the photos.
        progress: called with captions done and to do.

    Raises:
        QueryError: its photos have no captions.
        IndexNotFound, IndexDamaged, ModelMismatch: as `open_index`.
    """
    from store import Index

    with Index.open(folder) as catalog:
        texts = catalog.some_captions(captions)
        model = f"{catalog.model.name}, {catalog.model.encoders} encoders"
    if not texts:
        raise QueryError(
            f"{folder}: none of its photos has captions: add them with `crossgraph index "
            "--annotations captions.json`, a file in COCO format"
        )
    first: list[SearchResult] = []
    reranked: list[SearchResult] = []
    with open_index(folder) as index:
        for done, text in enumerate(texts, 1):
            first.append(_hits(index, text, rerank=False))
            reranked.append(_hits(index, text, rerank=True))
            progress(done, len(texts))
        photos = len(index)
    return IndexRecall(model, photos, len(texts), _stage(texts, first), _stage(texts, reranked))


def _hits(index: SearchIndex, text: str, *, rerank: bool) -> SearchResult:
    # A search by words would find the caption itself.
    return index.search(SearchRequest((Term(text),), k=max(DEPTHS), rerank=rerank, words=False))


def _stage(texts: Sequence[str], results: Sequence[SearchResult]) -> StageRecall:
    ranks = [_rank(text, hits) for text, hits in zip(texts, results, strict=True)]
    best = [hits[0].probability if hits else 0.0 for hits in results]
    return StageRecall(
        {depth: sum(rank <= depth for rank in ranks) / len(ranks) for depth in DEPTHS},
        sum(best) / len(best),
        sum(rank == 1 for rank in ranks) / len(ranks),
    )


def _rank(text: str, hits: SearchResult) -> int:
    """Return the rank of the first hit with a caption, from 1; past all depths if none has it."""
    places = (place for place, hit in enumerate(hits, 1) if text in hit.captions)
    return next(places, max(DEPTHS) + 1)
