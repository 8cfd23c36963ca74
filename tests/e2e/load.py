"""Clients that ask a server without a pause, and what they were answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

__all__ = ["ASKED", "await_that", "hammering", "shape"]

ASKED = {"text": "a red dog", "limit": 100}


def await_that(condition: Callable[[], bool], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that in time"
        time.sleep(0.05)


@contextmanager
def hammering(url: str, clients: int = 3) -> Iterator[list[Any]]:
    """Ask on and on, each on a connection that is kept; gives every answer or failure."""
    seen: list[Any] = []
    ended = threading.Event()

    def ask() -> None:
        with httpx2.Client(base_url=url, timeout=60) as client:
            while not ended.is_set():
                try:
                    answer = client.post("/v1/search", json=ASKED)
                except httpx2.HTTPError as error:
                    seen.append(repr(error))
                    continue
                told = answer.json()
                seen.append(shape(told) if answer.status_code == 200 else str(told))

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for each in threads:
        each.start()
    try:
        yield seen
    finally:
        ended.set()
        for each in threads:
            each.join()


def shape(answer: dict[str, Any]) -> tuple[tuple[int, float], ...]:
    return tuple((hit["id"], hit["score"]) for hit in answer["hits"])
