"""The server's life: from a socket to a signal that ends it."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from search.server.processes.connections import Connections, HttpConnection, most_connections
from search.server.processes.files_open import open_files_allowed
from search.server.processes.log import spare_the_log
from search.server.settings import Settings

__all__ = ["Running"]

SECONDS_TO_KEEP = 5

ACCEPTED_AT_ONCE = 64
"""Connections that are taken before those that are there already have their turn."""

QUEUE = 1024
"""Connections that the system holds until they are taken."""

TICKS_A_SECOND = 10
"""Of uvicorn's."""

SECONDS_TO_DRAIN = SECONDS_TO_KEEP + 2
"""After which a connection that nobody asks anything on has been closed, as at any other time."""


class Running:
    """Answers requests until SIGINT, SIGTERM, or one of its methods.

    Args:
        app: with a `Service` that is closed in the end.
        listening: the socket; closed.
        ready: called once requests are answered.
        seconds_to_stop: how long requests that are being answered may take when it ends.
        alive: called about every second that the event loop has time for it.
    """

    def __init__(
        self,
        app: FastAPI,
        listening: socket.socket,
        ready: Callable[[], None],
        seconds_to_stop: int,
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        self._app = app
        self._listening = listening
        config = uvicorn.Config(
            app,
            http=HttpConnection,
            ws="none",
            log_level="warning",
            access_log=False,
            use_colors=False,
            server_header=False,
            lifespan="off",
            backlog=ACCEPTED_AT_ONCE,
            timeout_keep_alive=SECONDS_TO_KEEP,
            timeout_graceful_shutdown=seconds_to_stop,
        )
        spare_the_log()
        self._server = _Server(config, app.state.service.settings, ready, alive)

    def run(self) -> bool:
        """Answer; say in the end whether all that was begun has ended."""
        self._server.run(sockets=[self._listening])
        ended: bool = self._app.state.service.close(0.2)
        return ended

    def stop(self) -> None:
        """End within the seconds; from any thread."""
        self._server.should_exit = True

    def drain(self) -> None:
        """Take no new connection, close each after its next answer, then end; from any thread."""
        self._server.config.encoded_headers = [(b"connection", b"close")]
        self._server.drain_until = time.monotonic() + SECONDS_TO_DRAIN


class _Server(uvicorn.Server):
    """A server that says when it is ready, can be drained, and for which a signal is no failure.

    Attributes:
        drain_until: the moment, of the monotonic clock, at which a drained server ends.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        settings: Settings,
        ready: Callable[[], None],
        alive: Callable[[], None],
    ) -> None:
        super().__init__(config)
        most = most_connections(settings.connections, open_files_allowed())
        self.server_state = Connections(most, settings.head_seconds, settings.unread_seconds)
        self._ready = ready
        self._alive = alive
        self.drain_until: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        for each in sockets or ():
            each.listen(QUEUE)  # asyncio has made it as short as what is accepted at once
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        ended = await super().on_tick(counter)
        if counter % TICKS_A_SECOND == 0:
            self._alive()
        if self.drain_until is None:
            return ended
        for server in self.servers:
            server.close()  # of the socket, which others have too: whoever waits there is answered
        return ended or time.monotonic() > self.drain_until

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        # One that is ignored is for somebody else.
        handled = [each for each, handler in handlers.items() if handler is not signal.SIG_IGN]
        before = {each: signal.signal(each, self.handle_exit) for each in handled}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
