"""Checks that damage is detected: `python -m benchmarks.flips` flips one bit at a time.

It prints how many flips were detected, and exits with 1 if an undetected one changed an answer.

A bit is flipped in the catalog, the file of vectors or the prepared model of a small index. Then
`verify` must report it, or all answers must be unchanged; and no error may occur that is not one of
this project's.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from search.status.index_status import status_of
from store import CrossgraphError, Index, PhotoFile, QuarantinedFile
from store.catalog.selection import Condition, Has
from store.catalog.shards import FinishedShard
from store.integrity.verify import verify

__all__ = ["Flipped", "answers", "flip", "make_index", "places"]

DIM, PHOTOS, PACKED = 8, 40, 24
Rerank = Callable[[Path, np.ndarray, np.ndarray], object]
"""Re-ranks vectors (K, D) and packed photos (K, P) by the prepared model in a folder."""


@dataclass(frozen=True)
class Flipped:
    """The outcome of a flipped bit.

    Attributes:
        place: the file, and the bit in it.
        is_told: whether `verify` reported damage.
        is_same: whether all answers are unchanged.
        fault: an error that is not one of this project's; empty if there was none.
    """

    place: str
    is_told: bool
    is_same: bool
    fault: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the flip was reported or changed nothing, and caused no fault."""
        return (self.is_told or self.is_same) and not self.fault


