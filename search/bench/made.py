"""The synthetic collections on disk: indexes, their vectors in one file, and the same for peers."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import time
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from search.bench import subject
from search.bench.bench_errors import BenchError
from search.bench.mixtures import RealPhotos, made_rows
from search.bench.setting import Setting
from search.terminal.progress import ProgressReport
from store.types import ModelInfo
from store.whole_file import replaced

if TYPE_CHECKING:
    from fusion.retriever import Retriever
    from store import PhotoFile

__all__ = ["Built", "Collections", "open_vectors"]

PHOTOS_A_FOLDER = 1000
FIRST_NS = 1_600_000_000_000_000_000  # nanoseconds since 1970 when the first was written
SPARE = 2.2
"""An index needs room for itself, its catalog's write-ahead log, and a second copy of its
vectors."""


@dataclass(frozen=True)
class Built:
    """A synthetic index.

    Attributes:
        count: its number of photos.
        write_seconds: time to write all rows.
        finish_seconds: time to build and write the vector file.
        stored_bytes: size of all its files.
        kind: how its vectors are searched.
    """

    count: int
    write_seconds: float
    finish_seconds: float
    stored_bytes: int
    kind: str


class Collections:
    """Makes collections that do not exist yet, in the run's working folder.

    Attributes:
        setting: the settings of the run.
        model: the shipped model.
    """

    def __init__(self, setting: Setting, model: Retriever) -> None:
        self.setting, self.model = setting, model
        self._real: RealPhotos | None = None

    def real(self) -> RealPhotos:
        """Embed photos of the folder, or read the embeddings of an earlier run."""
        if self._real is None:
            self._real = self._read() or self._embed()
        return self._real

    def embedded(self) -> Path:
        """Return the file of those embeddings: `vectors` and `packed`, written by `numpy.savez`."""
        self.real()
        return self._embedded()

    def index(self, count: int) -> tuple[Path, Built]:
        """Return an index of synthetic photos, with what it cost to make."""
        folder = self.setting.work / f"made-{count}"
        index, note = folder / "photos.index", folder / "built.json"
        key = self._key()
        if note.exists() and (known := json.loads(note.read_text()))["key"] == key:
            return index, Built(**known["built"])
        shutil.rmtree(folder, ignore_errors=True)
        self._check_room(count)
        built = self._write_index(index, count)
        note.write_text(json.dumps({"key": key, "built": asdict(built)}) + "\n")
        return index, built

    def vectors(self) -> Path:
        """Return the file (N, dim) of the largest collection's vectors, as `open_vectors` reads."""
        count, dim = self.setting.largest, self.model.dim
        file = self.setting.work / f"vectors-{count}-{self._key()}.npy"
        if not file.exists():
            self.setting.say(f"writing {count:,} vectors for an exact search and for peers")
            with replaced(file, file.with_suffix(".part")) as partial:
                array = np.lib.format.open_memmap(partial, "w+", np.float16, (count, dim))
                row = 0
                for vectors, _ in made_rows(self.real(), count):
                    array[row : row + len(vectors)] = vectors
                    row += len(vectors)
                array.flush()
        return file

    def database(self) -> Path:
        """Return an SQLite file of the largest collection's vectors, float32, one row per photo."""
        file = self.setting.work / f"vectors-{self.setting.largest}-{self._key()}.db"
        if not file.exists():
            vectors = open_vectors(self.vectors())
            self.setting.say(f"writing {len(vectors):,} vectors into SQLite")
            with replaced(file, file.with_suffix(".part")) as partial:
                partial.unlink(missing_ok=True)
                _write_database(partial, vectors)
        return file

    def _write_index(self, folder: Path, count: int) -> Built:
        from indexer.annotations.recall_queries import put_recall_queries
        from store import Index

        model, row = self.model, 0
        what = f"making an index of {count:,} photos"
        self.setting.say(what)
        with (
            ProgressReport(what, quiet=self.setting.quiet) as progress,
            Index.create_for(folder, ModelInfo.of(model)) as index,
        ):
            spent = 0.0
            for vectors, packed in made_rows(self.real(), count):
                files = [_photo(row + number) for number in range(len(vectors))]
                started = time.perf_counter()
                index.put_images(files, vectors, packed)
                spent += time.perf_counter() - started
                row += len(vectors)
                progress.update(row, count)
            put_recall_queries(index, model)
            self.setting.say(f"building the file of {count:,} vectors")
            started = time.perf_counter()
            note = index.finish()
            finish_seconds = time.perf_counter() - started
            if note:
                raise BenchError(f"{folder}: the file of vectors could not be written: {note}")
            generation = index.generation()
        kind = "" if generation is None else generation.measured.kind
        stored = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        return Built(count, spent, finish_seconds, stored, kind)

    def _check_room(self, count: int) -> None:
        real = self.real()
        wanted = int(SPARE * count * (real.vectors.shape[1] * 2 + real.packed[0].nbytes))
        free = shutil.disk_usage(self.setting.work).free
        if free < wanted:
            raise BenchError(
                f"{self.setting.work} has {free / 1e9:.1f} GB free, a collection of {count:,} "
                f"photos needs {wanted / 1e9:.1f}: name another folder with --work, or fewer "
                "photos with --sizes"
            )

    def _key(self) -> str:
        """Return a key that changes with everything the synthetic rows depend on."""
        real = self.real()
        digest = hashlib.sha256(self.model.fingerprint.encode())
        for array in (real.vectors, real.packed):
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    def _embedded(self) -> Path:
        """Return where embeddings of these photos by this model are kept."""
        names = "\n".join(map(str, self._files()))
        key = hashlib.sha256(f"{self.model.fingerprint}\n{names}".encode()).hexdigest()[:16]
        return self.setting.work / f"embedded-{key}.npz"

    def _files(self) -> list[Path]:
        return subject.photo_files(self.setting.photos.absolute(), self.setting.amounts.real)

    def _read(self) -> RealPhotos | None:
        try:
            with np.load(self._embedded()) as arrays:
                return RealPhotos(arrays["vectors"], arrays["packed"], self.model.unit_dim)
        except FileNotFoundError:
            return None

    def _embed(self) -> RealPhotos:
        files = self._files()
        what = f"embedding {len(files):,} photos, from which collections are made"
        self.setting.say(what)
        vectors: list[NDArray[np.float32]] = []
        packed: list[NDArray[np.uint8]] = []
        with ProgressReport(what, quiet=self.setting.quiet) as progress:
            for photos in subject.embed_photos(subject.indexing_model(), files):
                vectors.append(photos.vectors)
                packed.append(photos.packed)
                progress.update(sum(map(len, vectors)), len(files))
        if sum(map(len, vectors)) < 2:
            raise BenchError(f"{self.setting.photos} has fewer than two photos that can be read")
        real = RealPhotos(np.concatenate(vectors), np.concatenate(packed), self.model.unit_dim)
        with (
            replaced(self._embedded(), self._embedded().with_suffix(".part")) as partial,
            partial.open("wb") as file,
        ):
            np.savez(file, vectors=real.vectors, packed=real.packed)
        return real


