"""The tables of a database as numbered migrations, all in the schema `crossgraph`.

A migration that was released is never edited: a change is a new one at the end. Each generation has
tables of its own, `photos_N` and so on, so that one is dropped at once, and searching one reads
nothing of another.
"""

from __future__ import annotations

from store.errors import IndexNotFound, IndexNotWritable, IndexTooNew
from store.postgres.connection import Connection

__all__ = ["DETAILS_COLUMNS", "SCHEMA", "check", "generation_tables", "migrate", "table"]

SCHEMA = "crossgraph"

OLDEST_PGVECTOR = (0, 8)
"""The first version whose searches continue if a filter leaves too few results."""

TABLES = ("photos", "vectors", "nodes", "documents", "words")
"""The tables of each generation."""

_MIGRATIONS = (
    """
    CREATE TABLE crossgraph.generations (
        number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        collection text NOT NULL,
        state text NOT NULL CHECK (state IN ('filling', 'ready', 'answers')),
        content text NOT NULL, -- changes with all that is copied of the index's embeddings
        created timestamptz NOT NULL DEFAULT now(),
        fingerprint text NOT NULL,
        model text NOT NULL,
        encoders text NOT NULL,
        dim integer NOT NULL,
        unit_dim integer NOT NULL,
        scale real[] NOT NULL, -- of each number of a vector, see store/postgres/scaled_vectors.py
        photos bigint NOT NULL DEFAULT 0,
        ef_search integer, -- NULL where all vectors are compared
        kind text NOT NULL DEFAULT '',
        recall_at_100 real,
        query_ms real NOT NULL DEFAULT 0,
        build_seconds real NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX ON crossgraph.generations (collection) WHERE state = 'answers';
    -- English stems as in an index's own words, and no word left out: the search itself knows which
    -- say little.
    CREATE TEXT SEARCH DICTIONARY crossgraph.stems (TEMPLATE = snowball, Language = english);
    CREATE TEXT SEARCH CONFIGURATION crossgraph.words (COPY = pg_catalog.simple);
    ALTER TEXT SEARCH CONFIGURATION crossgraph.words
        ALTER MAPPING FOR asciiword, word WITH crossgraph.stems;
    """,
    # For existing generations; their metadata comes with the next push.
    """
    DO $$
    DECLARE number bigint;
    BEGIN
        FOR number IN SELECT generations.number FROM crossgraph.generations LOOP
            EXECUTE format($of$ALTER TABLE crossgraph.%I {columns}$of$, 'photos_' || number);
        END LOOP;
    END $$;
    """,
)

_DETAILS = {
    "title": "text",
    "description": "text",
    "rating": "bigint",
    "lens": "text",
    "latitude": "float8",
    "longitude": "float8",
    "sublocation": "text",
    "city": "text",
    "region": "text",
    "country": "text",
    "utc_offset_min": "bigint",
    "note": "text NOT NULL DEFAULT ''",
    "tags": "text[] NOT NULL DEFAULT '{}'",
    "people": "text[] NOT NULL DEFAULT '{}'",
    "people_boxes": "jsonb NOT NULL DEFAULT '[]'",
    "lines": "text[] NOT NULL DEFAULT '{}'",
    "line_boxes": "jsonb NOT NULL DEFAULT '[]'",
}
"""Columns with the metadata of photos, and the text in them. A box is a list of four shares of
width and height, or null; that of a line begins with its confidence."""

DETAILS_COLUMNS = tuple(_DETAILS)

