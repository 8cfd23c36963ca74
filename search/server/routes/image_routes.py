"""Photos of the index: facts, thumbnails, files; adding and removing."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import Response, StreamingResponse

from search.engine.add_and_remove import patiently
from search.output.media_types import HEAD_BYTES, content_type
from search.photo_files.open_photo import OpenPhoto, find_photo, open_photo
from search.photo_files.thumbnails import SIZES, shrunk
from search.server.pool.service import Service, service_of
from search.server.pool.uploads import add_photos, remove_photo
from search.server.wire.http_errors import Refused
from search.server.wire.json_answer import JSONAnswer
from search.server.wire.openapi import errors, files_of
from search.server.wire.request_bodies import read_body
from search.server.wire.response_bodies import image_answer
from search.server.wire.schemas import ImageAnswer, RemovedAnswer, UploadsAnswer
from store import UnreadableImage
from store.searched_index import ServedIndex

__all__ = ["check_writable", "router"]

router = APIRouter(prefix="/v1/images", tags=["images"])

ImageId = Annotated[int, Path(ge=1, le=2**63 - 1, examples=[1])]
CACHED = "private, max-age=3600"
CHECKED = "private, no-cache"
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/*": {}}, "description": "A picture."},
    304: {"description": ""},
}


@router.post(
    "",
    response_model=UploadsAnswer,
    responses=errors(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=files_of("image"),
)
async def add(request: Request) -> JSONAnswer:
    """Add photos to the index; each gets an id, or one line that says why not."""
    service = service_of(request)
    check_writable(service)
    body = await read_body(request, ("image",))
    files = body.pictures.get("image", [])
    if not files:
        raise Refused(
            422, ("no photo was sent: expected files in the field image of multipart/form-data")
        )
    settings = service.settings
    outcomes = await service.writer.run(
        lambda: patiently(
            lambda: add_photos(settings.folder, settings.uploads, files, service.models),
            settings.write_seconds,
        )
    )
    return JSONAnswer({"images": outcomes})


@router.get("/{image_id}", response_model=ImageAnswer, responses=errors(401, 403, 404, 422, 503))
async def image(request: Request, image_id: ImageId) -> JSONAnswer:
    """Return what the index knows about a photo."""
    service = service_of(request)

    def read(index: ServedIndex) -> dict[str, object]:
        photo = find_photo(index, image_id)
        lines = index.lines([image_id]).get(image_id, ())
        return image_answer(photo, service.settings.uploads, lines)

    return JSONAnswer(await service.catalogs.run(read))


@router.delete(
    "/{image_id}", response_model=RemovedAnswer, responses=errors(401, 403, 404, 422, 503)
)
async def remove(request: Request, image_id: ImageId) -> JSONAnswer:
    """Remove a photo from the index. Only an uploaded one is deleted from the disk."""
    service = service_of(request)
    check_writable(service)
    settings = service.settings
    deleted = await service.writer.run(
        lambda: patiently(
            lambda: remove_photo(settings.folder, settings.uploads, image_id),
            settings.write_seconds,
        )
    )
    return JSONAnswer({"image_id": image_id, "id": image_id, "file_deleted": deleted})


@router.get(
    "/{image_id}/thumbnail",
    response_class=Response,
    responses={**errors(401, 403, 404, 422, 503), **PICTURE},
)
async def thumbnail(
    request: Request,
    image_id: ImageId,
    size: Annotated[int, Query(ge=SIZES[0], le=SIZES[1], examples=[128])] = 256,
) -> Response:
    """Return a photo as an upright JPEG, at most `size` pixels wide and high."""
    service = service_of(request)
    opened = await _opened(service, image_id)
    with opened.file:
        name = f"{opened.tag}-{size}"
        headers = {"ETag": f'"{name}"', "Cache-Control": CACHED}
        if _is_known(request, name):
            return Response(status_code=304, headers=headers)
        content = service.thumbnails.get(name)
        if content is None:
            content = await service.pictures.run(lambda: _shrunk(opened, size))
            service.thumbnails.put(name, content)
    return Response(content, media_type="image/jpeg", headers=headers)


@router.get(
    "/{image_id}/file",
    response_class=Response,
    responses={**errors(401, 403, 404, 422, 503), **PICTURE},
)
async def file(request: Request, image_id: ImageId) -> Response:
    """Return a photo's file unchanged."""
    service = service_of(request)
    opened = await _opened(service, image_id)
    headers = {
        "ETag": f'"{opened.tag}"',
        "Cache-Control": CHECKED,
        # Whatever it holds, it may do nothing when opened in its own tab.
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    if _is_known(request, opened.tag):
        opened.file.close()
        return Response(status_code=304, headers=headers)
    if opened.part:
        part = opened
        opened = await service.pictures.run(lambda: _fetched(part))
    headers["Content-Length"] = str(opened.size_bytes)
    head = opened.file.read(HEAD_BYTES)
    opened.file.seek(0)
    kind = content_type(head)
    if not kind.startswith("image/"):
        headers["Content-Disposition"] = "attachment"
    return StreamingResponse(opened.chunks(), headers=headers, media_type=kind)


async def _opened(service: Service, image_id: int) -> OpenPhoto:
    def open_it(index: ServedIndex) -> OpenPhoto:
        photo = find_photo(index, image_id)
        return open_photo(photo, list(index.sources()), service.settings.uploads)

    return await service.catalogs.run(open_it)


def check_writable(service: Service) -> None:
    """Raise an error if the index is read-only here."""
    if service.settings.several:
        raise Refused(
            403,
            "this server answers from several indexes, which are read-only here: change one of "
            "them with `crossgraph index`, and the server follows",
        )
    if service.settings.vectors is not None:
        raise Refused(
            403,
            "this server answers from a database, which is read-only here: change the index on "
            "disk, then run `crossgraph push`",
        )


def _shrunk(opened: OpenPhoto, size: int) -> bytes:
    with _refused():
        return shrunk(opened.content(), size)


def _fetched(opened: OpenPhoto) -> OpenPhoto:
    with _refused():
        return opened.fetched()


@contextmanager
def _refused() -> Generator[None]:
    try:
        yield
    except UnreadableImage as error:
        raise Refused(404, f"the file is no longer a photo: {error.reason}") from None
    except OSError as error:
        raise Refused(404, f"the file cannot be read: {error.strerror or error}") from None


def _is_known(request: Request, tag: str) -> bool:
    """Return whether the client has this version of it."""
    known = request.headers.get("if-none-match", "")
    return f'"{tag}"' in known
