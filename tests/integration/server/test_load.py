"""Many requests at once: right answers, or a word that it is too much, in bounded memory."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.integration.colours import ColourModel
from tests.integration.server.served import Served, make_index, serve
from tests.waiting import PATIENCE_SECONDS

BEST = {"red": "red.png", "green": "green.png", "grey": "turned.jpg"}


def test_two_hundred_searches_at_once_get_their_own_answers(served: Served) -> None:
    asked = [list(BEST)[number % 3] for number in range(200)]

    def best(text: str) -> str:
        answer = served.client.post("/v1/search", json={"text": text, "limit": 1})
        assert answer.status_code == 200, answer.text
        return Path(answer.json()["hits"][0]["path"]).name

    with ThreadPoolExecutor(200) as people:
        found = list(people.map(best, asked))
    assert found == [BEST[text] for text in asked]
    # Each open index holds vectors in memory: there are no more of them than threads.
    assert len(served.service.searches._idle) <= served.service.settings.readers


class SlowModel(ColourModel):
    """Answers once it may."""

    def __init__(self) -> None:
        super().__init__()
        self.may = threading.Event()
        self.may.set()
        self.working = threading.Semaphore(0)

    def embed_queries(self, texts: list[str]) -> SimpleNamespace:  # type: ignore[override]
        self.working.release()
        assert self.may.wait(PATIENCE_SECONDS)
        return super().embed_queries(texts)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[tuple[Served, SlowModel]]:
    model = SlowModel()
    made = serve(*make_index(tmp_path), model, waiting=3, answer_seconds=20.0)
    model.working.acquire()
    with made.client:
        yield made, model
    assert made.service.close(5)


def test_beyond_what_may_wait_people_are_told_to_come_back(slow: tuple[Served, SlowModel]) -> None:
    served, model = slow
    model.may.clear()
    with ThreadPoolExecutor(20) as people:
        asked = [
            people.submit(served.client.post, "/v1/search", json={"text": "red"}) for _ in range(20)
        ]
        # All but the two at work and the three that wait have their answer before these do.
        while sum(one.done() for one in asked) < 15:
            threading.Event().wait(0.01)
        assert served.client.get("/v1/index").status_code == 200  # looking up goes on
        model.may.set()
        answers = [one.result() for one in asked]
    assert Counter(one.status_code for one in answers) == {200: 5, 503: 15}
    refused = next(one for one in answers if one.status_code == 503)
    assert "too many requests are waiting" in refused.json()["error"]
    assert refused.headers["retry-after"] == "1"
    assert served.client.post("/v1/search", json={"text": "red"}).status_code == 200


def test_what_takes_too_long_is_told(tmp_path: Path) -> None:
    model = SlowModel()
    made = serve(*make_index(tmp_path), model, answer_seconds=0.2)
    model.may.clear()
    with made.client:
        answer = made.client.post("/v1/search", json={"text": "red"})
        assert answer.status_code == 503
        assert "longer than 0.2 seconds" in answer.json()["error"]
        model.may.set()
    assert made.service.close(5)


def test_after_it_was_closed_nothing_is_begun(served: Served) -> None:
    assert served.service.close(1)
    answer = served.client.post("/v1/search", json={"text": "red"})
    assert (answer.status_code, answer.json()) == (503, {"error": "the server is stopping"})


def test_routes_are_built_before_the_first_request(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def built(*_: object, **__: object) -> None:
        raise AssertionError("a route is built during a request")

    monkeypatch.setattr("fastapi.routing.get_dependant", built)
    assert served.client.get("/v1/index").status_code == 200
