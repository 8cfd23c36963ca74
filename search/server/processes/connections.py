"""Connections: how long clients may be silent, and which are closed when there are too many.

uvicorn has no deadline for the head of a request and none for a client that does not read its
response, and it counts connections without closing any. Ours are closed after some seconds in which
the client keeps the server waiting; and when there are as many as the process may hold, each new
one replaces the one that has been idle longest. So a client that sends its request at once is
answered, however many others hold idle connections.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from search.json_text import json_text

__all__ = ["Connections", "HttpConnection", "most_connections"]

FEWEST_CONNECTIONS = 16
RESERVED_FILES = 256
"""Files for the index, models, threads, and connections accepted but not yet counted."""

logger = logging.getLogger("uvicorn.error")


def most_connections(wanted: int, files: int) -> int:
    """Return how many connections a process may hold, given its limit on open files.

    Each may take a second file, the photo being sent.

    >>> most_connections(1000, 1024), most_connections(1000, 4096), most_connections(1000, 64)
    (384, 1000, 16)
    """
    return min(wanted, max(FEWEST_CONNECTIONS, (files - RESERVED_FILES) // 2))


class Connections(ServerState):
    """What the connections of a server share.

    Args:
        most: limit on their number.
        head_seconds: as in the settings.
        unread_seconds: as in the settings.
    """

    def __init__(self, most: int, head_seconds: float, unread_seconds: float) -> None:
        super().__init__()
        self.most = most
        self.head_seconds = head_seconds
        self.unread_seconds = unread_seconds
        self.waiting: dict[HttpConnection, None] = {}
        """Idle connections, the longest idle first."""

    def make_room(self) -> None:
        """Close the connection that has been idle longest, if there are too many."""
        if len(self.connections) <= self.most or not self.waiting:
            return
        logger.warning(
            "%d connections are open, the most that this process holds: the longest idle ones "
            "are closed",
            self.most,
        )
        next(iter(self.waiting)).make_way()


class HttpConnection(H11Protocol):
    """One connection; uvicorn's, with deadlines."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        if not isinstance(server_state, Connections):
            raise TypeError("a connection with deadlines needs the state that has them")
        self._all = server_state
        self._head_timer: asyncio.TimerHandle | None = None
        self._unread_timer: asyncio.TimerHandle | None = None
        self._has_begun = False  # to send its request

    def connection_made(  # type: ignore[override] # a server's connections can be written to
        self, transport: asyncio.Transport
    ) -> None:
        """Start to wait for a request, and make room for the connection."""
        super().connection_made(transport)
        self._all.waiting[self] = None
        self._set_head_timer()
        self._all.make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection."""
        self._is_answered()
        self._unset_unread_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read data; a request head that is still incomplete gets a deadline."""
        self._has_begun = True
        try:
            super().data_received(data)
        except h11.LocalProtocolError:  # malformed data in a body whose response has begun
            self.transport.close()
        if self.cycle is not None and not self.cycle.response_complete:
            self._is_answered()
        elif self._head_timer is None and not self.transport.is_closing():
            self._set_head_timer()

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        self._has_begun = False
        super().on_response_complete()
        if self.transport.is_closing():
            self._close()
        elif self.cycle.response_complete:  # and no other request came with the last one
            self._all.waiting[self] = None
            if self.conn.trailing_data[0]:  # but its beginning did
                self._has_begun = True
                self._set_head_timer()

    def pause_writing(self) -> None:
        """Start the deadline for a client that stopped reading."""
        super().pause_writing()
        self._set_unread_timer()

    def resume_writing(self) -> None:
        """End the deadline, since the client reads on."""
        if not self.transport.is_closing():
            self._unset_unread_timer()
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Close the idle connection."""
        super().timeout_keep_alive_handler()
        self._close()

    def send_400_response(self, msg: str) -> None:
        """Answer malformed HTTP in the form of all errors."""
        self._refuse(400, "the request is not HTTP, or its head is larger than 16 kB")

    def make_way(self) -> None:
        """Close, to make way for another connection."""
        self.connections.discard(self)
        self._is_answered()
        if self._has_begun:
            self._refuse(503, "too many connections are open; try again")
        else:
            self._close()

    def _is_answered(self) -> None:
        """Cancel the deadline: the client no longer keeps the server waiting."""
        self._all.waiting.pop(self, None)
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _set_head_timer(self) -> None:
        self._head_timer = self.loop.call_later(self._all.head_seconds, self._is_late)

    def _is_late(self) -> None:
        self._head_timer = None
        if self._has_begun:
            self._refuse(408, "the head of the request did not arrive in time")
        else:
            self._close()

    def _refuse(self, status: int, reason: str) -> None:
        """Answer an incomplete request if no response has begun, and close."""
        content = json_text({"error": reason}).encode()
        headers = [
            ("content-type", "application/json"),
            ("content-length", str(len(content))),
            ("connection", "close"),
        ]
        answer = h11.Response(status_code=status, headers=headers)
        try:
            for event in (answer, h11.Data(data=content), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        except h11.LocalProtocolError:
            pass
        self._close()

    def _close(self) -> None:
        """Close; unread data is dropped."""
        self.transport.close()
        self._set_unread_timer()

    def _set_unread_timer(self) -> None:
        self._unset_unread_timer()
        self._unread_timer = self.loop.call_later(self._all.unread_seconds, self.transport.abort)

    def _unset_unread_timer(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
            self._unread_timer = None
