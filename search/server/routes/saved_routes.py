"""Searches and albums that people saved in the index."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from search.engine.add_and_remove import patiently
from search.printable import printable
from search.server.library import all_saved, forget, save
from search.server.pool.service import Service, service_of
from search.server.routes.image_routes import check_writable
from search.server.wire.http_errors import Refused
from search.server.wire.json_answer import JSONAnswer
from search.server.wire.library_schemas import (
    SavedAnswer,
    SavedBody,
    SavedListAnswer,
    SavedSetRemoved,
)
from search.server.wire.openapi import body_of, errors
from search.server.wire.request_bodies import read_body
from store.catalog.saved import SavedSet
from store.searched_index import ServedIndex

__all__ = ["router"]

router = APIRouter(prefix="/v1/saved", tags=["saved"])

SetId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]


@router.get("", response_model=SavedListAnswer, responses=errors(401, 503))
async def saved(request: Request) -> JSONAnswer:
    """Return all saved searches and albums, by name."""

    def read(index: ServedIndex) -> list[dict[str, object]]:
        return [_answer(each) for each in all_saved(index)]

    return JSONAnswer({"saved": await service_of(request).catalogs.run(read)})


@router.post(
    "",
    response_model=SavedAnswer,
    responses=errors(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=body_of(SavedBody),
)
async def add(request: Request) -> JSONAnswer:
    """Save a search or an album under a new name."""
    return await _put(request, 0)


@router.put(
    "/{set_id}",
    response_model=SavedAnswer,
    responses=errors(400, 401, 403, 404, 413, 415, 422, 503),
    openapi_extra=body_of(SavedBody),
)
async def replace(request: Request, set_id: SetId) -> JSONAnswer:
    """Replace the name, search or photos of a saved item."""
    service = service_of(request)
    known = await service.catalogs.run(all_saved)
    if set_id not in {each.set_id for each in known}:
        raise Refused(404, f"nothing is saved under the id {set_id}")
    return await _put(request, set_id)


@router.delete(
    "/{set_id}", response_model=SavedSetRemoved, responses=errors(401, 403, 404, 422, 503)
)
async def remove(request: Request, set_id: SetId) -> JSONAnswer:
    """Delete a saved search or an album; its photos stay."""
    service = service_of(request)
    check_writable(service)
    settings = service.settings
    there = await service.writer.run(
        lambda: patiently(lambda: forget(settings.folder, set_id), settings.write_seconds)
    )
    if not there:
        raise Refused(404, f"nothing is saved under the id {set_id}")
    return JSONAnswer({"id": set_id, "file_deleted": False})


async def _put(request: Request, set_id: int) -> JSONAnswer:
    service = service_of(request)
    check_writable(service)
    body = (await read_body(request, ())).parsed(SavedBody)
    photos = tuple(dict.fromkeys(body.photos))
    asked = SavedSet(set_id, printable(body.name.strip()), printable(body.search), photos)
    return JSONAnswer(_answer(await _saved(service, asked)))


async def _saved(service: Service, asked: SavedSet) -> SavedSet:
    settings = service.settings
    return await service.writer.run(
        lambda: patiently(lambda: save(settings.folder, asked), settings.write_seconds)
    )


def _answer(saved: SavedSet) -> dict[str, object]:
    return {
        "id": saved.set_id,
        "name": saved.name,
        "search": saved.search,
        "photos": list(saved.photos),
    }
