"""The index itself, the server's health and metrics, and the page."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response

from search.server.middleware.prometheus import CONTENT_TYPE
from search.server.pool.service import service_of
from search.server.wire.http_errors import Refused, error_answer, not_now
from search.server.wire.json_answer import JSONAnswer
from search.server.wire.openapi import errors
from search.server.wire.response_bodies import index_answer
from search.server.wire.schemas import IndexAnswer
from search.status.build_progress import read_building
from search.status.index_status import status_of
from store import CrossgraphError
from store.searched_index import ServedIndex

__all__ = ["STATIC", "router"]

STATIC = Path(__file__).parents[1] / "static"
MOST_CATEGORIES = 200

router = APIRouter()


@router.get(
    "/v1/index", tags=["index"], response_model=IndexAnswer, responses=errors(401, 403, 503)
)
async def index(request: Request) -> JSONAnswer:
    """Return what the index holds, which model made it, and whether it is being built."""
    service = service_of(request)

    def read(index: ServedIndex) -> dict[str, object]:
        categories = index.category_counts(MOST_CATEGORIES)
        building = None if index.folder is None else read_building(index.folder)
        state, dim = status_of(index, metadata=False), index.model.dim
        return index_answer(state, dim, categories, building, index.missing)

    return JSONAnswer(
        await service.catalogs.run(lambda one: one.answer_of_one_state(lambda: read(one)))
    )


@router.get("/healthz", include_in_schema=False)
async def healthz() -> JSONAnswer:
    """Return 200 while the process answers."""
    return JSONAnswer({"status": "ok"})


@router.get("/readyz", include_in_schema=False)
async def readyz(request: Request) -> JSONAnswer:
    """Return 200 if searches are answered: the index opens, and its model is loaded.

    Of several indexes, one that opens is enough. Which do not, and why, only `/v1/index` says,
    which needs the key.
    """
    service = service_of(request)
    try:
        fingerprint, degraded = await service.catalogs.run(_state)
    except (CrossgraphError, OSError) as error:
        return not_now(error, "the index cannot be read at the moment; /v1/index says why")
    if not service.models.holds(fingerprint):
        return error_answer(503, "the index's model is not loaded yet", {"Retry-After": "5"})
    return JSONAnswer({"status": "ready", "degraded": degraded})


@router.get("/metrics", include_in_schema=False)
async def metrics(request: Request) -> Response:
    """Return the metrics for Prometheus."""
    return Response(service_of(request).metrics.text(), headers={"Content-Type": CONTENT_TYPE})


@router.get("/", include_in_schema=False)
async def page() -> Response:
    """Return the web page."""
    if not (STATIC / "index.html").is_file():
        raise Refused(404, "this server has no page; /openapi.json describes its routes")
    return FileResponse(STATIC / "index.html")


def _state(index: ServedIndex) -> tuple[str, bool]:
    return index.answer_of_one_state(lambda: (index.model.fingerprint, bool(index.missing)))
