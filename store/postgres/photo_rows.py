"""Writing the facts about photos, and their words, into a generation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from store.catalog.annotations import texts_of
from store.catalog.details import details_of, lines_of
from store.columns.codec import row_to_path
from store.columns.documents import documents
from store.postgres.connection import Connection
from store.postgres.declarations import DETAILS_COLUMNS
from store.postgres.details_rows import details_to_row, storable
from store.postgres.generations import CollectionGeneration
from store.postgres.word_search import ALL_WORDS, plain_words
from store.sqlite.catalog_file import CatalogFile
from store.sqlite.id_pages import id_pages
from store.types import PhotoDetails

__all__ = ["write_facts"]

_FACTS = """images.id, root, path, size_bytes, mtime_ns, sha256, width_px, height_px, taken_s,
    camera, look"""
_COLUMNS = f"""id, root, path, raw_root, raw_path, size_bytes, mtime_ns, sha256, width_px,
    height_px, taken_s, camera, look, captions, categories, {", ".join(DETAILS_COLUMNS)}"""


def write_facts(server: Connection, generation: CollectionGeneration, catalog: CatalogFile) -> None:
    """Write everything that an index knows about its photos, except embeddings, at once.

    It is one transaction, which replaces what an earlier, killed push wrote.
    """
    number, photos = generation.number, generation.table("photos")
    documents, words = generation.table("documents"), generation.table("words")
    with server.transaction():
        for table in (photos, documents, words):
            server.execute(f"TRUNCATE {table}")
        _copy(server, f"{photos} ({_COLUMNS})", _photos(catalog))
        server.execute("CREATE TEMPORARY TABLE said (id bigint, words text) ON COMMIT DROP")
        _copy(server, "said", _documents(catalog))
        server.execute(
            f"INSERT INTO {documents} SELECT id, to_tsvector('crossgraph.words', words) FROM said"
        )
        server.execute(
            f"""WITH counts AS (SELECT * FROM ts_stat('SELECT document FROM {documents}'))
            INSERT INTO {words} SELECT word, ndoc FROM counts
            UNION ALL SELECT '{ALL_WORDS}', coalesce(sum(nentry), 0) FROM counts"""
        )
        server.execute(
            f"""CREATE UNIQUE INDEX IF NOT EXISTS photos_{number}_id ON {photos} (id);
            CREATE INDEX IF NOT EXISTS photos_{number}_sha256 ON {photos} (sha256);
            CREATE UNIQUE INDEX IF NOT EXISTS documents_{number}_id ON {documents} (image_id);
            CREATE INDEX IF NOT EXISTS documents_{number}_words ON {documents} USING gin (document);
            CREATE UNIQUE INDEX IF NOT EXISTS words_{number}_word ON {words} (word);
            ANALYZE {photos}; ANALYZE {documents}; ANALYZE {words}"""
        )


def _copy(server: Connection, into: str, rows: Iterator[Sequence[object]]) -> None:
    with (
        server.own_words(),
        server.get().cursor() as cursor,
        cursor.copy(f"COPY {into} FROM STDIN".encode()) as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _photos(catalog: CatalogFile) -> Iterator[Sequence[object]]:
    sql = f"""SELECT {_FACTS} FROM images JOIN sources ON sources.id = source_id
        WHERE images.id BETWEEN ? AND ? ORDER BY images.id"""
    for ids in id_pages(catalog):
        captions = texts_of(catalog, "captions", ids)
        categories = texts_of(catalog, "categories", ids)
        details, lines = details_of(catalog, ids), lines_of(catalog, ids)
        for image_id, root, path, *facts, camera, hash_bits in catalog.rows(sql, ids[0], ids[-1]):
            yield (
                image_id,
                *(storable(row_to_path(row)) for row in (root, path)),
                *(row if isinstance(row, bytes) else None for row in (root, path)),
                *facts,
                None if camera is None else storable(camera),
                hash_bits,
                [storable(text) for text in captions.get(image_id, ())],
                sorted(storable(text) for text in categories.get(image_id, ())),
                *details_to_row(details.get(image_id, PhotoDetails()), lines.get(image_id, ())),
            )


def _documents(catalog: CatalogFile) -> Iterator[Sequence[object]]:
    for ids in id_pages(catalog):
        for image_id, *texts in documents(catalog.connection, ids):
            yield image_id, plain_words("\n".join(texts))
