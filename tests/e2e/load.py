"""Clients that ask a server without a pause, and what they were answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2

from tests.waiting import PATIENCE_SECONDS

__all__ = ["ASKED", "hammering", "shape"]

ASKED = {"text": "a red dog", "limit": 100}


@contextmanager
def hammering(url: str, clients: int = 3) -> Iterator[list[Any]]:
    """Ask on and on, each on a connection that is kept; gives every answer or failure."""
    seen: list[Any] = []
    ended = threading.Event()

    def ask() -> None:
        with httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS) as client:
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