def _write_database(file: Path, vectors: NDArray[np.float16]) -> None:
    database = sqlite3.connect(file)
    database.execute("CREATE TABLE images (id INTEGER PRIMARY KEY, path TEXT, vector BLOB)")
    rows = (
        (row + 1, _photo(row).path, vectors[row].astype(np.float32).tobytes())
        for row in range(len(vectors))
    )
    database.executemany("INSERT INTO images VALUES (?, ?, ?)", rows)
    database.commit()
    database.close()


def open_vectors(file: Path) -> NDArray[np.float16]:
    """Return the vectors (N, dim) of a file, memory-mapped."""
    array: NDArray[np.float16] = np.load(file, mmap_mode="r")
    return array


def _photo(row: int) -> PhotoFile:
    from store import PhotoFile

    path = f"/photos/{row // PHOTOS_A_FOLDER:04}/IMG_{row:08}.jpg"
    digest = hashlib.sha256(str(row).encode())
    return PhotoFile(
        path,
        "/photos",
        size_bytes=3_000_000 + row,
        mtime_ns=FIRST_NS + row,
        sha256=digest.hexdigest(),
        width_px=4032,
        height_px=3024,
        taken=datetime(2020, 1, 1) + timedelta(minutes=row),
        camera="Canon EOS 5D",
        perceptual_hash=int.from_bytes(digest.digest()[:8], "big", signed=True),
    )
