"""An index in a database, for searches and servers."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Self

import numpy as np
from numpy.typing import NDArray

from store.catalog.images import photo_file
from store.catalog.models import Model
from store.catalog.selection import Expression
from store.columns.codec import StoredArray, blobs_to_array, row_to_path
from store.errors import ModelMismatch
from store.one_state import OneState
from store.postgres.address import Address
from store.postgres.allowed_photos import Chosen, choose, values_of
from store.postgres.connection import Connection, Row
from store.postgres.declarations import DETAILS_COLUMNS, TABLES, check
from store.postgres.details_rows import row_to_details, row_to_lines
from store.postgres.ordered_photos import OrderedGeneration
from store.postgres.session import Session
from store.postgres.vector_search import PostgresVectors
from store.postgres.word_search import search_words
from store.types import (
    Counts,
    Ids,
    Missing,
    Photo,
    PhotoFile,
    PhotoRecord,
    QuarantinedFile,
    TextLine,
    TopK,
)
from store.vectors.background import Background, spread_ids
from store.vectors.choose import Measured

__all__ = ["PostgresReader"]

_FILE = f"""id, root, path, raw_root, raw_path, size_bytes, mtime_ns, sha256, width_px, height_px,
    taken_s, camera, look, captions, categories, {", ".join(DETAILS_COLUMNS)}"""
_FACTS = 13  # columns in `_FILE` before the captions

Within = Chosen | Ids | None


class PostgresReader(OrderedGeneration, OneState):
    """A collection of a database, a `ServedIndex`; made by `open`.

    Each call, or `snapshot`, reads the generation that is active by then. If the connection to the
    server was lost, the next call connects again.

    Args:
        session: the session that reads it.
    """

    folder = None
    missing: tuple[Missing, ...] = ()

    def __init__(self, session: Session) -> None:
        self._session = session
        self._vectors = PostgresVectors(session)
        self._background: tuple[int, Background] | None = None

    @classmethod
    def open(cls, address: str, *, fingerprint: str | None = None, model: str = "") -> Self:
        """Open the collection of an address.

        Args:
            address: `postgresql://...`.
            fingerprint: fingerprint of the available model; None to open it whatever made it.
            model: that model's name, for the message.

        Raises:
            QueryError: it is not a valid address.
            IndexUnavailable: the database cannot be reached.
            IndexNotFound: it has no such collection.
            IndexTooNew: a newer version wrote it.
            ModelMismatch: another model made it.
        """
        place = Address.parse(address)
        server = Connection(place)
        try:
            check(server)
            session = Session(server)
            maker = session.generation.model
            if fingerprint not in (None, maker.fingerprint):
                raise ModelMismatch(
                    f"{place.shown} was made with model {maker.name} ({maker.fingerprint[:12]}), "
                    f"this is {model} ({str(fingerprint)[:12]}): give that model with --checkpoint"
                )
            return cls(session)
        except BaseException:
            server.close()
            raise

    @property
    def model(self) -> Model:
        """The model whose embeddings are searched."""
        return self._session.generation.model

    @property
    def place(self) -> str:
        """The address without its password."""
        return self._session.server.address.shown

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection. Closing twice is harmless."""
        self._session.server.close()

    def __len__(self) -> int:
        with self.snapshot():
            return self._session.generation.photos

    def snapshot(self) -> AbstractContextManager[None]:
        """Read everything in a block from one generation; see `Session.snapshot`."""
        return self._session.snapshot()

    # Searches

    def matching(self, expression: Expression) -> Chosen:
        """Return the photos that pass a filter; raises QueryError if it is too large."""
        with self.snapshot():
            return choose(self._session, expression)

    def search(self, vector: NDArray[np.float32], k: int, within: Within = None) -> TopK:
        """Return ids (K,) and inner products (K,) of the k nearest, as `PostgresVectors.search`."""
        return self._vectors.search(vector, k, within=within)

    def search_texts(self, words: str, k: int, within: Within = None) -> TopK:
        """Return ids (K,) and scores (K,) of the k photos whose words fit best, best first."""
        with self.snapshot():
            return search_words(self._session, words, k, Chosen.of(within))

    # What is there

    def vectors(self, image_ids: Ids) -> NDArray[np.float32]:
        """Return vectors, (K, D), in the order of the ids; raises KeyError for an unknown one."""
        ids = _plain(image_ids)
        stored = self._vectors.stored(ids)
        return np.array([stored[i] for i in ids], dtype=np.float32).reshape(
            len(ids), self.model.dim
        )

    def nodes(self, image_ids: Ids) -> StoredArray:
        """Return nodes, (K, ...), in the order of the ids; raises KeyError for an unknown one."""
        ids = _plain(image_ids)
        if not ids:
            return np.zeros((0, 0, 0), dtype=np.float16)
        stored: dict[int, bytes] = dict(self._of("image_id, nodes", "nodes", ids, key="image_id"))
        return blobs_to_array([stored[image_id] for image_id in ids])

    def background(self) -> Background:
        """Return a sample of the vectors and how many there are, read once per generation."""
        with self.snapshot():
            generation = self._session.generation
            if self._background is None or self._background[0] != generation.number:
                self._background = generation.number, self._sampled()
            return self._background[1]

    def _sampled(self) -> Background:
        sql = f"SELECT min(id), max(id) FROM {self._photos}"
        first, last = self._session.rows(sql)[0]
        ids = []
        if first is not None:
            sql = spread_ids(self._photos, first, last)
            ids = [int(row[0]) for row in self._session.rows(sql)]
        return Background(self.vectors(sorted(ids)), self._session.generation.photos)

    def perceptual_hashes(self, image_ids: Ids) -> list[int | None]:
        """Return perceptual hashes in the order of the ids, None if there is none."""
        ids = _plain(image_ids)
        hashes: dict[int, int | None] = dict(self._of("id, look", "photos", ids))
        return [hashes.get(image_id) for image_id in ids]

    def photos(self, image_ids: Ids) -> list[Photo]:
        """Return photos in the order of the ids; unknown ones are left out."""
        return [
            Photo(photo.image_id, photo.file.path, photo.captions, photo.categories, photo.details)
            for photo in self.photo_records(image_ids)
        ]

    def photo_records(self, image_ids: Ids) -> list[PhotoRecord]:
        """Return everything known about photos except vectors, in the order of the ids."""
        ids = _plain(image_ids)
        records = {row[0]: _record(row) for row in self._of(_FILE, "photos", ids)}
        return [records[image_id] for image_id in ids if image_id in records]

    def ids_after(self, image_id: int, most: int) -> list[int]:
        """Return at most `most` ids above one, ascending."""
        with self.snapshot():
            sql = f"SELECT id FROM {self._photos} WHERE id > %s ORDER BY id LIMIT %s"
            return [row[0] for row in self._session.rows(sql, image_id, most)]

    def find_content(self, sha256: str) -> int | None:
        """Return the lowest id of a photo whose file has that hex digest; None if none has."""
        with self.snapshot():
            sql = f"SELECT min(id) FROM {self._photos} WHERE sha256 = %s"
            image_id: int | None = self._session.rows(sql, bytes.fromhex(sha256))[0][0]
            return image_id

    # Its state

    def counts(self) -> Counts:
        """Return how much it holds; files in quarantine are not in the database and count as 0."""
        with self.snapshot():
            sql = f"""SELECT count(*), coalesce(sum(cardinality(captions)), 0)::bigint,
                (SELECT count(DISTINCT name) FROM {self._photos}, unnest(categories) AS name)
                FROM {self._photos}"""
            images, captions, categories = self._session.rows(sql)[0]
            return Counts(images, captions, categories, 0)

    def sources(self) -> dict[str, int]:
        """Return the folders photos were found through, sorted, with their numbers of photos."""
        with self.snapshot():
            sql = f"""SELECT coalesce(raw_root, convert_to(root, 'UTF8')) AS held, count(*)
                FROM {self._photos} GROUP BY held ORDER BY held"""
            return {_path(None, raw): count for raw, count in self._session.rows(sql)}

    def passed_over(self) -> dict[str, int]:
        """Return no kinds: only the index on disk records files that are not read."""
        return {}

    def quarantined(self) -> list[QuarantinedFile]:
        """Return no files: only the index on disk records the quarantine."""
        return []

    def damaged(self) -> list[PhotoFile]:
        """Return no photos: only the index on disk records which files are damaged."""
        return []

    def category_counts(self, most: int) -> list[tuple[str, int]]:
        """Return categories and how many photos have each: the most first, equal ones by name."""
        with self.snapshot():
            sql = f"""SELECT name, count(DISTINCT id) AS photos
                FROM {self._photos}, unnest(categories) AS name GROUP BY name
                ORDER BY photos DESC, name COLLATE "C" LIMIT %s"""
            return [(name, count) for name, count in self._session.rows(sql, most)]

    def field_values(self, field: str, most: int = 1000) -> list[tuple[str, int]]:
        """Return values and how many photos have each, as `ServedIndex.field_values`."""
        with self.snapshot():
            return values_of(self._session, field, most)

    def lines(self, image_ids: Ids) -> dict[int, tuple[TextLine, ...]]:
        """Return the text that was read in photos, for those ids that have any."""
        rows = self._of("id, lines, line_boxes", "photos", _plain(image_ids))
        return {image_id: row_to_lines(texts, boxes) for image_id, texts, boxes in rows if texts}

    def coming_models(self) -> list[Model]:
        """Return none: a generation has embeddings of one model."""
        return []

    def measured(self) -> Measured:
        """Return how its vectors are searched, as measured when they were pushed."""
        with self.snapshot():
            return self._session.generation.measured

    def size_bytes(self) -> int:
        """Return the size of its tables with their indexes."""
        with self.snapshot():
            tables = [self._session.table(name) for name in TABLES]
            sql = """SELECT sum(pg_total_relation_size(name::regclass))::bigint
                FROM unnest(%s::text[]) AS name"""
            return int(self._session.rows(sql, tables)[0][0])

    @property
    def _photos(self) -> str:
        return self._session.table("photos")

    def _of(self, columns: str, table: str, ids: Sequence[int], key: str = "id") -> list[Row]:
        with self.snapshot():
            sql = f"SELECT {columns} FROM {self._session.table(table)} WHERE {key} = ANY (%s)"
            return self._session.rows(sql, ids)


def _plain(image_ids: Ids) -> list[int]:
    return [int(image_id) for image_id in image_ids]


def _record(row: Row) -> PhotoRecord:
    image_id, root, path, raw_root, raw_path, *facts = row[:_FACTS]
    captions, categories, *told = row[_FACTS:]
    folder, relative = _path(root, raw_root), _path(path, raw_path)
    file = photo_file(folder, relative, facts)
    details = row_to_details(told)
    return PhotoRecord(image_id, file, relative, tuple(captions), tuple(categories), None, details)


def _path(text: str | None, raw: bytes | None) -> str:
    return row_to_path(raw if text is None or raw is not None else text)  # type: ignore[arg-type]
