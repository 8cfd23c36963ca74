"""Errors as `{"error": "one line"}` and a status; never a traceback."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from search.photo_files.photo_errors import PhotoForbidden, PhotoNotFound
from search.plain_words import told
from search.printable import printable, without_passwords
from search.server.wire.json_answer import JSONAnswer
from store import CrossgraphError, IndexUnavailable, QueryError, UnreadableImage

__all__ = ["Refused", "error_answer", "install", "not_now"]


LONGEST_PATH = 200

STATUSES: dict[type[CrossgraphError], int] = {
    PhotoForbidden: 403,
    PhotoNotFound: 404,
    QueryError: 422,
    UnreadableImage: 422,
}
"""Status codes of errors for which trying again does not help."""


class Refused(HTTPException):
    """A request is refused.

    Args:
        status: status of the response.
        reason: the reason in one line.
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
) -> JSONAnswer:
    """Return the response for an error."""
    line = printable(without_passwords(" ".join(reason.split())))
    content: dict[str, object] = {"error": line}
    if degraded:
        content["degraded"] = True
    return JSONAnswer(content, status, dict(headers or {}))


def not_now(error: Exception, reason: str | None = None) -> JSONAnswer:
    """Return the response for a temporary error; `degraded` if a database is down.

    Args:
        error: the error.
        reason: shown in its place, since the error names paths.
    """
    degraded = isinstance(error, IndexUnavailable)
    return error_answer(503, reason or str(error), {"Retry-After": "5"}, degraded=degraded)


def install(app: FastAPI) -> None:
    """Install these error handlers in an application."""

    @app.exception_handler(HTTPException)
    async def _refused(request: Request, error: HTTPException) -> JSONAnswer:
        reason = _in_words(request, error) if type(error) is HTTPException else str(error.detail)
        return error_answer(error.status_code, reason, error.headers)

    @app.exception_handler(ClientDisconnect)
    async def _left(request: Request, error: ClientDisconnect) -> JSONAnswer:
        return error_answer(400, "the client left before its whole request had arrived")

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONAnswer:
        return error_answer(422, told(error.errors()))

    @app.exception_handler(ValidationError)
    async def _invalid_body(request: Request, error: ValidationError) -> JSONAnswer:
        errors = error.errors(include_url=False)
        malformed = any(each["type"] == "json_invalid" for each in errors)
        return error_answer(400 if malformed else 422, told(errors))

    @app.exception_handler(CrossgraphError)
    async def _ours(request: Request, error: CrossgraphError) -> JSONAnswer:
        status = next((n for kind, n in STATUSES.items() if isinstance(error, kind)), None)
        if status is not None:
            return error_answer(status, str(error))
        return not_now(error)

    @app.exception_handler(Exception)
    async def _unknown(request: Request, error: Exception) -> JSONAnswer:
        return error_answer(500, "internal server error; the server's log says more")


def _in_words(request: Request, error: HTTPException) -> str:
    """Return a message for what Starlette and FastAPI refuse by themselves."""
    path = request.scope["path"][:LONGEST_PATH]
    if error.status_code == 404:
        return f"there is nothing at {path}; /openapi.json lists all routes"
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return (
            f"{path} does not answer {request.method[:20]}, expected {allowed or 'another method'}"
        )
    return str(error.detail)
