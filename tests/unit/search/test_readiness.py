"""When a server reports that it is ready, and when clients should ask again."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from search.server.routes.index_routes import router
from store import IndexNotFound, IndexUnavailable


def answer(
    *, loaded: str = "f1", missing: tuple[str, ...] = (), fails: Exception | None = None
) -> Any:
    """Return the answer of a server whose index was made with the model f1."""
    index = SimpleNamespace(
        model=SimpleNamespace(fingerprint="f1"),
        missing=missing,
        answer_of_one_state=lambda of: of(),
    )

    async def run(read: Any) -> Any:
        if fails is not None:
            raise fails
        return read(index)

    app = FastAPI()
    app.include_router(router)
    app.state.service = SimpleNamespace(
        catalogs=SimpleNamespace(run=run), models=SimpleNamespace(holds=lambda one: one == loaded)
    )
    return TestClient(app).get("/readyz")


@pytest.mark.parametrize("missing", [(), ("photos.index",)])
def test_a_server_is_ready_whose_model_is_loaded(missing: tuple[str, ...]) -> None:
    told = answer(missing=missing)
    assert (told.status_code, told.json()) == (200, {"status": "ready", "degraded": bool(missing)})


def test_a_model_that_is_not_loaded_yet_is_worth_five_seconds() -> None:
    told = answer(loaded="f2")
    assert (told.status_code, told.headers["Retry-After"]) == (503, "5")
    assert list(told.json()) == ["error"]
    assert "model" in told.json()["error"]


@pytest.mark.parametrize(
    ("error", "degraded"),
    [
        (IndexNotFound("no index in /secret"), {}),
        (IndexUnavailable("the database at /secret is down"), {"degraded": True}),
        (OSError(5, "Input/output error", "/secret"), {}),
    ],
)
def test_why_an_index_cannot_be_read_is_told_elsewhere(
    error: Exception, degraded: dict[str, bool]
) -> None:
    told = answer(fails=error)
    assert (told.status_code, told.headers["Retry-After"]) == (503, "5")
    said = told.json()
    assert "/v1/index" in said.pop("error")
    assert said == degraded
    assert "secret" not in told.text
