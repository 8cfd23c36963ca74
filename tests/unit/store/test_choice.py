from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from store import Index, PhotoFile
from store.types import Block, Blocks
from store.vectors import choose
from store.vectors.approximate import ApproximateIndex
from store.vectors.centroids import train
from tests.unit.store.vectors_at_hand import DIM, clustered, in_blocks

COUNT = 4000
VECTORS, QUERIES = clustered(COUNT)
IDS = np.arange(COUNT)
NO_QUERIES = np.zeros((0, DIM), dtype=np.float32)


def blocks(count: int = COUNT) -> Blocks:
    return lambda: in_blocks(IDS[:count], VECTORS[:count])


def test_it_is_exact_while_that_is_fast_enough() -> None:
    index, measured = choose.build(DIM, COUNT, blocks(), QUERIES, most_ms=1e6)
    assert measured.kind == index.kind == "exact, 8 bits re-scored"
    assert measured.recall_at_100 == 1.0
    assert 0 < measured.query_ms < 1000 * measured.build_seconds


def test_past_that_it_is_approximate_with_the_recall_that_was_measured() -> None:
    index, measured = choose.build(DIM, COUNT, blocks(), QUERIES, most_ms=0, least_recall=0.9)
    assert measured.kind == index.kind
    assert "8 bits" in index.kind
    assert len(index) == COUNT
    shares = []
    for (
        query
    ) in QUERIES:  # like a caller: fetch twice as many, score them exactly, keep the best 100
        found, _ = index.search(query, choose.OVERSAMPLING * 100)
        kept = found[np.argsort(-(VECTORS[found] @ query))[:100]]
        shares.append(np.isin(np.argsort(-(VECTORS @ query))[:100], kept).mean())
    assert measured.recall_at_100 == pytest.approx(np.mean(shares), abs=0.002)
    assert measured.recall_at_100 >= 0.9


def test_more_recall_is_asked_for_with_more_probes() -> None:
    _, low = choose.build(DIM, COUNT, blocks(), QUERIES, most_ms=0, least_recall=0.1)
    _, high = choose.build(DIM, COUNT, blocks(), QUERIES, most_ms=0, least_recall=0.99)
    assert "100 lists, 8 probed" in low.kind
    assert "100 lists, 8 probed" not in high.kind
    assert low.recall_at_100 is not None and high.recall_at_100 is not None
    assert low.recall_at_100 < high.recall_at_100


def test_a_recall_out_of_reach_leaves_it_exact() -> None:
    index, measured = choose.build(DIM, COUNT, blocks(), QUERIES, most_ms=0, least_recall=1.1)
    assert index.kind.startswith("exact")
    assert (len(index), measured.recall_at_100) == (COUNT, 1.0)


def test_without_queries_it_stays_exact() -> None:
    index, measured = choose.build(DIM, COUNT, blocks(), NO_QUERIES, most_ms=0)
    assert index.kind.startswith("exact")
    assert measured.recall_at_100 is None


def test_nothing_gives_an_empty_index() -> None:
    index, _ = choose.build(DIM, 0, blocks(0), QUERIES, most_ms=0)
    assert (len(index), index.exact) == (0, True)


@pytest.mark.parametrize("count", [1, 30, 101])
def test_a_handful_can_be_approximate_too(count: int) -> None:
    index, _ = choose.build(DIM, count, blocks(count), QUERIES, most_ms=0, least_recall=0.5)
    assert len(index) == count
    assert len(index.search(QUERIES[0], 10)[0]) <= count


def test_an_exact_search_is_timed_on_the_first_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[int] = []

    def counted() -> Iterator[Block]:
        for ids, vectors in in_blocks(IDS, VECTORS):
            read.append(len(ids))
            yield ids, vectors

    monkeypatch.setattr(choose, "TIMED", 600)
    monkeypatch.setattr(choose, "_warm_ms", lambda *_: [6.0])
    assert not choose._exact_in_time(DIM, COUNT, counted, QUERIES, 6.0 * COUNT / 600 - 0.1)
    assert choose._exact_in_time(DIM, COUNT, counted, QUERIES, 6.0 * COUNT / 600 + 0.1)
    assert set(read) == {700}
    assert len(read) == 4  # one pass for the ranges of the codes, one for the codes


def test_queries_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match=rf"\(2, 3\), expected \(Q, {DIM}\)"):
        choose.build(DIM, COUNT, blocks(), np.zeros((2, 3), dtype=np.float32))


def test_a_correction_of_a_wide_range_does_not_choose_the_lists() -> None:
    wide = VECTORS.copy()
    wide[:, -1] = np.random.default_rng(0).normal(0, 5, COUNT)
    queries = QUERIES.copy()
    queries[:, -1] = 0

    def wide_blocks() -> Iterator[Block]:
        return in_blocks(IDS, wide)

    trained = train(DIM, COUNT, wide_blocks)
    assert trained.scale[:3].tolist() == [1, 1, 1]
    assert trained.scale[DIM - 1] < 0.2
    index = ApproximateIndex.build(DIM, COUNT, wide_blocks, trained=trained)
    truth = choose.nearest(wide_blocks, queries, 10)
    assert choose._recall(index, queries, truth) > 0.9


def test_photos_in_lists_that_are_not_read_are_found_if_only_these_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rough = partial(choose.build, most_ms=0, least_recall=0.0)
    monkeypatch.setattr("store.vectors.cache.choose.build", rough)
    monkeypatch.setattr("store.vectors.cache.FEW", 1)
    with Index.create(tmp_path / "index", "f1", DIM) as index:
        files = [PhotoFile(f"/p/{n}.jpg", "/p", 1, 2, "00", 3, 4) for n in IDS]
        ids = np.array(index.put_images(files, VECTORS, np.zeros((COUNT, 1, 1), np.float16)))
        index.put_recall_queries(QUERIES)
        index.finish()
        query = QUERIES[0]
        order = np.lexsort((ids, -(VECTORS @ query)))
        far = ids[order][-1500:]  # more than are in the nearest lists
        found, _ = index.search(query, 1400, within=far)
        assert found.tolist() == far[:1400].tolist()
        few, _ = index.search(query, 3, within=ids[order][::400])
        assert few.tolist() == ids[order][:1200:400].tolist()
        everything, _ = index.search(query, COUNT)
        assert len(everything) < COUNT


def test_a_machine_that_is_busy_for_a_moment_does_not_make_it_approximate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(choose, "_warm_ms", lambda *_: [500.0, 19.0, 500.0])
    index, measured = choose.build(DIM, COUNT, blocks(), QUERIES, most_ms=20)
    assert index.kind.startswith("exact")
    assert measured.query_ms == 500.0
