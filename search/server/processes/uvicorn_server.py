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
"""Connections accepted at once before existing ones have their turn."""

QUEUE = 1024
"""Connections that the system queues until they are accepted."""

TICKS_A_SECOND = 10
"""How many times a second uvicorn calls `on_tick`."""

SECONDS_TO_DRAIN = SECONDS_TO_KEEP + 2
"""Seconds until a drained server stops: by then, idle connections have been closed as usual."""


class Running:
    """Answers requests until SIGINT, SIGTERM, or one of its methods.

    Args:
        app: the application, whose `Service` is closed at the end.
        listening: the socket; closed.
        ready: called once requests are answered.
        seconds_to_stop: how long running requests may take when it stops.
        alive: called about once a second while the event loop is responsive.
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
        """Serve; return whether all started requests were finished."""
        self._server.run(sockets=[self._listening])
        ended: bool = self._app.state.service.close(0.2)
        return ended

    def stop(self) -> None:
        """Stop within `seconds_to_stop`; callable from any thread."""
        self._server.should_exit = True

    def drain(self) -> None:
        """Accept no new connection, close each after its next response, then stop."""
        self._server.config.encoded_headers = [(b"connection", b"close")]
        self._server.drain_until = time.monotonic() + SECONDS_TO_DRAIN


class _Server(uvicorn.Server):
    """A server that reports when it is ready, can be drained, and treats signals as normal ends.

    Attributes:
        drain_until: when a drained server stops, by the monotonic clock.
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
            each.listen(QUEUE)  # asyncio has set it to the number accepted at once
        self._ready()

    async def on_tick(self, counter: int) -> bool:
        ended = await super().on_tick(counter)
        if counter % TICKS_A_SECOND == 0:
            self._alive()
        if self.drain_until is None:
            return ended
        for server in self.servers:
            server.close()  # of the socket, which other processes share and serve
        return ended or time.monotonic() > self.drain_until

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        # An ignored signal is handled elsewhere.
        handled = [each for each, handler in handlers.items() if handler is not signal.SIG_IGN]
        before = {each: signal.signal(each, self.handle_exit) for each in handled}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