_GENERATION = """
    CREATE TABLE {photos} (
        id bigint NOT NULL,
        root text NOT NULL,
        path text NOT NULL,
        raw_root bytea, -- the bytes, where these are no Unicode
        raw_path bytea,
        size_bytes bigint NOT NULL,
        mtime_ns bigint NOT NULL,
        sha256 bytea NOT NULL,
        width_px bigint NOT NULL,
        height_px bigint NOT NULL,
        taken_s bigint,
        camera text,
        look bigint,
        captions text[] NOT NULL,
        categories text[] NOT NULL
    );
    ALTER TABLE {photos} {columns};
    -- Rows up to a page are kept together: a candidate's numbers are read with one access.
    CREATE TABLE {vectors} (
        image_id bigint NOT NULL,
        vector halfvec({dim}) NOT NULL,
        placed halfvec({wide}) NOT NULL
    ) WITH (toast_tuple_target = 8160);
    CREATE TABLE {nodes} (image_id bigint NOT NULL, nodes bytea NOT NULL)
        WITH (toast_tuple_target = 8160);
    ALTER TABLE {nodes} ALTER COLUMN nodes SET STORAGE EXTERNAL;
    CREATE TABLE {documents} (image_id bigint NOT NULL, document tsvector NOT NULL);
    CREATE TABLE {words} (word text NOT NULL, photos bigint NOT NULL);
"""

_MORE_COLUMNS = ", ".join(f"ADD COLUMN {name} {kind}" for name, kind in _DETAILS.items())


def table(name: str, number: int) -> str:
    """Return the full name of a table of a generation.

    >>> table("photos", 3)
    'crossgraph.photos_3'
    """
    return f"{SCHEMA}.{name}_{int(number)}"


def generation_tables(number: int, dim: int) -> str:
    """Return the statements that create a generation's tables, still without any index."""
    names = {name: table(name, number) for name in TABLES}
    return _GENERATION.format(**names, dim=dim, wide=dim + 1, columns=_MORE_COLUMNS)


def check(server: Connection) -> None:
    """Check that the tables are those that this program reads.

    Raises:
        IndexNotFound: there are none, or they are those of an earlier version.
        IndexTooNew: a newer version made them.
    """
    applied = _applied(server)
    if applied > len(_MIGRATIONS):
        raise IndexTooNew(
            f"{server.address.shown} was written by a newer version of crossgraph: upgrade this one"
        )
    if 0 < applied < len(_MIGRATIONS):
        raise IndexNotFound(
            f"{server.address.shown} was written by an earlier version of crossgraph: write the "
            "index there again with `crossgraph push --to`"
        )
    if applied < len(_MIGRATIONS):
        raise IndexNotFound(
            f"{server.address.shown} holds no index: write one with `crossgraph push --to`"
        )


def migrate(server: Connection) -> None:
    """Create the tables, or migrate them to the newest form.

    Raises:
        IndexTooNew: a newer version made them.
        IndexNotWritable: the address's user lacks a privilege, such as to create the extension; or
            the server does not have the extension, or one that is too old.
    """
    if _applied(server) == len(_MIGRATIONS):
        return
    with server.transaction():
        server.rows("SELECT pg_advisory_xact_lock(hashtext('crossgraph.migrations'))")
        _ensure_pgvector(server)
        server.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        server.execute(
            f"CREATE TABLE IF NOT EXISTS {SCHEMA}.migrations (number integer PRIMARY KEY)"
        )
        for number in range(_applied(server) + 1, len(_MIGRATIONS) + 1):
            server.execute(_MIGRATIONS[number - 1].replace("{columns}", _MORE_COLUMNS))
            server.execute(f"INSERT INTO {SCHEMA}.migrations VALUES (%s)", number)
    check(server)


def _applied(server: Connection) -> int:
    there = server.rows("SELECT to_regclass('crossgraph.migrations') IS NOT NULL")[0][0]
    if not there:
        return 0
    return int(server.rows(f"SELECT coalesce(max(number), 0) FROM {SCHEMA}.migrations")[0][0])


def _ensure_pgvector(server: Connection) -> None:
    """Create the extension only if it is missing: a user may lack the privilege to create any."""
    sql = "SELECT extversion FROM pg_extension WHERE extname = 'vector'"
    if not server.rows(sql):
        server.execute("CREATE EXTENSION vector")
    version = str(server.rows(sql)[0][0])
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_PGVECTOR:
        raise IndexNotWritable(
            f"{server.address.shown} has pgvector {version}, expected 0.8 or newer: install that, "
            "then run `ALTER EXTENSION vector UPDATE` there"
        )
