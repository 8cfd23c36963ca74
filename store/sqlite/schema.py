"""The catalog's tables as named migrations, applied in order, each in a transaction of its own.

A migration that was released is never edited: a change is a new one at the end. Photos keep their
ids and embeddings through all of them, so that a newer program never has to read a photo again.
Those that rebuild a table run while foreign keys are not enforced, as SQLite asks for.
"""

from __future__ import annotations

import json

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

from store.columns.documents import EARLIER_WORDS
from store.errors import IndexDamaged
from store.sqlite.details_tables import DETAILS_TABLES, SAVED_TABLE
from store.sqlite.upgrade import add_sums, digest_of, make_words_anew, relative_row
from store.sqlite.version import counted

__all__ = ["EMBEDDINGS", "migrate"]

MIGRATIONS = Migrations("crossgraph")

_FIRST_EMBEDDINGS = """CREATE TABLE {table} (
    image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
    {column} BLOB NOT NULL
)"""

EMBEDDINGS = """CREATE TABLE {table} (
    image_id INTEGER PRIMARY KEY REFERENCES images (id) ON DELETE CASCADE,
    {column} BLOB NOT NULL
, sum INTEGER)"""
"""A table of one model's embeddings, as it is created from 0008 on."""


@MIGRATIONS(name="0001_photos")
def _photos(db: Database) -> None:
    if counted(db.conn):  # made when `user_version` still counted the migrations
        return
    _execute(
        db,
        "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        # AUTOINCREMENT: the id of a deleted photo never names another one.
        """CREATE TABLE images (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            path NOT NULL UNIQUE,
            source NOT NULL,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            width_px INTEGER NOT NULL,
            height_px INTEGER NOT NULL
        )""",
        # Separate from images and from each other: scanning one does not read the others' pages.
        _FIRST_EMBEDDINGS.format(table="vectors", column="vector"),
        _FIRST_EMBEDDINGS.format(table="nodes", column="nodes"),
        """CREATE TABLE captions (
            image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
            origin NOT NULL,
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (image_id, origin, position)
        ) WITHOUT ROWID""",
        """CREATE TABLE categories (
            image_id INTEGER NOT NULL REFERENCES images (id) ON DELETE CASCADE,
            origin NOT NULL,
            position INTEGER NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (image_id, origin, position)
        ) WITHOUT ROWID""",
        """CREATE TABLE quarantine (
            path NOT NULL PRIMARY KEY,
            source NOT NULL,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            reason TEXT NOT NULL
        ) WITHOUT ROWID""",
    )


@MIGRATIONS(name="0002_sources_and_models")
def _sources_and_models(db: Database) -> None:
    """Paths relative to the folder they were found through; a table of embeddings per model."""
    _execute(
        db,
        """CREATE TABLE sources (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            root NOT NULL UNIQUE,
            mounts TEXT NOT NULL DEFAULT '[]'
        )""",
        """CREATE TABLE models (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            fingerprint TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            encoders TEXT NOT NULL,
            dim INTEGER NOT NULL,
            unit_dim INTEGER NOT NULL,
            probes BLOB
        )""",
        # Vectors that were replaced or removed since the vector file; added ones have higher ids.
        """CREATE TABLE changes (
            revision INTEGER NOT NULL,
            image_id INTEGER NOT NULL,
            PRIMARY KEY (revision, image_id)
        ) WITHOUT ROWID""",
        """CREATE TABLE new_images (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source_id INTEGER NOT NULL REFERENCES sources (id),
            path NOT NULL,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            sha256 TEXT NOT NULL,
            width_px INTEGER NOT NULL,
            height_px INTEGER NOT NULL,
            UNIQUE (source_id, path)
        )""",
        """CREATE TABLE new_quarantine (
            source_id INTEGER NOT NULL REFERENCES sources (id),
            path NOT NULL,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            reason TEXT NOT NULL,
            PRIMARY KEY (source_id, path)
        ) WITHOUT ROWID""",
        """INSERT INTO sources (root) SELECT source FROM images
            UNION SELECT source FROM quarantine ORDER BY 1""",
    )
    _check_paths(db)
    db.conn.create_function("relative_row", 2, relative_row, deterministic=True)
    _execute(
        db,
        """INSERT INTO new_images SELECT images.id, sources.id, relative_row(source, path),
            size_bytes, mtime_ns, sha256, width_px, height_px
            FROM images JOIN sources ON root = source""",
        # The highest id that was ever assigned, even if its photo is gone.
        """INSERT INTO sqlite_sequence SELECT 'new_images', 0
            WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'new_images')""",
        """UPDATE sqlite_sequence SET seq = coalesce((SELECT max(seq) FROM sqlite_sequence
            WHERE name IN ('images', 'new_images')), 0) WHERE name = 'new_images'""",
        """INSERT INTO new_quarantine SELECT sources.id, relative_row(source, path),
            size_bytes, mtime_ns, reason FROM quarantine JOIN sources ON root = source""",
        "DROP TABLE images",
        "ALTER TABLE new_images RENAME TO images",
        "DROP TABLE quarantine",
        "ALTER TABLE new_quarantine RENAME TO quarantine",
        # The previous version compares this number, and says that it has to be upgraded itself.
        "PRAGMA user_version = 2",
    )
    _name_the_model(db)


