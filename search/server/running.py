"""The server's life: from a socket to a signal that ends it."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from store import CrossgraphError

__all__ = ["ListenError", "run"]

SECONDS_TO_KEEP = 5
MOST_CONNECTIONS = 1000


class ListenError(CrossgraphError):
    """The address or the port cannot be had."""


def run(
    app: FastAPI, listening: socket.socket, ready: Callable[[], None], seconds_to_stop: int
) -> bool:
    """Answer requests until SIGINT or SIGTERM.

    Args:
        app: with a `Service` that is closed in the end.
        listening: the socket; closed.
        ready: called once requests are answered.
        seconds_to_stop: how long requests that are being answered may take when it ends.

    Returns:
        Whether all that was begun has ended.
    """
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_keep_alive=SECONDS_TO_KEEP,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=seconds_to_stop,
    )
    _Server(config, ready).run(sockets=[listening])
    ended: bool = app.state.service.close(0.2)
    return ended


class _Server(uvicorn.Server):
    """A server that says when it is ready, and for which a signal is no failure."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._ready()

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before = {each: signal.signal(each, self.handle_exit) for each in handled}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
