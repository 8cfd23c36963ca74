"""Any change to a row is detected by its checksum, and mended if the row can be rebuilt."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from store import Index, PhotoFile, QuarantinedFile
from store.catalog.saved import SavedSet, put_saved
from store.catalog.shards import FinishedShard
from store.columns.tables import TABLES, columns_of
from store.integrity.verify import repair, verify
from store.sqlite.catalog_file import CatalogFile
from store.types import PersonRegion, PhotoDetails, TextLine

NODES = np.ones((3, 2), dtype=np.float16)
EMBEDDED = ("vectors_1", "nodes_1")
FATAL = {"sources", "models"}


TOLD = PhotoDetails(
    title="Dög",
    description="at home",
    rating=4,
    tags=("pet", "home"),
    people=(PersonRegion("Ann", (0.25, 0.25, 0.5, 0.5)),),
    latitude=38.75,
    longitude=-9.125,
    sublocation="Alfama",
    city="Lisbon",
    region="Lisbon",
    country="Portugal",
    is_placed=True,
    lens="50 mm",
    utc_offset_min=60,
    sidecars="a.xmp",
    note="a tag was left out",
    reader=1,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an index of five photos, with at least one row in every table."""
    folder = tmp_path / "photos.index"
    with Index.create(folder, "f1", 4, model="m", encoders="e") as index:
        files = [
            PhotoFile(
                *(f"/photos/{name}.jpg", "/photos", 10, 20, "00" * 32, 640, 480),
                perceptual_hash=5,
                reader=2,
                damage="it ends early",
                is_guessed=True,
            )
            for name in "abcde"
        ]
        vectors = np.eye(5, 4, dtype=np.float32)
        index.put_images(files, vectors, np.stack([NODES] * 5))
        index.put_captions({1: ["a dög", "two"], 2: ["a cat"]}, origin="captions.json")
        index.put_categories({1: ["dog"]}, origin="instances.json")
        index.put_details({1: TOLD})
        index.put_lines({1: [TextLine("EXIT", 0.5, (0.25, 0.25, 0.5, 0.5))]}, 1)
        index.quarantine([QuarantinedFile("/photos/x.jpg", "/photos", 0, 30, "empty", 2)])
        index.finish_shard("source", FinishedShard("/photos/a.tar", 1, 2, 3))
        index.put_recall_queries(np.eye(2, 4, dtype=np.float32))
        index.put_mounts({"/photos": ["/photos/disk"]})
        index.put_passed_over({"/photos": {".cr3": 2}})
        index.finish()
        index.put_images(
            files[4:], vectors[:1], NODES[None]
        )  # a change that the file of vectors lacks
    with closing(CatalogFile(folder / "catalog.db")) as catalog, catalog.transaction():
        put_saved(catalog, SavedSet(0, "dögs", "q=a+dog"))
    return folder


def tables() -> list[str]:
    return [*TABLES, *EMBEDDED]


COLUMNS = [(table, column) for table in tables() for column in columns_of(table) or ()]


def change(folder: Path, table: str, column: str) -> None:
    """Change a column of one row slightly, keeping its type."""
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        key = f"SELECT {column} FROM {table} ORDER BY {column} DESC LIMIT 1"
        ((value,),) = connection.execute(key).fetchall()
        if isinstance(value, bytes):
            other: object = value[:-1] + bytes([value[-1] ^ 1])
        elif value is None:
            other = 1
        elif isinstance(value, float):
            other = value / 2
        else:
            other = value ^ 64 if isinstance(value, int) else value[:-1] + chr(ord(value[-1]) ^ 1)
        sql = f"UPDATE {table} SET {column} = ? WHERE {column} IS ?"
        assert connection.execute(sql, (other, value)).rowcount > 0


def test_what_was_written_has_the_checksum_that_verify_expects(folder: Path) -> None:
    assert verify(folder).problems == ()
    with closing(sqlite3.connect(folder / "catalog.db")) as connection:
        for table in tables():
            sql = f"SELECT count(*), count(sum) FROM {table}"
            count, summed = connection.execute(sql).fetchone()
            assert 0 < count == summed, table


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_a_changed_value_is_told(folder: Path, table: str, column: str) -> None:
    change(folder, table, column)
    assert verify(folder).problems != ()


@pytest.mark.parametrize("table", tables())
def test_a_row_with_another_checksum_is_mended_where_it_can_be_made_again(
    folder: Path, table: str
) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute(f"UPDATE {table} SET sum = sum + 1")
    before, after = repair(folder)
    assert before.problems != ()
    if table in FATAL or table == "meta":  # `meta` includes the model that answers
        assert after == before
        assert "" in {problem.mending for problem in before.problems}
    else:
        assert after.problems == ()
        assert verify(folder).problems == ()


def test_damaged_captions_go_and_their_photos_stay(folder: Path) -> None:
    change(folder, "captions", "text")
    assert [problem.code for problem in verify(folder).problems] == ["bad-text", "bad-words"]
    repair(folder)
    with Index.open(folder) as index:
        said = [photo.captions for photo in index.photos([1, 2])]
        assert len(index) == 5
    assert sum(map(len, said)) == 2


def test_a_text_that_is_no_utf_8_is_told_and_mended(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute("UPDATE captions SET text = CAST(x'61ff62' AS TEXT) WHERE image_id = 2")
    assert "bad-text" in {problem.code for problem in verify(folder).problems}
    assert repair(folder)[1].problems == ()


def test_the_state_is_written_anew_where_only_its_checksum_is_wrong(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "catalog.db")) as connection, connection:
        connection.execute("UPDATE meta SET sum = 0 WHERE key IN ('revision', 'vectors')")
    assert [problem.code for problem in verify(folder).problems] == ["bad-state"]
    assert repair(folder)[1].problems == ()


def test_moving_photos_and_folders_keeps_their_checksums(folder: Path) -> None:
    with Index.open(folder) as index:
        one, two = (index.files()[i] for i in (1, 2))
        index.update_files({1: two, 2: one})
        index.relocate("/photos", "/elsewhere")
        index.put_mounts({"/elsewhere": []})
        index.remove_images([3])
        index.release(["/elsewhere/x.jpg"])
        index.finish()
    assert verify(folder).problems == ()
