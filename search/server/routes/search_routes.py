"""Searching, and vectors for programs that search on their own."""

from __future__ import annotations

import numpy as np
from fastapi import APIRouter, Request
from numpy.typing import NDArray

from indexer.photos.decode import decode_bytes
from search.query.request import SearchRequest
from search.result import SearchResult
from search.server.pool.service import OpenedIndex, service_of
from search.server.wire.http_errors import Refused
from search.server.wire.json_answer import JSONAnswer
from search.server.wire.openapi import body_of, errors
from search.server.wire.request_bodies import Body, check_pictures, read_body, search_request
from search.server.wire.response_bodies import search_answer
from search.server.wire.schemas import EmbedAnswer, EmbedBody, SearchAnswer, SearchBody

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["search"])


@router.post(
    "/search",
    response_model=SearchAnswer,
    responses=errors(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=body_of(SearchBody, "image", "minus_image"),
)
async def search(request: Request) -> JSONAnswer:
    """Find photos by texts, pictures, and photos of the index, each wanted or unwanted."""
    service = service_of(request)
    body = await read_body(request, ("image", "minus_image"))
    asked = await service.bodies.run(lambda: search_request(body))
    result, answer = await service.searches.run(lambda opened: _searched(opened, asked))
    service.metrics.searched(result)
    return JSONAnswer(answer)


@router.post(
    "/embed",
    response_model=EmbedAnswer,
    responses=errors(400, 401, 403, 413, 415, 422, 503),
    openapi_extra=body_of(EmbedBody, "image"),
)
async def embed(request: Request) -> JSONAnswer:
    """Return the vectors of texts and pictures; their inner products are first-stage scores."""
    service = service_of(request)
    body = await read_body(request, ("image",))
    texts, pictures = await service.bodies.run(lambda: _to_embed(body))
    answer = await service.searches.run(lambda one: _embedded(one, texts, pictures))
    return JSONAnswer(answer)


def _to_embed(body: Body) -> tuple[list[str], list[bytes]]:
    texts, pictures = body.parsed(EmbedBody).texts, body.of("image")
    if not texts and not pictures:
        raise Refused(422, "nothing to embed: expected texts, or files in the field image")
    if any(not text.strip() for text in texts):
        raise Refused(422, "a text is empty; say what the photo shows")
    check_pictures(pictures)
    return texts, pictures


def _searched(
    opened: OpenedIndex, request: SearchRequest
) -> tuple[SearchResult, dict[str, object]]:
    result = opened.search.search(request)
    return result, search_answer(result)


def _embedded(opened: OpenedIndex, texts: list[str], pictures: list[bytes]) -> dict[str, object]:
    model = opened.index.model
    with opened.index.snapshot():  # refused if another model answers meanwhile
        pass
    images = [opened.model.photo.embed_images([decode_bytes(each)]).vectors for each in pictures]
    return {
        "model": model.name,
        "fingerprint": model.fingerprint,
        "dim": model.dim,
        "texts": _lists(opened.model.query.embed_queries(texts).vectors) if texts else [],
        "images": [row for vectors in images for row in _lists(vectors)],
    }


def _lists(vectors: NDArray[np.float32]) -> list[list[float]]:
    rows: list[list[float]] = vectors.tolist()
    return rows
