"""Whatever is done to a catalog, it is read or refused: in one line, and soon."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from search.status.index_status import status_of
from store import CrossgraphError, Index, PhotoFile, QuarantinedFile
from store.catalog.selection import Condition, Has, Not
from store.catalog.shards import FinishedShard
from store.integrity.verify import repair, verify
from tests.integration.hostile import KINDS

DIM = 4
SECONDS = 5
IDS = [1, 2, 3]
EVERY = 7
"""Of the many odd values, so many are passed over here; `-m slow` takes all."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sound") / "photos.index"
    with Index.create(folder, "f1", DIM, model="m", encoders="e", unit_dim=3) as index:
        files = [
            PhotoFile(f"/p/{n}.jpg", "/p", 1, 2, "00" * 32, 3, 4, perceptual_hash=n)
            for n in range(6)
        ]
        vectors = np.eye(6, DIM, dtype=np.float32)
        vectors[4:, 0] = 1
        index.put_images(files, vectors, np.ones((6, 8), np.uint8))
        index.put_captions({1: ["a dog"], 2: ["a cat"]}, origin="captions.json")
        index.put_categories({1: ["dog"], 2: ["cat"]}, origin="instances.json")
        index.quarantine([QuarantinedFile("/p/x.jpg", "/p", 0, 30, "empty")])
        index.finish_shard("source", FinishedShard("/p/a.tar", 1, 2, 3))
        index.put_recall_queries(np.eye(2, DIM, dtype=np.float32))
        index.put_passed_over({"/p": {".cr3": 2}})
        index.finish()
        index.put_images(files[5:], vectors[5:], np.ones((1, 8), np.uint8))
    return folder


QUERY = np.ones(DIM, dtype=np.float32)
FILTER = Not(Condition("caption", "~", "fox"))

READS: dict[str, Callable[[Index], object]] = {
    "search": lambda index: index.search(QUERY, 5),
    "search within": lambda index: index.search(QUERY, 5, IDS),
    "search words": lambda index: index.search_texts("dog", 5),
    "filter": lambda index: [index.matching(each) for each in (FILTER, Has("taken"))],
    "vectors": lambda index: index.vectors(IDS),
    "nodes": lambda index: index.nodes(IDS),
    "perceptual_hashes": lambda index: index.perceptual_hashes(IDS),
    "photos": lambda index: index.photos(IDS),
    "records": lambda index: index.photo_records([*IDS, 4, 5, 6]),
    "files": lambda index: index.files(),
    "background": lambda index: index.background(),
    "status": status_of,
    "disks": lambda index: [index.mounts(root) for root in index.sources()],
    "captions": lambda index: (index.some_captions(5), index.category_counts(5)),
    "damaged": lambda index: (index.damaged(), index.passed_over()),
    "origins": lambda index: (index.origins(), index.annotated_by("captions.json")),
    "shards": lambda index: (index.finished_shards("source"), index.finished_shards("embedded")),
    "probes": lambda index: (
        index.has_recall_queries(),
        index.ids_after(0, 3),
        index.find_content("00"),
    ),
}


def actions(folder: Path) -> Iterator[tuple[str, Callable[[], object]]]:
    def read(work: Callable[[Index], object]) -> None:
        with closing(Index.open(folder)) as index:
            work(index)

    for name, work in READS.items():
        yield name, lambda work=work: read(work)  # type: ignore[misc]
    yield "verify", lambda: verify(folder)
    yield "repair", lambda: repair(folder)
    yield "verify again", lambda: verify(folder)


def faults(folder: Path) -> Iterator[str]:
    for name, work in actions(folder):
        started = time.process_time()
        try:
            work()
        except CrossgraphError as error:
            if "\n" in str(error) or not str(error):
                yield f"{name}: more than a line: {error}"
        except Exception as error:
            yield f"{name}: {type(error).__name__}: {error}"
        took = time.process_time() - started
        if took > SECONDS:
            yield f"{name}: {took:.1f} seconds"


def test_the_sound_one_is_read_without_an_error(sound: Path, tmp_path: Path) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sound, folder)
    for _, work in actions(folder):
        work()
    assert verify(folder).problems == ()


NAMES = list(KINDS)
_PLAIN = [name for name in NAMES if "." not in name]
CHOSEN = _PLAIN + [name for name in NAMES if "." in name][::EVERY]


def check(sound: Path, folder: Path, name: str) -> None:
    shutil.copytree(sound, folder)
    KINDS[name](folder / "catalog.db")
    assert list(faults(folder)) == []


def test_there_are_a_hundred_kinds_and_more() -> None:
    assert len(CHOSEN) > 100


@pytest.mark.parametrize("name", CHOSEN)
def test_a_hostile_catalog_is_read_or_refused(sound: Path, tmp_path: Path, name: str) -> None:
    check(sound, tmp_path / "copy", name)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in CHOSEN])
def test_every_odd_value_is_read_or_refused(sound: Path, tmp_path: Path, name: str) -> None:
    check(sound, tmp_path / "copy", name)


REFUSED = ("view", "trigger", "computed", "virtual", "index of", "another table", "tokenizer")


@pytest.mark.parametrize("name", [n for n in _PLAIN if any(word in n for word in REFUSED)])
def test_what_is_no_plain_table_is_not_even_opened(sound: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "copy"
    shutil.copytree(sound, folder)
    KINDS[name](folder / "catalog.db")
    with pytest.raises(CrossgraphError, match=r"expected tables|columns|cannot be read"):
        Index.open(folder)
