"""The cost of an index in PostgreSQL: `python -m benchmarks.postgres_bench --like INDEX`.

Rows are mixed from the embeddings of real photos (`search.bench.mixtures`), taken from an index
that was made with the shipped model; queries are captions that the model was trained on. The server
is the one that the tests run, with room for the index in memory (`shared_buffers`). All times are
medians of warm searches in this process, with the backends in turns.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from fusion.runtime.onnx_indexing_model import find_indexing_model
from search import SearchIndex, open_index
from search.bench.mixtures import RealPhotos, made_rows
from search.bench.scale import exact_nearest, recall
from search.models.cache_folders import exported_models_cache
from search.query.filters import parse_filter
from store import Index, PhotoFile
from store.catalog.selection import Expression
from store.postgres.address import Address
from store.postgres.postgres_reader import PostgresReader
from store.postgres.push import push
from store.searched_index import SearchedIndex
from store.types import ModelInfo
from store.vectors.flat import FlatIndex
from tests.postgres_server import running_server

NEAREST = 100
QUERIES = 200
ROUNDS = 60
START = datetime(2020, 1, 1)
TEXTS = (
    "two people riding bikes",
    "a dog runs through the snow",
    "a child in a red shirt climbs on a rock",
    "a man surfs on a wave",
    "people sit in front of a house",
    "a black dog catches a ball in the water",
)


@dataclass(frozen=True)
class Report:
    """The results; times are in milliseconds, by backend.

    Attributes:
        rows: number of photos.
        threads: number of threads that FAISS used.
        push_rows_per_second: photos pushed per second with all their rows, over a local socket.
        graph_seconds: time to build the graph and to measure its recall.
        bytes_a_photo: size of all tables with their indexes, per photo.
        recall_at_100: recall compared with an exact search.
        search_ms: time to find the 100 nearest in PostgreSQL, by FAISS's flat index in half
            precision, and by the index on disk.
        times_faiss: the time in PostgreSQL divided by that of FAISS's flat index.
        filtered: by the share of photos that pass the filter: the recall, and the time of the
            filter and its search in PostgreSQL and on disk.
        answer_ms: time from a text to its re-ranked hits.
        same_answers: share of the texts that have the same ten hits as with the index on disk, and
            the same probabilities to five digits.
    """

    rows: int
    threads: int
    push_rows_per_second: float
    graph_seconds: float
    bytes_a_photo: float
    recall_at_100: float
    search_ms: dict[str, float]
    times_faiss: float
    filtered: dict[str, dict[str, float]]
    answer_ms: dict[str, float]
    same_answers: float


def make_index(like: Path, folder: Path, rows: int) -> NDArray[np.float32]:
    """Write an index of so many photos; return the vectors (Q, D) of captions to query it with."""
    with Index.open(like) as known:
        model, ids = known.model, list(known.files())
        real = RealPhotos(known.vectors(ids), known.nodes(ids), model.unit_dim)
    prepared = find_indexing_model(exported_models_cache(), model.fingerprint)
    if prepared is None:
        raise SystemExit(
            f"{like} was made with a model that is not prepared here: prepare it with "
            "`crossgraph index`"
        )
    with Index.create_for(folder, ModelInfo.of(model)) as index:
        done = 0
        for vectors, packed in made_rows(real, rows):
            files = [_photo(done + row) for row in range(len(vectors))]
            index.put_images(files, vectors, packed)
            done += len(vectors)
        queries = prepared.recall_queries()
        # The queries that tune the search are not those that measure it.
        index.put_recall_queries(queries[::2])
        index.finish()
    return np.asarray(queries[1::2][:QUERIES], dtype=np.float32)


def measure(like: Path, rows: int, work: Path, address: str) -> Report:
    """Write an index to a folder, push it to a database and compare both."""
    queries = make_index(like, work / "photos.index", rows)
    with ExitStack() as stack:
        on_disk = stack.enter_context(Index.open(work / "photos.index"))
        _say("pushing")
        pushed = push(on_disk, Address.parse(address))
        reader = stack.enter_context(PostgresReader.open(address))
        _say("searching")
        flat, vectors = _flat(on_disk)
        truth = exact_nearest(vectors, queries, NEAREST) + 1
        found = [reader.search(query, NEAREST)[0] for query in queries]
        search_ms = _medians(
            {
                "PostgreSQL": lambda turn: reader.search(queries[turn % QUERIES], NEAREST),
                "FAISS": lambda turn: flat.search(queries[turn % QUERIES], NEAREST),
                "on disk": lambda turn: on_disk.search(queries[turn % QUERIES], NEAREST),
            }
        )
        return Report(
            rows=rows,
            threads=faiss.omp_get_max_threads(),
            push_rows_per_second=rows / pushed.copy_seconds,
            graph_seconds=pushed.build_seconds,
            bytes_a_photo=reader.size_bytes() / rows,
            recall_at_100=recall(found, truth),
            search_ms=search_ms,
            times_faiss=search_ms["PostgreSQL"] / search_ms["FAISS"],
            filtered=dict(_filtered(rows, queries, reader, on_disk)),
            **_answers(work / "photos.index", address),
        )


def _filtered(
    rows: int, queries: NDArray[np.float32], reader: SearchedIndex, on_disk: SearchedIndex
) -> Iterator[tuple[str, dict[str, float]]]:
    for percent in (1, 10, 50):
        until = START + timedelta(minutes=rows * percent // 100)
        wanted = parse_filter(f"taken < {until:%Y-%m-%dT%H:%M:%S}")

        def ask(index: SearchedIndex, turn: int, wanted: Expression = wanted) -> NDArray[np.int64]:
            with index.snapshot():
                chosen = index.matching(wanted)
                return index.search(queries[turn % QUERIES], NEAREST, chosen)[0]

        truth = np.array([ask(on_disk, turn) for turn in range(ROUNDS)])
        share = recall([ask(reader, turn) for turn in range(ROUNDS)], truth)
        ways = {
            "PostgreSQL": lambda turn, ask=ask: ask(reader, turn),
            "on disk": lambda turn, ask=ask: ask(on_disk, turn),
        }
        yield f"{percent} %", {"recall_at_100": share, **_medians(ways)}


def _answers(folder: Path, address: str) -> dict[str, Any]:
    with open_index(folder) as on_disk, open_index(vectors=address) as in_postgres:

        def ask(index: SearchIndex, turn: int) -> object:
            return index.search(TEXTS[turn % len(TEXTS)])

        ways = {
            "PostgreSQL": lambda turn: ask(in_postgres, turn),
            "on disk": lambda turn: ask(on_disk, turn),
        }
        same = [_told(in_postgres, text) == _told(on_disk, text) for text in TEXTS]
        return {"answer_ms": _medians(ways), "same_answers": statistics.mean(same)}


def _told(index: SearchIndex, text: str) -> list[tuple[int, float]]:
    return [(hit.image_id, round(hit.probability, 5)) for hit in index.search(text)]


def _flat(index: Index) -> tuple[FlatIndex, NDArray[np.float32]]:
    ids = list(index.files())
    vectors = index.vectors(ids)
    flat = FlatIndex(index.model.dim)
    flat.add(np.array(ids, dtype=np.int64), vectors)
    return flat, vectors


def _medians(ways: dict[str, Callable[[int], object]]) -> dict[str, float]:
    taken: dict[str, list[float]] = {way: [] for way in ways}
    for turn in range(ROUNDS + 5):
        for way, ask in ways.items():
            began = time.perf_counter()
            ask(turn)
            taken[way].append(1000 * (time.perf_counter() - began))
    return {way: round(statistics.median(times[5:]), 2) for way, times in taken.items()}


def _photo(row: int) -> PhotoFile:
    return PhotoFile(
        f"/photos/{row // 1000:04}/IMG_{row:08}.jpg",
        "/photos",
        size_bytes=3_000_000 + row,
        mtime_ns=row,
        sha256=f"{row:064x}",
        width_px=4032,
        height_px=3024,
        taken=START + timedelta(minutes=row),
        camera="Canon EOS 5D",
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--like", type=Path, required=True, help="an index of real photos")
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args(arguments)
    with running_server("shared_buffers = 1GB") as server, tempfile.TemporaryDirectory() as work:
        report = measure(given.like, given.rows, Path(work), server.new_database())
    print(json.dumps(asdict(report), indent=2))  # noqa: T201


if __name__ == "__main__":
    main()