def _check_paths(db: Database) -> None:
    # Done before SQLite calls the function, since an error raised there loses its message.
    for table in ("images", "quarantine"):
        for root, path in db.conn.execute(f"SELECT source, path FROM {table}"):
            try:
                relative_row(root, path)
            except ValueError as error:
                raise IndexDamaged(f"the catalog cannot be upgraded: {error}") from error


def _name_the_model(db: Database) -> None:
    facts = {key: json.loads(value) for key, value in db.conn.execute("SELECT * FROM meta")}
    if "fingerprint" not in facts:  # an index that was never begun
        _execute(db, "DROP TABLE vectors", "DROP TABLE nodes")
        return
    db.conn.execute(
        "INSERT INTO models VALUES (1, ?, ?, ?, ?, 0, NULL)",
        [facts[key] for key in ("fingerprint", "model", "encoders", "dim")],
    )
    db.conn.execute("DELETE FROM meta WHERE key <> 'revision'")
    db.conn.execute("INSERT INTO meta VALUES ('active_model', '1')")
    _execute(
        db,
        "ALTER TABLE vectors RENAME TO vectors_1",
        "ALTER TABLE nodes RENAME TO nodes_1",
    )


@MIGRATIONS(name="0003_facts_and_words")
def _facts_and_words(db: Database) -> None:
    """When and with what a photo was taken, its perceptual hash, and its words.

    For existing photos these are unknown until they are read again. A later migration writes the
    words.
    """
    _execute(
        db,
        # sha256: its 32 bytes. taken_s: seconds since 1970 by the camera's own clock, which knows
        # no time zone. look: a perceptual hash of 64 bits, as a signed number.
        """CREATE TABLE new_images (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            source_id INTEGER NOT NULL REFERENCES sources (id),
            path NOT NULL,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            sha256 BLOB NOT NULL,
            width_px INTEGER NOT NULL,
            height_px INTEGER NOT NULL,
            taken_s INTEGER,
            camera TEXT,
            look INTEGER,
            UNIQUE (source_id, path)
        )""",
        EARLIER_WORDS,
    )
    rows = db.conn.execute(
        """SELECT id, source_id, path, size_bytes, mtime_ns, sha256, width_px, height_px
        FROM images ORDER BY id"""
    )
    db.conn.executemany(
        "INSERT INTO new_images VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL)",
        ((*row[:5], digest_of(row[5]), *row[6:]) for row in rows),
    )
    _execute(
        db,
        """INSERT INTO sqlite_sequence SELECT 'new_images', 0
            WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'new_images')""",
        """UPDATE sqlite_sequence SET seq = coalesce((SELECT max(seq) FROM sqlite_sequence
            WHERE name IN ('images', 'new_images')), 0) WHERE name = 'new_images'""",
        "DROP TABLE images",
        "ALTER TABLE new_images RENAME TO images",
    )


@MIGRATIONS(name="0004_shards")
def _shards(db: Database) -> None:
    """Files of many photos that were read completely, and need not be read again unchanged."""
    _execute(
        db,
        """CREATE TABLE shards (
            kind TEXT NOT NULL,
            path NOT NULL,
            size_bytes INTEGER NOT NULL,
            mtime_ns INTEGER NOT NULL,
            photos INTEGER NOT NULL,
            PRIMARY KEY (kind, path)
        ) WITHOUT ROWID""",
    )


@MIGRATIONS(name="0005_readers")
def _readers(db: Database) -> None:
    """The version of the reader that read a file, and what it could not read.

    Everything so far was read by the first. Removed photos stay removed.
    """
    _execute(
        db,
        "ALTER TABLE images ADD COLUMN reader INTEGER",
        "ALTER TABLE images ADD COLUMN damage TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE images ADD COLUMN is_guessed INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE quarantine ADD COLUMN reader INTEGER",
        "UPDATE images SET reader = 0",
        "UPDATE quarantine SET reader = 0 WHERE reason <> 'removed by request'",
    )


@MIGRATIONS(name="0006_one_form_of_names")
def _one_form_of_names(_: Database) -> None:
    """Whole words of names with decomposed accents; a later migration writes them."""


@MIGRATIONS(name="0007_parts_of_unspaced_words")
def _parts_of_unspaced_words(_: Database) -> None:
    """Parts of words of languages written without blanks; a later migration writes them."""


@MIGRATIONS(name="0008_sums")
def _sums(db: Database) -> None:
    """A checksum at the end of each row, with which `verify` finds damage by the disk."""
    add_sums(db.conn)


@MIGRATIONS(name="0009_details")
def _details(db: Database) -> None:
    """The metadata of photos, and the text that was read in them.

    For existing photos it is read by the next `crossgraph index`.
    """
    _execute(db, *DETAILS_TABLES)
    make_words_anew(db.conn)


@MIGRATIONS(name="0010_saved")
def _saved(db: Database) -> None:
    """Searches and albums that people saved."""
    _execute(db, SAVED_TABLE)


def migrate(db: Database) -> None:
    """Migrate the catalog to the newest schema; steps before an error stay applied."""
    MIGRATIONS.apply(db)


def _execute(db: Database, *statements: str) -> None:
    for statement in statements:
        db.conn.execute(statement)
