"""The metadata of photos, and the text that was read in them.

Functions that write run in the caller's transaction.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import cast

from store.catalog.full_text import in_step
from store.columns.codec import text_to_row
from store.columns.tables import INTEGER, TABLES, TEXT, Row
from store.sqlite.catalog_file import CatalogFile
from store.types import Box, PersonRegion, PhotoDetails, TextLine

__all__ = [
    "PhotoReading",
    "copy_lines",
    "details_of",
    "ids_without_text",
    "lines_of",
    "put_details",
    "put_lines",
    "readings",
    "readings_among",
    "unplaced",
    "write_details",
]

PhotoReading = tuple[int, str]
"""The version of the reader that read a photo's metadata, and the sidecars it had."""

_AMONG = "image_id IN (SELECT value FROM json_each(?))"
_DETAILS, _PEOPLE, _LINES = (
    (", ".join(TABLES[table]), tuple(TABLES[table].values()))
    for table in ("details", "people", "lines")
)


def put_details(catalog: CatalogFile, details: Mapping[int, PhotoDetails]) -> None:
    """Replace the metadata of photos; unknown ids are left out."""
    known = _known(catalog, details)
    with in_step(catalog, known):
        write_details(catalog, {image_id: details[image_id] for image_id in known})


def write_details(catalog: CatalogFile, details: Mapping[int, PhotoDetails]) -> None:
    """Write the metadata of existing photos, and leave the table of words to the caller."""
    asked = json.dumps(list(details))
    for table in ("details", "tags", "people"):
        catalog.execute(f"DELETE FROM {table} WHERE {_AMONG}", asked)
    catalog.put("details", [_row(image_id, each) for image_id, each in details.items()])
    catalog.put(
        "tags",
        [
            (image_id, position, text_to_row(tag))
            for image_id, each in details.items()
            for position, tag in enumerate(each.tags)
        ],
    )
    catalog.put(
        "people",
        [
            (image_id, position, text_to_row(person.name), *_edges(person.box))
            for image_id, each in details.items()
            for position, person in enumerate(each.people)
        ],
    )


def details_of(catalog: CatalogFile, image_ids: Sequence[int]) -> dict[int, PhotoDetails]:
    """Return the metadata of photos, for those ids whose metadata was read."""
    asked = json.dumps(list(image_ids))
    tags: defaultdict[int, list[str]] = defaultdict(list)
    sql = f"SELECT image_id, text FROM tags WHERE {_AMONG} ORDER BY image_id, position"
    for image_id, text in catalog.typed((INTEGER, TEXT), sql, asked):
        tags[image_id].append(text)
    people: defaultdict[int, list[PersonRegion]] = defaultdict(list)
    sql = f"SELECT {_PEOPLE[0]} FROM people WHERE {_AMONG} ORDER BY image_id, position"
    for image_id, _, name, *edges in catalog.typed(_PEOPLE[1], sql, asked):
        people[image_id].append(PersonRegion(name, _box(edges)))
    sql = f"SELECT {_DETAILS[0]} FROM details WHERE {_AMONG}"
    return {
        row[0]: _details(row, tags.get(row[0], ()), people.get(row[0], ()))
        for row in catalog.typed(_DETAILS[1], sql, asked)
    }


def readings(catalog: CatalogFile) -> dict[int, PhotoReading]:
    """Return how each photo's metadata was read, for those whose metadata was read."""
    rows = catalog.typed((INTEGER, INTEGER, TEXT), "SELECT image_id, reader, sidecars FROM details")
    return {image_id: (reader, sidecars) for image_id, reader, sidecars in rows}


def readings_among(catalog: CatalogFile, image_ids: Sequence[int]) -> set[int]:
    """Return those ids whose metadata was read."""
    sql = f"SELECT image_id FROM details WHERE {_AMONG}"
    return {row[0] for row in catalog.typed((INTEGER,), sql, json.dumps(list(image_ids)))}


def copy_lines(source: CatalogFile, catalog: CatalogFile, placed: Mapping[int, int]) -> None:
    """Copy the text in photos from another catalog; `placed` maps ids there to ids here."""
    lines = lines_of(source, list(placed))
    sql = f"SELECT image_id, reader FROM text_reads WHERE {_AMONG}"
    by_reader: defaultdict[int, dict[int, Sequence[TextLine]]] = defaultdict(dict)
    for image_id, reader in source.typed((INTEGER, INTEGER), sql, json.dumps(list(placed))):
        by_reader[reader][placed[image_id]] = lines.get(image_id, ())
    for reader, read in by_reader.items():
        put_lines(catalog, read, reader)


