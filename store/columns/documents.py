"""The searchable text of a photo.

It consists of the photo's name, captions, categories and metadata (title, description, tags,
people, places), and the text that was read in it.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator, Sequence

from store.columns.codec import one_form, row_to_path, text_to_row
from store.columns.unspaced import spaced_text

__all__ = [
    "CHECKED_WORDS",
    "COLUMNS",
    "EARLIER_WORDS",
    "INSERT",
    "WORDS",
    "documents",
    "file_words",
    "plain_documents",
]

COLUMNS = ("name", "captions", "facts", "text")
"""Columns of the table of words, besides the id."""

_FORM = "tokenize='porter unicode61 remove_diacritics 2'"

WORDS = f"CREATE VIRTUAL TABLE words USING fts5({', '.join(COLUMNS)}, content='', {_FORM})"
"""The table without its own text, which would duplicate the captions. Changing it, or the documents
below, takes a migration."""

EARLIER_WORDS = f"CREATE VIRTUAL TABLE words USING fts5(name, captions, content='', {_FORM})"
"""The table as it was before metadata was read."""

CHECKED_WORDS = f"""CREATE VIRTUAL TABLE temp.copied USING fts5(
    {", ".join(COLUMNS)}, content='said', content_rowid='id', {_FORM}
)"""
"""The same with its texts in another table, against which FTS5 can check it."""

INSERT = f"INSERT INTO words (rowid, {', '.join(COLUMNS)}) VALUES (?, ?, ?, ?, ?)"

Document = tuple[int, str, str, str, str]
"""Id, and a text for each of `COLUMNS`."""

_WORDS = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_AMONG = "IN (SELECT value FROM json_each(?))"


def file_words(path: str) -> str:
    """Return the words and numbers of a relative path, its suffix left out.

    A word of letters and digits appears both whole and in parts; single Latin letters are left out.

    >>> file_words("Rome 2019/IMG_0042-old_bridge.jpg"), file_words("DSC7.jpg")
    ('Rome 2019 IMG 0042 old bridge', 'DSC7 DSC 7')
    """
    folder, _, name = path.rpartition("/")
    stem = name.rpartition(".")[0] or name
    words = []
    for word in _WORDS.findall(one_form(f"{folder}/{stem}")):  # a separate accent splits a word
        parts = _PARTS.findall(word)
        words += [word, *parts] if len(parts) > 1 else parts
    return " ".join(word for word in words if len(word) > 1 or not word.isascii() or word.isdigit())


def documents(connection: sqlite3.Connection, image_ids: Sequence[int]) -> Iterator[Document]:
    """Return the documents of those photos that exist.

    The same text from two origins appears once. Words written without blanks are split.
    """
    for image_id, *texts in plain_documents(connection, image_ids):
        name, captions, facts, text = map(spaced_text, texts)
        yield image_id, name, captions, facts, text


def plain_documents(connection: sqlite3.Connection, image_ids: Sequence[int]) -> Iterator[Document]:
    """Return the same documents as `documents`, with all words as written."""
    asked = json.dumps([int(image_id) for image_id in image_ids])
    captions = _texts(connection, "captions", asked, "origin, position")
    read = _texts(connection, "lines", asked, "position")
    facts = _facts(connection, asked)
    paths = connection.execute(f"SELECT id, path FROM images WHERE id {_AMONG}", [asked]).fetchall()
    for image_id, path in paths:
        said = (held.get(image_id, ()) for held in (captions, facts, read))
        yield image_id, file_words(row_to_path(path)), *(text_to_row("\n".join(s)) for s in said)


_Said = dict[int, dict[str, None]]


def _texts(connection: sqlite3.Connection, table: str, asked: str, order: str) -> _Said:
    sql = f"SELECT image_id, text FROM {table} WHERE image_id {_AMONG} ORDER BY image_id, {order}"
    said: _Said = {}
    for image_id, text in connection.execute(sql, [asked]):
        said.setdefault(image_id, {})[str(text)] = None
    return said


def _facts(connection: sqlite3.Connection, asked: str) -> _Said:
    """Return title, description, places, categories, tags and people of photos."""
    names = "title, description, sublocation, city, region, country"
    facts: _Said = {}
    sql = f"SELECT image_id, {names} FROM details WHERE image_id {_AMONG}"
    for image_id, *texts in connection.execute(sql, [asked]):
        facts[image_id] = dict.fromkeys(str(text) for text in texts if text is not None)
    orders = {"categories": "origin, position", "tags": "position", "people": "position"}
    for table, order in orders.items():
        for image_id, said in _texts(connection, table, asked, order).items():
            facts.setdefault(image_id, {}).update(said)
    return facts