def make_index(
    folder: Path,
    vectors: np.ndarray | None = None,
    packed: np.ndarray | None = None,
    fingerprint: str = "f1",
) -> None:
    """Create an index of non-existent photos, with at least one row in every table."""
    random = np.random.default_rng(0)
    if vectors is None or packed is None:
        vectors = random.standard_normal((PHOTOS, DIM), dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        packed = random.integers(0, 256, (PHOTOS, PACKED), dtype=np.uint8)
    names = [f"{number // 10}/red dog {number}.jpg" for number in range(len(vectors))]
    files = [
        PhotoFile(
            f"/photos/{name}", "/photos", 10 + n, 20, f"{n:064x}", 640, 480, perceptual_hash=n
        )
        for n, name in enumerate(names)
    ]
    with Index.create(folder, fingerprint, vectors.shape[1], model="m", encoders="e") as index:
        ids = index.put_images(files, vectors, packed)
        index.put_captions({i: [f"a dog of {i}", "a red café"] for i in ids}, origin="said.json")
        index.put_categories({i: ["dog", f"kind {i % 3}"] for i in ids}, origin="seen.json")
        index.quarantine([QuarantinedFile("/photos/x.jpg", "/photos", 0, 30, "empty")])
        index.finish_shard("source", FinishedShard("/photos/a.tar", 1, 2, 3))
        index.put_recall_queries(vectors[:4])
        index.finish()


def places(*folders: Path) -> list[tuple[Path, int]]:
    """Return the files in which bits are flipped, and their sizes in bytes."""
    files = (file for folder in folders for file in sorted(folder.rglob("*")))
    return [
        (file, file.stat().st_size)
        for file in files
        if file.is_file() and file.stat().st_size and not file.name.endswith((".lock", "-shm"))
    ]


def answers(folder: Path, cache: Path | None = None, rerank: Rerank | None = None) -> list[Any]:
    """Return an index's answers to all kinds of queries, in a form that can be compared."""
    with Index.open(folder) as index:
        ids = [int(image_id) for image_id in index.files()]
        queries = np.eye(index.model.dim, dtype=np.float32)[:3]
        found = [index.search(query, 7) for query in queries]
        filters = (Condition("width", "=", 640), Condition("caption", "~", "of 7"), Has("camera"))
        status = status_of(index)
        told: list[Any] = [
            (status.counts, status.sources, status.left_out, status.fingerprint, index.model),
            index.files(),
            index.photos(ids),
            [(record.relative_path, record.captions) for record in index.photo_records(ids)],
            index.perceptual_hashes(ids),
            index.quarantined(),
            index.finished_shards("source"),
            index.category_counts(9),
            index.vectors(ids).tobytes(),
            index.nodes(ids).tobytes(),
            [(each.tolist(), scores.tobytes()) for each, scores in found],
            [index.search_texts(words, 9)[0].tolist() for words in ("dog", "café 3", "kind")],
            [index.matching(each).tolist() for each in filters],
        ]
        if rerank is not None and cache is not None:
            told.append(rerank(cache, index.vectors(ids[:9]), index.nodes(ids[:9])))
        return told


def flip(
    folder: Path,
    chosen: tuple[Path, int],
    before: list[Any],
    verified: Callable[[], bool],
    answered: Callable[[], list[Any]],
) -> Flipped:
    """Flip a bit of a file and return the outcome; the bit is not restored.

    Args:
        folder: the folder that reported paths are relative to.
        chosen: the file, and the number of the bit.
        before: the answers before the flip.
        verified: returns whether `verify` reports damage.
        answered: returns the answers after the flip.
    """
    file, bit = chosen
    content = bytearray(file.read_bytes())
    content[bit // 8] ^= 1 << bit % 8
    file.write_bytes(content)
    place = f"{file.relative_to(folder)} bit {bit}"
    try:
        is_told = verified()
    except CrossgraphError:
        is_told = True
    except Exception as error:
        return Flipped(place, False, False, f"verify: {type(error).__name__}: {error}")
    try:
        return Flipped(place, is_told, answered() == before)
    except CrossgraphError:
        return Flipped(place, is_told, False)
    except Exception as error:
        ours = type(error).__module__.partition(".")[0] in ("fusion", "search", "store")
        fault = "" if ours else f"answers: {type(error).__name__}: {error}"
        return Flipped(place, is_told, False, fault)


def flips(work: Path, count: int, seed: int, *, with_model: bool) -> Iterator[Flipped]:
    """Flip so many bits, each in a new copy: half of them anywhere, half in a random file."""
    original, copy = work / "original", work / "copy"
    original.mkdir()
    rerank = _make_model(original) if with_model else None
    if not with_model:
        make_index(original / "index")
    before = answers(original / "index", original / "cache", rerank)
    random = np.random.default_rng(seed)
    for number in range(count):
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(original, copy)
        files = places(copy)
        sizes = np.array([size for _, size in files], dtype=float)
        shares = sizes / sizes.sum() if number % 2 else np.full(len(files), 1 / len(files))
        file, size = files[int(random.choice(len(files), p=shares))]
        yield flip(
            copy,
            (file, int(random.integers(8 * size))),
            before,
            lambda: bool(verify(copy / "index").problems) or _model_is_damaged(copy / "cache"),
            lambda: answers(copy / "index", copy / "cache", rerank),
        )


def _model_is_damaged(cache: Path) -> bool:
    if not cache.is_dir():
        return False
    from fusion.runtime.exported_folder import exported_model_folder, read_facts
    from tests.integration.made_retriever import FINGERPRINT

    return read_facts(exported_model_folder(cache, FINGERPRINT), thorough=True) is None


def _make_model(original: Path) -> Rerank:
    """Prepare a tiny model, and write an index of its embeddings of photos."""
    from fusion.export.write_model import export_model
    from fusion.runtime.exported_files import ExportedModelError
    from fusion.runtime.onnx_search_model import find_search_model
    from tests.integration.made_retriever import FINGERPRINT, PHOTOS, made_retriever

    (original / "bert").mkdir()
    retriever = made_retriever(original / "bert")
    shutil.rmtree(original / "bert")
    photos = retriever.embed_images(list(range(PHOTOS)))  # type: ignore[arg-type]
    export_model(retriever, original / "cache")
    make_index(original / "index", photos.vectors, photos.packed, FINGERPRINT)

    def rerank(cache: Path, vectors: np.ndarray, packed: np.ndarray) -> object:
        model = find_search_model(cache, FINGERPRINT)
        if model is None:
            raise ExportedModelError("it is not prepared, or damaged")
        found = model.rerank(model.embed_queries(["a red dog on the river"]), vectors, packed)
        return found.scores.tobytes(), found.probabilities.tobytes()

    return rerank


def main() -> int:
    """Flip bits, and print the outcomes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flips", description=__doc__)
    parser.add_argument("--flips", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--no-model", action="store_true", help="catalog and vectors alone")
    asked = parser.parse_args()
    counted: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="flips-") as work:
        every = flips(Path(work), asked.flips, asked.seed, with_model=not asked.no_model)
        for flipped in every:
            told = "told" if flipped.is_told else "not told"
            counted[f"{told}, {'same answers' if flipped.is_same else 'other or none'}"] += 1
            if not flipped.is_right:
                counted["wrong"] += 1
                sys.stdout.write(f"wrong: {flipped}\n")
    lines = ", ".join(f"{name}: {count}" for name, count in sorted(counted.items()))
    sys.stdout.write(f"{asked.flips} bits turned; {lines}\n")
    return int(counted["wrong"] > 0)


if __name__ == "__main__":
    raise SystemExit(main())