def unplaced(catalog: CatalogFile, most: int) -> dict[int, PhotoDetails]:
    """Return at most `most` photos with coordinates whose places were not looked up, by id."""
    sql = """SELECT image_id FROM details WHERE latitude NOT NULL AND longitude NOT NULL
        AND NOT is_placed ORDER BY image_id LIMIT ?"""
    ids = [row[0] for row in catalog.typed((INTEGER,), sql, most)]
    return details_of(catalog, ids)


def put_lines(catalog: CatalogFile, lines: Mapping[int, Sequence[TextLine]], reader: int) -> None:
    """Replace the text that was read in photos; unknown ids are left out.

    Args:
        catalog: the catalog to write.
        lines: lines of each photo; none for one without text.
        reader: the version of the reader.
    """
    known = _known(catalog, lines)
    with in_step(catalog, known):
        asked = json.dumps(known)
        for table in ("text_reads", "lines"):
            catalog.execute(f"DELETE FROM {table} WHERE {_AMONG}", asked)
        catalog.put("text_reads", [(image_id, reader) for image_id in known])
        catalog.put(
            "lines",
            [
                (image_id, place, text_to_row(line.text), float(line.confidence), *_edges(line.box))
                for image_id in known
                for place, line in enumerate(lines[image_id])
            ],
        )


def lines_of(catalog: CatalogFile, image_ids: Sequence[int]) -> dict[int, tuple[TextLine, ...]]:
    """Return the text that was read in photos, for those ids that have any."""
    kept: defaultdict[int, list[TextLine]] = defaultdict(list)
    sql = f"SELECT {_LINES[0]} FROM lines WHERE {_AMONG} ORDER BY image_id, position"
    for image_id, _, text, confidence, *edges in catalog.typed(
        _LINES[1], sql, json.dumps(list(image_ids))
    ):
        kept[image_id].append(TextLine(text, confidence, _box(edges) or (0.0, 0.0, 1.0, 1.0)))
    return {image_id: tuple(lines) for image_id, lines in kept.items()}


def ids_without_text(catalog: CatalogFile, reader: int) -> list[int]:
    """Return photos whose text was not read by this or a newer version of the reader."""
    sql = """SELECT id FROM images
        WHERE id NOT IN (SELECT image_id FROM text_reads WHERE reader >= ?) ORDER BY id"""
    return [row[0] for row in catalog.typed((INTEGER,), sql, reader)]


def _known(catalog: CatalogFile, ids: Iterable[int]) -> list[int]:
    asked = json.dumps([int(image_id) for image_id in ids])
    sql = "SELECT id FROM images WHERE id IN (SELECT value FROM json_each(?))"
    return [row[0] for row in catalog.typed((INTEGER,), sql, asked)]


def _row(image_id: int, details: PhotoDetails) -> tuple[object, ...]:
    return (
        image_id,
        details.reader,
        _told(details.title),
        _told(details.description),
        details.rating,
        _told(details.lens),
        None if details.latitude is None else float(details.latitude),
        None if details.longitude is None else float(details.longitude),
        *map(_told, (details.sublocation, details.city, details.region, details.country)),
        int(details.is_placed),
        details.utc_offset_min,
        text_to_row(details.sidecars),
        text_to_row(details.note),
    )


def _told(text: str) -> str | None:
    return text_to_row(text) if text else None


def _details(row: Row, tags: Sequence[str], people: Sequence[PersonRegion]) -> PhotoDetails:
    if tags or people or row[6:8] != (None, None):
        return _made(row[1:], tags, people)
    return _of_many(row[1:])


@lru_cache(maxsize=1024)
def _of_many(facts: Row) -> PhotoDetails:
    """Return the same as `_made`, cached: many photos share their facts, such as having none."""
    return _made(facts, (), ())


def _made(facts: Row, tags: Iterable[str], people: Iterable[PersonRegion]) -> PhotoDetails:
    reader, title, description, rating, lens, latitude, longitude, *rest = facts
    sublocation, city, region, country, is_placed, utc_offset_min, sidecars, note = rest
    return PhotoDetails(
        title=title or "",
        description=description or "",
        rating=rating,
        tags=tuple(tags),
        people=tuple(people),
        latitude=latitude,
        longitude=longitude,
        sublocation=sublocation or "",
        city=city or "",
        region=region or "",
        country=country or "",
        is_placed=bool(is_placed),
        lens=lens or "",
        utc_offset_min=utc_offset_min,
        sidecars=sidecars,
        note=note,
        reader=reader,
    )


def _edges(box: Box | None) -> Iterator[float | None]:
    return iter((None,) * 4 if box is None else map(float, box))


def _box(edges: Sequence[float | None]) -> Box | None:
    return None if None in edges else cast(Box, tuple(edges))
