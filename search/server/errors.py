"""What went wrong, as `{"error": "one line"}` and a status; never a traceback."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from search.server.shown import shown
from store import CrossgraphError, IndexUnavailable, QueryError, UnreadableImage

__all__ = ["Refused", "error_answer", "install", "not_now", "told"]


class Refused(HTTPException):
    """A request is not answered.

    Args:
        status: of the answer.
        reason: in one line.
        retry: seconds after which it may be tried again.
    """

    def __init__(self, status: int, reason: str, *, retry: int | None = None) -> None:
        headers = None if retry is None else {"Retry-After": str(retry)}
        super().__init__(status, reason, headers)


def error_answer(
    status: int,
    reason: str,
    headers: Mapping[str, str] | None = None,
    *,
    degraded: bool = False,
) -> JSONResponse:
    """Give the answer that says why there is none."""
    content: dict[str, object] = {"error": shown(" ".join(reason.split()))}
    if degraded:
        content["degraded"] = True
    return JSONResponse(content, status, dict(headers or {}))


def not_now(error: Exception, reason: str | None = None) -> JSONResponse:
    """Give the answer where it may be there later; `degraded` where a database is down.

    Args:
        error: why there is none.
        reason: told in its place, which names where things lie.
    """
    degraded = isinstance(error, IndexUnavailable)
    return error_answer(503, reason or str(error), {"Retry-After": "5"}, degraded=degraded)


def told(errors: Sequence[Mapping[str, Any]]) -> str:
    """Say in one line what pydantic found, the first three of it.

    >>> told([{"loc": ("body", "limit"), "msg": "Input should be at least 1"}])
    'body.limit: Input should be at least 1'
    """
    lines = [
        ".".join(str(part)[:60] for part in error["loc"]) + f": {error['msg']}"
        if error["loc"]
        else str(error["msg"])
        for error in errors[:3]
    ]
    return "; ".join(lines)


def install(app: FastAPI) -> None:
    """Let an application tell its errors in this way."""

    @app.exception_handler(HTTPException)
    async def _refused(request: Request, error: HTTPException) -> JSONResponse:
        return error_answer(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return error_answer(422, told(error.errors()))

    @app.exception_handler(ValidationError)
    async def _invalid_body(request: Request, error: ValidationError) -> JSONResponse:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        malformed = any(each["type"] == "json_invalid" for each in found)
        return error_answer(400 if malformed else 422, told(found))

    @app.exception_handler(CrossgraphError)
    async def _ours(request: Request, error: CrossgraphError) -> JSONResponse:
        if isinstance(error, (QueryError, UnreadableImage)):
            return error_answer(422, str(error))
        return not_now(error)

    @app.exception_handler(Exception)
    async def _unknown(request: Request, error: Exception) -> JSONResponse:
        return error_answer(500, "this is a mistake of the server's; its log says more")
