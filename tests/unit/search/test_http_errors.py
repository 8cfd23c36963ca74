"""Every error over HTTP has one line, a status, and tells whether to retry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from search.photo_files.photo_errors import PhotoForbidden, PhotoNotFound
from search.server.wire.http_errors import Refused, error_answer, install, not_now
from search.server.wire.json_answer import JSONAnswer
from store import (
    CrossgraphError,
    IndexBusy,
    IndexUnavailable,
    QueryError,
    UnreadableImage,
)


class Asked(BaseModel):
    limit: int


def answer_to(
    error: Callable[[], Exception] | None, path: str = "/asked", method: str = "GET"
) -> Any:
    """Return the response to a request whose handler raises an error."""
    app = FastAPI()
    install(app)

    @app.get("/asked")
    def asked(request: Request) -> None:
        if error is not None:
            raise error()

    @app.get("/numbered/{number}")
    def numbered(number: int) -> None:
        raise AssertionError

    @app.post("/body")
    async def body(request: Request) -> None:
        Asked.model_validate_json(await request.body())

    client = TestClient(app, raise_server_exceptions=False)
    if method == "LONGER":
        return client.request("X" * 21, path)
    content = {"GET": None, "POST": b'{"limit": "many"}', "BROKEN": b"{"}[method]
    return client.request("GET" if method == "GET" else "POST", path, content=content)


@pytest.mark.parametrize(
    ("error", "status", "told", "retry", "degraded"),
    [
        (lambda: QueryError("no such field"), 422, "no such field", None, None),
        (lambda: UnreadableImage("cut off"), 422, "cut off", None, None),
        (lambda: PhotoForbidden("not this one"), 403, "not this one", None, None),
        (lambda: PhotoNotFound("no such photo"), 404, "no such photo", None, None),
        (lambda: IndexBusy("it is being written"), 503, "it is being written", "5", None),
        (lambda: IndexUnavailable("the database is down"), 503, "the database is down", "5", True),
        (lambda: CrossgraphError("something"), 503, "something", "5", None),
        (lambda: Refused(413, "too large"), 413, "too large", None, None),
        (lambda: Refused(503, "busy", retry=7), 503, "busy", "7", None),
        (lambda: Refused(503, "busy", retry=0), 503, "busy", "0", None),
        (lambda: Refused(404, "no such saved search"), 404, "no such saved search", None, None),
        (lambda: HTTPException(418, "a teapot"), 418, "a teapot", None, None),
        (
            lambda: HTTPException(404),
            404,
            "there is nothing at /asked; ",
            None,
            None,
        ),
        (
            ClientDisconnect,
            400,
            "the client left before ",
            None,
            None,
        ),
        (
            lambda: RuntimeError("a secret"),
            500,
            "log says more",
            None,
            None,
        ),
    ],
)
def test_errors_are_told_in_one_line(
    error: Callable[[], Exception],
    status: int,
    told: str,
    retry: str | None,
    degraded: bool | None,
) -> None:
    answer = answer_to(error)
    assert answer.status_code == status
    assert answer.headers.get("Retry-After") == retry
    said = answer.json()
    assert told in said.pop("error")
    assert said == ({} if degraded is None else {"degraded": degraded})
    assert "a secret" not in answer.text


@pytest.mark.parametrize(
    ("path", "method", "status", "told"),
    [
        ("/none", "GET", 404, "there is nothing at /none; "),
        ("/asked", "POST", 405, "/asked does not answer POST, expected GET"),
        ("/asked", "LONGER", 405, f"/asked does not answer {'X' * 20}, expected GET"),
        ("/numbered/x", "GET", 422, 'number is "x", expected a whole number'),
        ("/body", "POST", 422, 'limit is "many", expected a whole number'),
    ],
)
def test_what_the_libraries_refuse_is_told_in_our_words(
    path: str, method: str, status: int, told: str
) -> None:
    answer = answer_to(None, path, method)
    assert answer.status_code == status
    assert list(answer.json()) == ["error"]
    assert told in answer.json()["error"]


def test_a_body_that_is_no_json_is_malformed() -> None:
    answer = answer_to(None, "/body", "BROKEN")
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("the body is not valid JSON: ")


def test_a_long_path_is_told_in_part() -> None:
    told = answer_to(None, "/" + "x" * 300).json()["error"]
    assert told.startswith(f"there is nothing at /{'x' * 199}; ")


def test_an_error_is_one_line_that_no_terminal_obeys_and_holds_no_password() -> None:
    answer = error_answer(500, " a\n b\x1b[31m postgresql://me:secret@host/db ")
    assert b"secret" not in answer.body
    assert b"\x1b" not in answer.body
    assert answer.body.startswith(b'{"error":"a b')
    assert answer.status_code == 500


def test_what_is_not_there_now_may_be_told_in_other_words() -> None:
    answer = not_now(IndexUnavailable("/secret/place is down"), "the index is not there")
    assert answer.body == b'{"error":"the index is not there","degraded":true}'
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert not_now(OSError("full")).body == b'{"error":"full"}'


def test_answers_are_compact_json_without_what_json_is_not() -> None:
    assert JSONAnswer({"a": [1, 0.5, None], "b": "é"}).body == '{"a":[1,0.5,null],"b":"é"}'.encode()
    with pytest.raises(ValueError, match="Out of range float"):
        JSONAnswer({"a": float("nan")})
