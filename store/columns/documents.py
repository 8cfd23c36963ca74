"""What is said of a photo, as words are looked for in it: its name and its captions."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence

from store.columns.codec import one_form, row_to_path, text_to_row
from store.columns.unspaced import spaced_text

__all__ = ["CHECKED_WORDS", "INSERT", "WORDS", "documents", "file_words", "plain_documents"]

WORDS = """CREATE VIRTUAL TABLE words USING fts5(
    name, captions, content='', tokenize='porter unicode61 remove_diacritics 2'
)"""
"""The table without a text of its own, which would be the captions once more. Another one, as other
documents than those below, takes a migration."""

CHECKED_WORDS = """CREATE VIRTUAL TABLE temp.copied USING fts5(
    name, captions, content='said', content_rowid='id',
    tokenize='porter unicode61 remove_diacritics 2'
)"""
"""The same with its texts in another table, against which FTS5 can check it."""

INSERT = "INSERT INTO words (rowid, name, captions) VALUES (?, ?, ?)"

_LETTERS = re.compile(r"[^\W\d_]+")
_AMONG = "IN (SELECT value FROM json_each(?))"


def file_words(path: str) -> str:
    """Return the words of a relative path, its suffix left out; one Latin letter alone is none.

    Numbers are left out: a camera's counter says nothing of the photo.

    >>> file_words("Rome 2019/IMG_0042-old_bridge.jpg")
    'Rome IMG old bridge'
    """
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    words = _LETTERS.findall(one_form(f"{folder}/{stem}"))  # accents that stand alone part words
    return " ".join(word for word in words if len(word) > 1 or not word.isascii())


def documents(
    connection: sqlite3.Connection, image_ids: Sequence[int]
) -> Iterator[tuple[int, str, str]]:
    """Return id, words of the path, and captions of those photos that are there.

    What two origins say alike is there once. Words without blanks between them are taken apart.
    """
    for image_id, name, captions in plain_documents(connection, image_ids):
        yield image_id, spaced_text(name), spaced_text(captions)


def plain_documents(
    connection: sqlite3.Connection, image_ids: Sequence[int]
) -> Iterator[tuple[int, str, str]]:
    """Return the same with all words as they are written."""
    ids_json = json.dumps([int(image_id) for image_id in image_ids])
    sql = f"""SELECT image_id, text FROM captions WHERE image_id {_AMONG}
        ORDER BY image_id, origin, position"""
    captions: dict[int, dict[str, None]] = {}
    for image_id, text in connection.execute(sql, [ids_json]):
        captions.setdefault(image_id, {})[str(text)] = None
    paths = connection.execute(
        f"SELECT id, path FROM images WHERE id {_AMONG}", [ids_json]
    ).fetchall()
    for image_id, path in paths:
        texts = "\n".join(captions.get(image_id, ()))
        yield image_id, file_words(row_to_path(path)), text_to_row(texts)
