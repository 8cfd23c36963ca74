"""The whole library: photos by when they were taken, near-duplicates, zip files, EXIF, fields."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import StreamingResponse

from search.photo_files.open_photo import OpenPhoto, find_photo, open_photo
from search.server.exif_tags import exif_of
from search.server.library import library_of, one_saved
from search.server.pool.service import service_of
from search.server.wire.http_errors import Refused
from search.server.wire.json_answer import JSONAnswer
from search.server.wire.library_schemas import (
    DuplicatesAnswer,
    ExifAnswer,
    FieldsAnswer,
    LibraryAnswer,
)
from search.server.wire.openapi import errors
from search.server.wire.response_bodies import image_answer, partial
from search.server.zip_stream import zip_of
from store import UnreadableImage
from store.catalog.selection import FIELDS, operators_of
from store.searched_index import ServedIndex
from store.types import PhotoRecord

__all__ = ["router"]

router = APIRouter(prefix="/v1")

MOST_ZIPPED = 1000
EXAMPLES = {
    "taken": "taken >= 2024-05",
    "size": "size > 2MB",
    "orientation": "orientation = portrait",
    "megapixels": "megapixels >= 12",
    "camera": "camera ~ pixel",
    "suffix": "suffix = jpg",
    "folder": "folder ~ holidays",
    "rating": "rating >= 4",
}
"""Examples for fields whose values are not plain numbers or words."""
_IDS = re.compile(r"[0-9]{1,19}(,[0-9]{1,19})*")

ImageId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]
Where = Annotated[
    str,
    Query(max_length=10_000, description="A filter, as in a search.", examples=["width > 1000"]),
]


@router.get(
    "/library", tags=["library"], response_model=LibraryAnswer, responses=errors(401, 404, 422, 503)
)
async def library(
    request: Request,
    where: Where = "",
    album: Annotated[
        int | None,
        Query(ge=1, le=2**63 - 1, description=("Only photos of this album."), examples=[1]),
    ] = None,
) -> JSONAnswer:
    """Return all photos, or those of a filter or an album, newest first, in compact form."""
    service = service_of(request)

    def read(index: ServedIndex) -> dict[str, object]:
        with index.snapshot():
            chosen = None
            if album is not None:
                saved = one_saved(index, album)
                if saved is None or not saved.is_album:
                    raise Refused(404, f"there is no album {album}")
                chosen = list(saved.photos)
            rows = library_of(index, where, chosen)
            return {
                "total": len(rows),
                "months": [{"month": month, "photos": photos} for month, photos in rows.months()],
                "ids": rows.image_ids.tolist(),
                "widths_px": rows.widths_px.tolist(),
                "heights_px": rows.heights_px.tolist(),
                **partial(index.missing),
            }

    return JSONAnswer(await service.catalogs.run(read))


@router.get(
    "/duplicates",
    tags=["library"],
    response_model=DuplicatesAnswer,
    responses=errors(401, 422, 503),
)
async def duplicates(
    request: Request,
    offset: Annotated[int, Query(ge=0, le=2**31)] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> JSONAnswer:
    """Return groups of near-duplicates of the whole library, the largest groups first."""
    service = service_of(request)

    def read(index: ServedIndex) -> dict[str, object]:
        with index.snapshot():
            groups = service.duplicates.groups(index)
            some = groups[offset : offset + limit]
            records = index.photo_records([image_id for group in some for image_id in group])
        by_id = {record.image_id: record for record in records}
        answers = []
        for group in some:
            photos = [by_id[image_id] for image_id in group if image_id in by_id]
            photos.sort(key=lambda photo: (-_pixels(photo), -photo.file.size_bytes))
            images = [image_answer(photo, service.settings.uploads) for photo in photos]
            answers.append({"images": images})
        end = offset + len(some)
        return {
            "total": len(groups),
            "photos": sum(map(len, groups)),
            "groups": answers,
            "next_offset": end if end < len(groups) else None,
        }

    return JSONAnswer(await service.catalogs.run(read))


@router.get(
    "/images/zip",
    tags=["images"],
    response_class=StreamingResponse,
    responses={
        **errors(401, 404, 422, 503),
        200: {"content": {"application/zip": {}}, "description": "A zip file."},
    },
)
async def zipped(
    request: Request,
    ids: Annotated[
        str,
        Query(
            max_length=20 * MOST_ZIPPED,
            description=f"At most {MOST_ZIPPED} ids, separated by commas.",
            examples=["1,2"],
        ),
    ],
) -> StreamingResponse:
    """Return the files of photos, unchanged, as one zip file; a text in it lists missing ones."""
    service = service_of(request)
    if not _IDS.fullmatch(ids):
        raise Refused(
            422, (f"ids is {ids[:40]!r}, expected numbers separated by commas, such as 1,2")
        )
    chosen = list(dict.fromkeys(map(int, ids.split(","))))
    if len(chosen) > MOST_ZIPPED or max(chosen) > 2**63 - 1:
        raise Refused(422, f"{len(chosen):,} photos, expected at most {MOST_ZIPPED:,}")

    def read(index: ServedIndex) -> tuple[list[PhotoRecord], list[str]]:
        with index.snapshot():
            return index.photo_records(chosen), list(index.sources())

    photos, folders = await service.catalogs.run(read)
    if not photos:
        raise Refused(404, "the index has none of these photos")

    def opened(photo: PhotoRecord) -> OpenPhoto:
        return open_photo(photo, folders, service.settings.uploads)

    headers = {"Content-Disposition": 'attachment; filename="photos.zip"'}
    pieces = (piece for piece in zip_of(photos, opened) if piece)
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


@router.get(
    "/images/{image_id}/exif",
    tags=["images"],
    response_model=ExifAnswer,
    responses=errors(401, 403, 404, 422, 503),
)
async def exif(request: Request, image_id: ImageId) -> JSONAnswer:
    """Return all EXIF tags of a photo, and where it was taken."""
    service = service_of(request)

    def found(index: ServedIndex) -> OpenPhoto:
        photo = find_photo(index, image_id)
        return open_photo(photo, list(index.sources()), service.settings.uploads)

    opened = await service.catalogs.run(found)

    def read() -> dict[str, object]:
        try:
            with opened.file:
                tags, position = exif_of(opened.content())
        except (UnreadableImage, OSError) as error:
            raise Refused(404, f"the file cannot be read: {error}") from None
        latitude, longitude = position or (None, None)
        named = [{"name": name, "value": value} for name, value in tags]
        return {"tags": named, "latitude": latitude, "longitude": longitude}

    return JSONAnswer(await service.pictures.run(read))


@router.get("/fields", tags=["library"], response_model=FieldsAnswer, responses=errors(401))
async def fields() -> JSONAnswer:
    """Return the fields of filters, with an example of each."""
    known = [
        {
            "name": name,
            "kind": field.kind,
            "operators": list(operators_of(field.kind)),
            "example": EXAMPLES.get(name, _example(name, field.kind)),
        }
        for name, field in FIELDS.items()
    ]
    return JSONAnswer({"fields": known})


def _example(name: str, kind: str) -> str:
    return f"{name} > 1000" if kind == "number" else f"{name} = dog"


def _pixels(photo: PhotoRecord) -> int:
    return photo.file.width_px * photo.file.height_px
