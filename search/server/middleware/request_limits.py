"""Limits on requests: bytes, however they arrive, and the time they may take."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.server.settings import Settings
from search.server.wire.http_errors import Refused, error_answer

__all__ = ["Bounds", "Stoppable"]


class Bounds:
    """Limits the bytes received, for one request and for all together.

    Args:
        app: the application.
        settings: the settings, with the limits.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self.held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced[:20]) > self._settings.body_bytes:
            await error_answer(413, _too_large(self._settings))(scope, receive, send)
            return
        body = _Body(self, self._settings, receive)
        try:
            await self._app(scope, body.receive, send)
        finally:
            self.held -= body.received


class _Body:
    """The body of one request as it is received."""

    def __init__(self, bounds: Bounds, settings: Settings, receive: Receive) -> None:
        self._bounds = bounds
        self._settings = settings
        self._receive = receive
        self._until = asyncio.get_running_loop().time() + settings.body_seconds
        self._complete = False
        self.received = 0

    async def receive(self) -> Message:
        """Return the next part; raises Refused if it is too much or too late."""
        if self._complete:  # the next message says that the client has gone
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until):
                message = await self._receive()
        except TimeoutError:
            raise Refused(400, "the body of the request did not arrive in time") from None
        size = len(message.get("body", b""))
        self.received += size
        self._bounds.held += size
        self._complete = not message.get("more_body", False)
        if self.received > self._settings.body_bytes:
            raise Refused(413, _too_large(self._settings))
        if self._bounds.held > self._settings.held_bytes:
            raise Refused(503, "too much data is being sent at once; try again", retry=2)
        return message


class Stoppable:
    """Answers 503 to requests that a shutdown cancels.

    Args:
        app: the application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except asyncio.CancelledError:
            if scope["type"] == "http" and not begun:
                await error_answer(503, "the server is stopping")(scope, receive, send)


def _too_large(settings: Settings) -> str:
    return f"the body has more than {settings.body_bytes:,} bytes"
