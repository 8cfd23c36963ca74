"""From an ordered ranking to hits, with what the index knows about each photo."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from search.query.request import SearchRequest
from search.ranking.candidate_rows import CandidateRows
from search.ranking.damage import check_known
from search.ranking.near_duplicates import Group, first_of_each, fold
from search.ranking.ranking import Ranking
from search.result import Hit

if TYPE_CHECKING:
    from store.searched_index import SearchedIndex
    from store.types import PhotoRecord

__all__ = ["make_hits"]


def make_hits(
    index: SearchedIndex, ranking: Ranking, request: SearchRequest, rows: CandidateRows
) -> list[Hit]:
    """Return the best k of an ordered ranking that are likely enough."""
    groups = _without_repeats(index, _groups(index, ranking, request, rows), ranking, request.k)
    likely = [g for g in groups if ranking.probabilities[g.shown] >= request.min_probability]
    places = [place for group in likely for place in (group.shown, *group.folded)]
    shown = ranking.image_ids[places]
    photos = rows.records(shown)
    check_known(shown.tolist(), photos, index.place)

    def hit(rank: int, place: int) -> Hit:
        return _hit(photos[int(ranking.image_ids[place])], ranking, rank, place)

    return [
        replace(
            hit(rank, group.shown),
            duplicates=tuple(hit(rank, place) for place in group.folded),
        )
        for rank, group in enumerate(likely, start=1)
    ]


def _hit(photo: PhotoRecord, ranking: Ranking, rank: int, place: int) -> Hit:
    file = photo.file
    return Hit(
        rank=rank,
        score=float(ranking.scores[place]),
        probability=float(ranking.probabilities[place]),
        path=Path(file.path),
        image_id=photo.image_id,
        captions=tuple(photo.captions),
        categories=tuple(photo.categories),
        reranked=bool(ranking.reranked[place]),
        taken=file.taken,
        taken_guessed=file.is_guessed,
        width_px=file.width_px,
        height_px=file.height_px,
        size_bytes=file.size_bytes,
        camera=file.camera,
        details=photo.details,
    )


def _without_repeats(
    index: SearchedIndex, groups: list[Group], ranking: Ranking, k: int
) -> list[Group]:
    """Return the best k; a photo in several indexes is taken from the first."""
    from store.federation.ids import STRIDE  # imports everything that reads indexes

    indexes = int(ranking.image_ids.max()) // STRIDE + 1 if len(ranking) else 1
    if indexes == 1:
        return groups[:k]
    near = groups[: indexes * k]
    places = [place for group in near for place in (group.shown, *group.folded)]
    paths = {p.image_id: p.path for p in index.photos(ranking.image_ids[places])}
    names = {place: paths[int(ranking.image_ids[place])] for place in places}
    return first_of_each(near, names)[:k]


def _groups(
    index: SearchedIndex, ranking: Ranking, request: SearchRequest, rows: CandidateRows
) -> list[Group]:
    """Return groups of hits: each alone, or with its near-duplicates."""
    if not request.fold_duplicates:
        return [Group(place) for place in range(len(ranking))]
    unit_dim = index.model.unit_dim
    vectors = rows.vectors(ranking.image_ids)[:, :unit_dim] if unit_dim else None
    return fold(index.perceptual_hashes(ranking.image_ids), vectors)
