"""An index as the backend of another program: shared by threads, written to, awaited."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from indexer import build_index
from search import (
    IndexBusy,
    IndexClosed,
    QueryError,
    SearchIndex,
    SearchRequest,
    SourceError,
    Term,
    open_index,
)
from store import Index
from tests.integration.colours import COLOURS, ColourModel, paint

THREADS = 8


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    photos = tmp_path / "photos"
    photos.mkdir()
    for colour in COLOURS:
        paint(photos / f"{colour}.png", colour, colour)
        paint(photos / f"{colour}-grey.png", colour, colour, colour, "grey")
    return photos


@pytest.fixture
def index(tmp_path: Path, photos: Path) -> Iterator[SearchIndex]:
    build_index(tmp_path / "index", [photos], ColourModel())
    with open_index(tmp_path / "index", model=ColourModel()) as opened:
        yield opened


def together(*tasks: Callable[[], object]) -> list[object]:
    """Begin all at one moment, each in a thread of its own."""
    gate = threading.Barrier(len(tasks))

    def begun(task: Callable[[], object]) -> object:
        gate.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return [each.result() for each in [pool.submit(begun, task) for task in tasks]]


def test_threads_share_an_index_and_get_what_one_would(index: SearchIndex) -> None:
    queries = [*COLOURS, "red without blue", "red or grey"]
    alone = {query: index.search(query, k=5) for query in queries}

    def ask() -> list[bool]:
        return [index.search(query, k=5) == alone[query] for _ in range(5) for query in queries]

    assert together(*[ask] * THREADS) == [[True] * 5 * len(queries)] * THREADS


def test_searches_beside_one_that_adds_and_removes_see_whole_states(
    index: SearchIndex, tmp_path: Path
) -> None:
    more = tmp_path / "more"
    more.mkdir()
    ended = threading.Event()

    def change() -> None:
        try:
            for number in range(5):
                added = paint(more / f"{number}.png", "green", "green")
                assert index.add([added]).added == 1
                hits = index.search("green", k=20)
                assert index.remove([hit.image_id for hit in hits if hit.path == added]) == 1
        finally:
            ended.set()

    def ask() -> set[int]:
        counts = set()
        while not ended.is_set():
            hits = index.search("red", k=100)
            assert [hit.path.name for hit in hits[:2]] == ["red.png", "red-grey.png"]
            counts.add(len(hits))
        return counts

    _, *seen = together(change, *[ask] * (THREADS - 1))
    assert all(counts <= {8, 9} for counts in seen)


def test_writers_in_threads_take_turns(index: SearchIndex, tmp_path: Path) -> None:
    files = [paint(tmp_path / f"{number}.png", "blue", "grey") for number in range(THREADS)]
    together(*[lambda file=file: index.add([file]) for file in files])
    assert len(index) == 8 + THREADS


def test_another_writer_is_waited_for_and_not_for_ever(index: SearchIndex, photos: Path) -> None:
    with Index.open(index.folder) as other:
        other.begin_writing()
        with pytest.raises(IndexBusy):
            index.add([photos], wait_seconds=0)
        threading.Timer(0.3, other.close).start()
        assert index.add([photos], wait_seconds=30).unchanged == 8


def test_a_closed_index_says_so(index: SearchIndex) -> None:
    index.close()
    asks: list[Callable[[], object]] = [
        lambda: index.search("red"),
        lambda: index.search_many(["red"]),
        lambda: index.photos([1]),
        lambda: index.remove([1]),
        lambda: index.add([index.folder]),
        lambda: len(index),
    ]
    for ask in asks:
        with pytest.raises(IndexClosed, match="was closed: open it again"):
            ask()


def test_what_is_no_query_is_named_with_what_was_expected(index: SearchIndex) -> None:
    for query in (None, 7, b"red", ["red"]):
        with pytest.raises(TypeError, match=r"expected a text, a Path or a SearchRequest .* found"):
            index.search(query)  # type: ignore[arg-type]


def test_a_single_query_in_place_of_many_is_answered_as_one(
    index: SearchIndex, photos: Path
) -> None:
    for query in ("red", photos / "blue.png", SearchRequest((Term("green"),), k=2)):
        assert index.search_many(query) == [index.search(query)]


def test_many_queries_are_answered_as_one_by_one(index: SearchIndex, photos: Path) -> None:
    queries = ["red", photos / "blue.png", SearchRequest((Term("green"),), k=2), "red"]
    answers = index.search_many(queries, k=10)
    assert answers[0] == index.search("red") == answers[3]
    assert answers[1] == index.search(photos / "blue.png")
    assert answers[2] == index.search("green", k=2)
    assert index.search_many([]) == []
    assert index.search_many("red") == [index.search("red")]


def test_texts_of_many_queries_are_read_together_and_each_once(
    tmp_path: Path, photos: Path
) -> None:
    asked: list[list[str]] = []

    class Apart(ColourModel):
        def embed_queries(self, texts: Sequence[str]) -> SimpleNamespace:
            asked.append(list(texts))
            found = super().embed_queries(texts)
            rows = [SimpleNamespace(vectors=found.vectors[[row]]) for row in range(len(texts))]
            return SimpleNamespace(vectors=found.vectors, each=lambda: rows)

    build_index(tmp_path / "index", [photos], ColourModel())
    with open_index(tmp_path / "index", model=Apart()) as index:
        asked.clear()
        answers = index.search_many(["red", "blue without grey", "red"])
        assert asked == [["red", "blue", "grey"]]
        assert answers == [index.search(query) for query in ("red", "blue without grey", "red")]


def test_a_query_that_is_refused_stops_many_before_any_is_answered(index: SearchIndex) -> None:
    with pytest.raises(QueryError, match="the query is empty"):
        index.search_many(["red", " "])


def test_vectors_of_texts_and_photos_make_first_stage_scores(
    index: SearchIndex, photos: Path
) -> None:
    path = photos / "red-grey.png"
    texts = index.embed_text(["red", "grey"])
    shown = index.embed_image([path, str(path), path.read_bytes(), Image.open(path)])
    assert (texts.shape, shown.shape, shown.dtype) == ((2, 4), (4, 4), np.float32)
    assert (texts @ shown.T).tolist() == [[0.75] * 4, [0.25] * 4]
    scores = {hit.path: hit.score for hit in index.search("red", rerank=False, words=False)}
    assert scores[path] == 0.75
    assert index.embed_text([]).shape == index.embed_image([]).shape == (0, 4)


def test_pictures_of_any_mode_are_turned_and_lie_on_white(index: SearchIndex) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    lying = Image.new("RGB", (32, 16), COLOURS["red"])
    lying.getexif().update(exif)
    clear = Image.new("RGBA", (16, 16), (*COLOURS["blue"], 255))
    assert index.embed_image([lying, clear]).tolist() == [[1, 0, 0, 0], [0, 0, 1, 0]]


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ([b"nothing"], "photo 1 of the list cannot be read"),
        (["none.jpg"], "none.jpg: No such file"),
        (b"a photo", "expected a list of photos"),
    ],
)
def test_what_cannot_be_embedded_is_named(index: SearchIndex, images: list, said: str) -> None:
    with pytest.raises(QueryError, match=said):
        index.embed_image(images)


def test_a_single_text_is_no_list_of_letters(index: SearchIndex) -> None:
    with pytest.raises(QueryError, match="put it into a list"):
        index.embed_text("red")


def test_added_files_and_folders_are_found_and_what_was_removed_is_not(
    index: SearchIndex, photos: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    paint(folder / "a.png", "green", "green", "green")
    lone = paint(tmp_path / "lone.png", "blue", "blue", "blue")
    report = index.add([folder, lone])
    assert (report.added, report.removed, len(index)) == (2, 0, 10)
    (gone,) = [hit.image_id for hit in index.search("blue", k=2, words=False) if hit.path == lone]
    assert index.remove([gone, gone, 10_000]) == 1
    assert lone.exists()
    assert lone not in [hit.path for hit in index.search("blue", k=20)]
    build_index(index.folder, [], ColourModel())
    assert len(index) == 9, "a run brought it back"
    assert index.add([lone]).added == 1


def test_nothing_to_add_is_nothing_and_not_all_that_is_known(
    index: SearchIndex, photos: Path
) -> None:
    (photos / "red.png").unlink()
    assert (index.add([]).removed, len(index)) == (0, 8)
    with pytest.raises(SourceError, match="expected a photo"):
        index.add([photos / "none.png"])
    with pytest.raises(SourceError, match="put it into a list"):
        index.add(str(photos))


def test_what_is_known_of_photos_comes_in_the_order_of_the_ids(index: SearchIndex) -> None:
    first, second = (hit.image_id for hit in index.search("red", k=2))
    known = index.photos([second, 10_000, first])
    assert [photo.image_id for photo in known] == [second, first]
    assert (known[1].relative_path, known[1].file.width_px) == ("red.png", 32)


def test_an_event_loop_awaits_the_twins(index: SearchIndex, tmp_path: Path) -> None:
    lone = paint(tmp_path / "lone.png", "grey", "grey", "grey")

    async def use() -> None:
        answers = await asyncio.gather(*(index.asearch(colour, k=3) for colour in COLOURS))
        assert answers == [index.search(colour, k=3) for colour in COLOURS]
        assert await index.asearch_many(["red"], k=1) == [index.search("red", k=1)]
        assert (await index.aembed_text(["red"])).tolist() == [[1, 0, 0, 0]]
        assert (await index.aembed_image([lone])).tolist() == [[0, 0, 0, 1]]
        assert (await index.aadd([lone])).added == 1
        (added,) = [hit.image_id for hit in index.search("grey", 9) if hit.path == lone]
        assert [photo.image_id for photo in await index.aphotos([added])] == [added]
        assert await index.aremove([added]) == 1

    asyncio.run(use())
    assert index.asearch.__name__ == "asearch"
