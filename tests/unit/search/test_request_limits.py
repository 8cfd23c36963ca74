"""Limits on the size and duration of a request, at and next to each limit."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from search.server.middleware.request_limits import Bounds, Stoppable
from search.server.settings import Settings
from search.server.wire.http_errors import Refused
from tests.waiting import PATIENCE_SECONDS

Message = dict[str, Any]


def settings(**limits: Any) -> Settings:
    return Settings(Path("/index"), **{"body_seconds": float(PATIENCE_SECONDS), **limits})


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


class Client:
    """Sends the given messages, then waits for ever or disconnects; records the answers."""

    def __init__(self, parts: Sequence[Message], *, ends: bool = False) -> None:
        self._coming = list(parts)
        self._ends = ends
        self.told: list[Message] = []

    async def receive(self) -> Message:
        await asyncio.sleep(0)  # as bytes from a network are never available at once
        if self._coming:
            return self._coming.pop(0)
        return {"type": "http.disconnect"} if self._ends else await asyncio.Future()

    async def send(self, message: Message) -> None:
        self.told.append(message)


class Reader:
    """An application that reads a whole body, and records the number of bytes held meanwhile."""

    def __init__(self) -> None:
        self.bounds: Bounds | None = None
        self.read = b""
        self.held: list[int] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        is_more = True
        while is_more:
            message = await receive()
            self.read += message.get("body", b"")
            is_more = message.get("more_body", False)
            if self.bounds is not None:
                self.held.append(self.bounds.held)


def asked(
    parts: Sequence[Message], headers: Sequence[tuple[bytes, bytes]] = (), **limits: Any
) -> Reader:
    """Read one body within limits; raises the error that refuses it."""
    reader = Reader()
    reader.bounds = bounds = Bounds(reader, settings(**limits))
    client = Client(parts)
    try:
        asyncio.run(bounds({"type": "http", "headers": headers}, client.receive, client.send))
    finally:
        assert bounds.held == 0
    return reader


def refusal(parts: Sequence[Message], **limits: Any) -> tuple[int, str, Any]:
    with pytest.raises(Refused) as caught:
        asked(parts, **limits)
    error = caught.value
    return error.status_code, str(error.detail), (error.headers or {}).get("Retry-After")


def test_a_body_of_exactly_the_limit_is_read() -> None:
    body = [part(b"abc"), part(b"de", more=False)]
    assert asked(body, body_bytes=5, held_bytes=5).read == b"abcde"
    status, told, retry = refusal(body, body_bytes=4)
    assert (status, retry) == (413, None)
    assert "more than 4 bytes" in told
    status, told, retry = refusal(body, body_bytes=5, held_bytes=4)
    assert (status, retry) == (503, "2")
    assert "try again" in told


def test_limits_are_told_in_words() -> None:
    body = [part(bytes(12_346), more=False)]
    assert "more than 12,345 bytes" in refusal(body, body_bytes=12_345)[1]


def test_what_is_held_is_counted_until_the_answer_is_done() -> None:
    reader = asked([part(b"abc"), part(b""), part(b"de", more=False)])
    assert reader.held == [3, 3, 5]


def test_a_part_that_says_nothing_of_more_is_the_last() -> None:
    only = {"type": "http.request", "body": b"abc"}
    assert asked([only, part(b"de")], body_bytes=3).read == b"abc"


def test_requests_count_together() -> None:
    reader = Reader()
    bounds = reader.bounds = Bounds(reader, settings(body_bytes=3, held_bytes=6))
    body = [part(b"abc", more=False)]
    scope = {"type": "http", "headers": ()}

    async def waiting(receive: Any) -> None:
        await bounds(scope, receive, Client(()).send)

    async def together(number: int) -> list[BaseException | None]:
        gathered = []
        held = asyncio.Event()

        async def held_open(scope: Any, receive: Any, send: Any) -> None:
            await receive()
            await held.wait()

        bounds._app = held_open
        for _ in range(number):
            gathered.append(asyncio.ensure_future(waiting(Client(body).receive)))
        for _ in range(50):
            await asyncio.sleep(0)
        held.set()
        return await asyncio.gather(*gathered, return_exceptions=True)  # type: ignore[return-value]

    assert asyncio.run(together(2)) == [None, None]
    first, second, third = asyncio.run(together(3))
    assert (first, second, type(third)) == (None, None, Refused)
    assert bounds.held == 0


@pytest.mark.parametrize(
    ("announced", "is_refused"),
    [
        (b"5", False),
        (b"6", True),
        (b"-6", False),
        (b"six", False),
        (b"9" * 5000, True),
        (None, False),
    ],
)
def test_what_a_request_says_of_its_length_is_believed(
    announced: bytes | None, is_refused: bool
) -> None:
    reader, client = Reader(), Client([part(b"", more=False)])
    headers = [] if announced is None else [(b"content-length", announced)]
    bounds = Bounds(reader, settings(body_bytes=5))
    asyncio.run(bounds({"type": "http", "headers": headers}, client.receive, client.send))
    assert [each["status"] for each in client.told if "status" in each] == [413] * is_refused
    if is_refused:
        assert "more than 5 bytes" in json.loads(client.told[-1]["body"])["error"]


def test_a_body_that_never_comes_is_refused() -> None:
    for parts, seconds in (([], 0.0), ([part(b"abc")], 0.01)):
        status, told, retry = refusal(parts, body_seconds=seconds)
        assert (status, retry) == (400, None)
        assert "in time" in told


def test_the_time_is_that_of_a_whole_body_and_not_of_a_part() -> None:
    class Slow(Client):
        async def receive(self) -> Message:
            clock.now += 2  # each part arrives after two seconds
            for _ in range(3):  # in which the loop checks its clock
                await asyncio.sleep(0)
            return await super().receive()

    class Clock(asyncio.SelectorEventLoop):
        now = 0.0

        def time(self) -> float:
            return super().time() + self.now

    def read(seconds: float) -> Reader:
        reader, client = Reader(), Slow([part(b"a"), part(b"b"), part(b"c", more=False)])
        bounds = Bounds(reader, settings(body_seconds=seconds))
        scope = {"type": "http", "headers": ()}
        clock.run_until_complete(bounds(scope, client.receive, client.send))
        return reader

    clock = Clock()
    try:
        assert read(10.0 + PATIENCE_SECONDS).read == b"abc"
        with pytest.raises(Refused, match="in time"):
            read(5.0)
    finally:
        clock.close()


def test_what_comes_behind_a_body_is_neither_counted_nor_timed() -> None:
    got = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.extend([await receive(), await receive()])

    client = Client([part(b"abc", more=False), part(bytes(100))])
    bounds = Bounds(app, settings(body_bytes=3))
    asyncio.run(bounds({"type": "http", "headers": ()}, client.receive, client.send))
    assert [len(each["body"]) for each in got] == [3, 100]
    assert bounds.held == 0


def test_a_client_that_leaves_ends_its_body() -> None:
    got = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        got.extend([(await receive())["type"], (await receive())["type"]])

    client = Client((), ends=True)
    bounds = Bounds(app, settings())
    asyncio.run(bounds({"type": "http", "headers": ()}, client.receive, client.send))
    assert got == ["http.disconnect"] * 2


def test_what_is_no_request_passes() -> None:
    seen = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append((scope, receive, send))

    client = Client(())
    scope = {"type": "lifespan"}
    asyncio.run(Bounds(app, settings(body_bytes=0))(scope, client.receive, client.send))
    assert seen == [(scope, client.receive, client.send)]


@pytest.mark.parametrize(
    ("kind", "begins", "statuses"),
    [("http", False, [503]), ("http", True, [200]), ("lifespan", False, [])],
)
def test_who_waits_when_the_server_stops_is_told(
    kind: str, begins: bool, statuses: list[int]
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if begins:
            await send({"type": "http.response.start", "status": 200, "headers": []})
        raise asyncio.CancelledError

    client = Client(())
    asyncio.run(Stoppable(app)({"type": kind}, client.receive, client.send))
    assert [each["status"] for each in client.told if "status" in each] == statuses
    if statuses == [503]:
        assert "stopping" in json.loads(client.told[-1]["body"])["error"]
