"""Photos without a search: page by page, filtered and sorted; and values to filter by."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from search.printable import printable
from search.query.filters import parse_filter
from search.ranking.filter_hints import nothing_let_through
from search.server.pool.service import Service, service_of
from search.server.wire.http_errors import Refused
from search.server.wire.json_answer import JSONAnswer
from search.server.wire.openapi import errors
from search.server.wire.response_bodies import image_answer, partial
from search.server.wire.schemas import ImagesAnswer, ValuesAnswer
from store.catalog.filter_fields import FIELDS
from store.catalog.photo_order import PhotoOrder, SortField
from store.searched_index import ServedIndex

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["images"])

MOST_SKIPPED = 1_000_000


@router.get("/images", response_model=ImagesAnswer, responses=errors(401, 422, 503))
async def images(
    request: Request,
    after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    where: Annotated[str, Query(max_length=2000, examples=["width > 1000"])] = "",
    sort: SortField | None = None,
    *,
    reverse: bool = False,
    offset: Annotated[int, Query(ge=0, le=MOST_SKIPPED)] = 0,
) -> JSONAnswer:
    """Return photos: those after an id, or, with a filter or an order, those from an offset."""
    service = service_of(request)
    if after and (where or sort or reverse or offset):
        raise Refused(422, "after continues by id: use offset with where, sort or reverse")

    def read(index: ServedIndex) -> dict[str, object]:
        if where or sort or reverse or offset:
            order = PhotoOrder(sort or "taken", reverse)
            return _in_order(service, index, order, where, offset, limit)
        return _by_id(service, index, after, limit)

    return JSONAnswer(
        await service.catalogs.run(lambda index: index.answer_of_one_state(lambda: read(index)))
    )


@router.get("/values", response_model=ValuesAnswer, responses=errors(401, 422, 503))
async def values(
    request: Request,
    field: Annotated[str, Query(max_length=40, examples=["camera"])],
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> JSONAnswer:
    """Return the values of a filter field, those of the most photos first."""
    if field not in FIELDS:
        raise Refused(422, f"field is {field!r}, expected one of {', '.join(FIELDS)}")

    def read(index: ServedIndex) -> dict[str, object]:
        counted, missing = index.answer_of_one_state(
            lambda: (index.field_values(field, limit), index.missing)
        )
        named = [{"value": printable(value), "photos": photos} for value, photos in counted]
        return {"field": field, "values": named, **partial(missing)}

    return JSONAnswer(await service_of(request).catalogs.run(read))


def _by_id(service: Service, index: ServedIndex, after: int, limit: int) -> dict[str, object]:
    ids = index.ids_after(after, limit)
    answers = _answers(service, index, ids)
    more = answers[-1]["id"] if len(answers) == limit else None
    return {
        "images": answers,
        "next": more,
        "next_offset": None,
        "total": len(index),
        "sort": "id",
        "notes": [],
        **partial(index.missing),
    }


def _in_order(
    service: Service, index: ServedIndex, order: PhotoOrder, where: str, offset: int, limit: int
) -> dict[str, object]:
    within = index.matching(parse_filter(where)) if where else None
    photos, total = index.in_order(order, offset + limit, within)
    notes = [nothing_let_through(index, where)] if where and not total else []
    ids = [photo.image_id for photo in photos[offset:]]
    return {
        "images": _answers(service, index, ids),
        "next": None,
        "next_offset": offset + limit if offset + limit < total else None,
        "total": total,
        "sort": order.field,
        "notes": [printable(note) for note in notes],
        **partial(index.missing),
    }


def _answers(service: Service, index: ServedIndex, ids: list[int]) -> list[dict[str, object]]:
    uploads = service.settings.uploads
    lines = index.lines(ids)
    return [
        image_answer(photo, uploads, lines.get(photo.image_id, ()))
        for photo in index.photo_records(ids)
    ]
