"""Connections on real sockets: who is silent is closed, and who asks is answered meanwhile."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from search.server.processes.log import Sparing
from search.server.processes.uvicorn_server import Running
from search.server.settings import Settings
from tests.waiting import PATIENCE_SECONDS

HEAD = b"GET / HTTP/1.1\r\nHost: localhost\r\n"
ASKED = HEAD + b"\r\n"
MOST = 8
SECONDS = 0.4


class App:
    """Answers with what the path names, and reads no body."""

    def __init__(self) -> None:
        settings = Settings(
            Path("none"), head_seconds=SECONDS, unread_seconds=SECONDS, connections=MOST
        )
        service = SimpleNamespace(settings=settings, close=lambda seconds: True)
        self.state = SimpleNamespace(service=service)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b"x" * int(scope["path"].strip("/") or 2)
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        for start in range(0, len(body), 2**20):
            part = body[start : start + 2**20]
            more = start + len(part) < len(body)
            await send({"type": "http.response.body", "body": part, "more_body": more})


@pytest.fixture
def port() -> Iterator[int]:
    listening = socket.create_server(("127.0.0.1", 0))
    number = listening.getsockname()[1]
    ready = threading.Event()
    running = Running(App(), listening, ready.set, 1)  # type: ignore[arg-type]
    thread = threading.Thread(target=running.run)
    thread.start()
    assert ready.wait(PATIENCE_SECONDS)
    yield number
    running.stop()
    thread.join(PATIENCE_SECONDS)
    assert not thread.is_alive()


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)


def heard(client: socket.socket) -> bytes:
    """All that comes until the server closes."""
    said = b""
    try:
        while part := client.recv(65536):
            said += part
    except ConnectionResetError:
        pass
    return said


def is_answered(port: int, path: bytes = b"/") -> bool:
    with closing(connected(port)) as client:
        client.sendall(ASKED.replace(b" / ", b" " + path + b" "))
        return client.recv(64).startswith(b"HTTP/1.1 200")


def closed_after(client: socket.socket, feed: Callable[[], object] = lambda: None) -> float:
    """Seconds until the server closes, while something is done now and then."""
    began = time.monotonic()
    client.settimeout(0.05)
    while time.monotonic() - began < 20 * SECONDS:
        try:
            if not client.recv(65536):
                return time.monotonic() - began
        except TimeoutError:
            with suppress(OSError):
                feed()
        except ConnectionResetError:
            return time.monotonic() - began
    raise AssertionError("it was never closed")


@pytest.mark.parametrize("said", [b"", b"G", HEAD, HEAD + b"X: " + b"a" * 1000])
def test_a_head_that_never_ends_is_not_waited_for(port: int, said: bytes) -> None:
    with closing(connected(port)) as client:
        client.sendall(said)
        answer = heard(client)
    if said:
        assert answer.startswith(b"HTTP/1.1 408 ")
        told = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert told == {"error": "the head of the request did not arrive in time"}
    else:
        assert answer == b""
    assert is_answered(port)


def test_a_byte_now_and_then_does_not_put_it_off(port: int) -> None:
    with closing(connected(port)) as client:
        client.sendall(HEAD)
        took = closed_after(client, lambda: client.sendall(b"X: y\r\n"))
    assert took >= 0.9 * SECONDS


def test_nor_does_it_after_an_answer(port: int) -> None:
    with closing(connected(port)) as client:
        client.sendall(ASKED + HEAD)
        answer = heard(client)
    assert [line for line in answer.split(b"\r\n") if line.startswith(b"HTTP/")] == [
        b"HTTP/1.1 200 OK", b"HTTP/1.1 408 Request Timeout",
    ] or answer.count(b"HTTP/1.1 408") == 1  # fmt: skip


def test_who_does_not_read_an_answer_is_given_up(port: int) -> None:
    with closing(connected(port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**16)
        client.sendall(ASKED.replace(b" / ", b" /20000000 "))
        time.sleep(4 * SECONDS)
        assert len(heard(client)) < 20_000_000  # but what the system has taken


def test_who_asks_is_answered_however_many_hold_connections(port: int) -> None:
    with ExitStack() as held:
        silent = [held.enter_context(closing(connected(port))) for _ in range(5 * MOST)]
        for each in silent:
            with suppress(OSError):  # closed for one that came later
                each.sendall(HEAD)
            assert is_answered(port)
        assert heard(silent[0])[:13] in (b"", b"HTTP/1.1 503 ")


@pytest.mark.parametrize(
    "nonsense", [b"\x16\x03\x01\x02\x00\x01", b"nonsense\r\n\r\n", HEAD + b"X: " + b"a" * 100_000]
)
def test_what_is_no_http_is_told_in_json(port: int, nonsense: bytes) -> None:
    with closing(connected(port)) as client:
        client.sendall(nonsense)
        answer = heard(client)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    if answer:
        assert list(json.loads(answer.partition(b"\r\n\r\n")[2])) == ["error"]
    assert is_answered(port)


def test_the_log_has_one_line_of_a_kind_a_minute() -> None:
    now = [1000.0]
    sparing = Sparing(lambda: now[0])

    def told(message: str, *values: object, error: Exception | None = None) -> str | None:
        info = (type(error), error, None) if error else None
        record = logging.LogRecord("asyncio", logging.ERROR, "", 1, message, values, info)
        if not sparing.filter(record):
            return None
        assert record.exc_info is None or not isinstance(error, OSError)
        return record.getMessage()

    full = OSError(24, "Too many open files")
    said = "socket.accept() out of system resource\nsocket: <TransportSocket fd=6>"
    lines = [told(said, error=full) for _ in range(1000)]
    assert lines == ["socket.accept() out of system resource: Too many open files", *[None] * 999]
    assert told("%d are open", 8) == "8 are open"
    assert told("%d are open", 9) is None
    now[0] += 61
    assert told("%d are open", 8) == "8 are open (and 1 more since the last such line)"
    assert "and 999 more" in str(told(said, error=full))
    assert told("a bug", error=ValueError("x")) == "a bug"
    assert told("a bug", error=KeyError("x")) == "a bug"
