"""Captions and category names of photos, kept by their origin (such as an annotation file).

An origin's texts of a photo replace its earlier ones: reading a file twice doubles nothing. The
same text from two origins is returned once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Literal

from store.catalog.full_text import in_step
from store.columns.codec import path_to_row, row_to_path, text_to_row
from store.columns.tables import INTEGER, PATH, TEXT
from store.sqlite.catalog_file import CatalogFile

__all__ = [
    "Kind",
    "captions_among",
    "category_counts",
    "count_texts",
    "ids_annotated",
    "origins",
    "put_texts",
    "texts_of",
]

Kind = Literal["captions", "categories"]


def put_texts(
    catalog: CatalogFile, kind: Kind, texts: Mapping[int, Sequence[str]], origin: str
) -> None:
    """Replace the texts of `origin` for these image ids; unknown ids are left out.

    Runs in the caller's transaction.
    """
    named = path_to_row(origin)
    ids_json = json.dumps([int(image_id) for image_id in texts])
    sql = "SELECT id FROM images WHERE id IN (SELECT value FROM json_each(?))"
    known = [row[0] for row in catalog.rows(sql, ids_json)]
    with in_step(catalog, known):
        catalog.execute(
            f"""DELETE FROM {kind} WHERE origin = ?
            AND image_id IN (SELECT value FROM json_each(?))""",
            named,
            ids_json,
        )
        catalog.put(
            kind,
            [
                (image_id, named, position, text_to_row(text))
                for image_id in known
                for position, text in enumerate(dict.fromkeys(texts[image_id]))
            ],
        )


def texts_of(catalog: CatalogFile, kind: Kind, image_ids: Sequence[int]) -> dict[int, list[str]]:
    """Return each photo's texts without duplicates, by origin and then in their order."""
    sql = f"""SELECT image_id, text FROM {kind}
        WHERE image_id IN (SELECT value FROM json_each(?)) ORDER BY image_id, origin, position"""
    texts_by_photo: dict[int, dict[str, None]] = {}
    for image_id, text in catalog.typed((INTEGER, TEXT), sql, json.dumps(list(image_ids))):
        texts_by_photo.setdefault(image_id, {})[text] = None
    return {image_id: list(texts) for image_id, texts in texts_by_photo.items()}


def ids_annotated(catalog: CatalogFile, origin: str) -> set[int]:
    """Return the ids of the photos that an origin has texts for."""
    sql = """SELECT image_id FROM captions WHERE origin = ?
        UNION SELECT image_id FROM categories WHERE origin = ?"""
    named = path_to_row(origin)
    return {row[0] for row in catalog.typed((INTEGER,), sql, named, named)}


def origins(catalog: CatalogFile) -> list[str]:
    """Return where captions and categories came from, such as annotation files, sorted."""
    sql = "SELECT origin FROM captions UNION SELECT origin FROM categories ORDER BY origin"
    return [row_to_path(row[0]) for row in catalog.typed((PATH,), sql)]


def count_texts(catalog: CatalogFile) -> tuple[int, int]:
    """Return how many captions (one per photo and text) and how many distinct category names."""
    captions = "SELECT count(*) FROM (SELECT DISTINCT image_id, text FROM captions)"
    categories = "SELECT count(DISTINCT text) FROM categories"
    return next(catalog.rows(captions))[0], next(catalog.rows(categories))[0]


def category_counts(catalog: CatalogFile, most: int) -> list[tuple[str, int]]:
    """Return categories and how many photos have each: the most first, equal ones by name."""
    sql = """SELECT text, count(DISTINCT image_id) AS photos FROM categories
        GROUP BY text ORDER BY photos DESC, text LIMIT ?"""
    return list(catalog.typed((TEXT, INTEGER), sql, most))


def captions_among(catalog: CatalogFile, most: int) -> list[str]:
    """Return at most `most` different captions, spread evenly over the photos."""
    count = next(catalog.rows("SELECT count(DISTINCT image_id) FROM captions"))[0]
    # One per photo; of these every n-th.
    sql = """SELECT DISTINCT text FROM (
            SELECT min(text) AS text, row_number() OVER (ORDER BY image_id) AS place
            FROM captions GROUP BY image_id
        ) WHERE place % ? = 0 LIMIT ?"""
    rows = catalog.typed((TEXT,), sql, max(1, count // max(1, most)), most)
    return [row[0] for row in rows]
