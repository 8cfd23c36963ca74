"""How much a request may bring: bytes, however they arrive, and the time they may take."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search.server.errors import Refused, error_answer
from search.server.settings import Settings

__all__ = ["Bounds"]


class Bounds:
    """Counts what is received, of one request and of all together.

    Args:
        app: what answers.
        settings: with the limits.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._settings = settings
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced[:20]) > self._settings.body_bytes:
            await error_answer(413, self._too_large())(scope, receive, send)
            return
        mine = 0
        clock = asyncio.get_running_loop().time
        until = clock() + self._settings.body_seconds
        complete = False

        async def bounded() -> Message:
            nonlocal mine, complete
            if complete:  # what comes now is that the client has gone
                return await receive()
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise Refused(400, "the body of the request did not arrive in time") from None
            size = len(message.get("body", b""))
            mine += size
            self._held += size
            complete = not message.get("more_body", False)
            if mine > self._settings.body_bytes:
                raise Refused(413, self._too_large())
            if self._held > self._settings.held_bytes:
                raise Refused(503, "too much is being sent at once; try again", retry=2)
            return message

        try:
            await self._app(scope, bounded, send)
        finally:
            self._held -= mine

    def _too_large(self) -> str:
        return f"the body has more than {self._settings.body_bytes:,} bytes"
