"""Whatever a request brings, the answer is one line and never a failure of the server's."""

from __future__ import annotations

import asyncio
import base64
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from search.server.wire.http_errors import Refused
from search.server.wire.request_bodies import check_pictures
from tests.integration.server.served import Served, make_index, serve

JSON = {"Content-Type": "application/json"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"


def png(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that claims any size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\0" * 100_000)
    whole = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + whole


def refused(answer: object, status: int, word: str) -> None:
    assert answer.status_code == status, answer.text  # type: ignore[attr-defined]
    told = answer.json()  # type: ignore[attr-defined]
    assert list(told) == ["error"]
    assert "\n" not in told["error"]
    assert word in told["error"]


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"", 422, "no terms"),
        (b"{", 400, "not valid JSON: "),
        (b"\xff\xfe", 400, "not valid JSON: "),
        (b"[" * 100_000, 400, "not valid JSON: "),
        (b"[]", 422, "an object"),
        (b'{"text": "\\ud800"}', 400, "not valid JSON: "),
        (b'{"text": 5}', 422, "text"),
        (b'{"text": " "}', 422, "empty"),
        (b'{"text": "red", "paths": true}', 422, "paths"),
        (b'{"text": "red", "limit": 10001}', 422, "limit"),
        (b'{"text": "red", "limit": true}', 422, "limit"),
        (b'{"text": "red", "limit": 1e999}', 422, "limit"),
        (b'{"text": "red", "candidates": 1001}', 422, "candidates"),
        (b'{"text": "red", "min_probability": NaN}', 422, "min_probability"),
        (b'{"text": "red", "budget_ms": 0}', 422, "budget_ms"),
        (b'{"text": "red", "explain": true, "rerank": false}', 422, "explain"),
        (b'{"positive": [{"path": "/etc/passwd"}]}', 422, "path"),
        (b'{"positive": [{"text": "a", "id": 1}]}', 422, "one of text, image_id and image"),
        (b'{"positive": [{"id": 99999}]}', 422, "no photo 99999"),
        (b'{"positive": [{"id": 99999999999999999999}]}', 422, "id"),
        (b'{"positive": [{"image": "!!"}]}', 422, "base64"),
        (b'{"positive": [{"image": "aGVsbG8="}]}', 422, "not an image of a known format"),
        (b'{"positive": [{"text": "a", "weight": -1}]}', 422, "weight"),
        (b'{"text": "\\"a", "where": "width >"}', 422, "width"),
    ],
)
def test_what_cannot_be_asked(served: Served, body: bytes, status: int, word: str) -> None:
    refused(served.client.post("/v1/search", content=body, headers=JSON), status, word)


@pytest.mark.parametrize("length", [4001, 1_000_000])
def test_a_text_that_is_too_long(served: Served, length: int) -> None:
    refused(served.client.post("/v1/search", json={"text": "a" * length}), 422, "4000")


@pytest.mark.parametrize(
    "where",
    [
        "width > 0; DROP TABLE images",
        "width > 0) OR (1=1",
        "1=1 --",
        "' OR ''='",
        "width > (SELECT 1)",
        "caption = '\"; DELETE FROM images; --'",
        "(" * 1900,
    ],
)
def test_a_filter_is_no_sql(served: Served, where: str) -> None:
    answer = served.client.post("/v1/search", json={"text": "red", "where": where})
    assert answer.status_code in (200, 422)
    assert served.client.get("/v1/index").json()["photos"] == 4


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_another_type_of_body(served: Served, kind: str) -> None:
    answer = served.client.post("/v1/search", content=b"{}", headers={"Content-Type": kind})
    refused(answer, 415, "application/json or multipart/form-data")


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; b="']
)
@pytest.mark.parametrize(
    "content", [b"", b"--x\r\n", b"--x\r\nContent-Disposition: form-data\r\n\r\n"]
)
def test_malformed_multipart(served: Served, kind: str, content: bytes) -> None:
    answer = served.client.post("/v1/search", content=content, headers={"Content-Type": kind})
    assert answer.status_code in (400, 422)
    assert list(answer.json()) == ["error"]


def test_files_beyond_the_limit_and_in_other_fields(served: Served) -> None:
    nine = [("image", (f"{n}.png", png(1, 1))) for n in range(9)]
    refused(served.client.post("/v1/search", files=nine), 400, "8")
    named = [("picture", ("a.png", png(1, 1)))]
    refused(served.client.post("/v1/search", files=named), 422, "unknown field 'picture'")
    image = base64.b64encode(png(1, 1)).decode()
    asked = {"positive": [{"image": image}] * 9}
    refused(served.client.post("/v1/search", json=asked), 413, "9 pictures")


@pytest.mark.parametrize("claimed", [(12_000, 12_000), (8000, 8000)])
def test_a_picture_that_claims_too_many_pixels(served: Served, claimed: tuple[int, int]) -> None:
    files = [("image", ("bomb.png", png(*claimed)))]
    refused(served.client.post("/v1/search", files=files), 413, "60,000,000 pixels")
    refused(served.client.post("/v1/embed", files=files), 413, "60,000,000 pixels")
    (told,) = served.client.post("/v1/images", files=files).json()["images"]
    assert "60,000,000 pixels" in told["error"]


def test_a_picture_that_claims_more_than_any_has(served: Served) -> None:
    files = [("image", ("bomb.png", png(2**31 - 1, 2**31 - 1)))]
    refused(served.client.post("/v1/search", files=files), 422, "too many pixels")


@pytest.mark.parametrize("claimed", [(1, 59_900_000), (59_900_000, 1), (65_536, 2)])
def test_a_picture_of_endless_rows(served: Served, claimed: tuple[int, int]) -> None:
    files = [("image", ("tall.png", png(*claimed)))]
    for path in ("/v1/search", "/v1/embed"):
        refused(served.client.post(path, files=files), 413, "expected sides of at most 65,535")
    (told,) = served.client.post("/v1/images", files=files).json()["images"]
    assert "expected sides of at most 65,535" in told["error"]


def test_pictures_count_together() -> None:
    check_pictures([png(5000, 5000)] * 2)
    with pytest.raises(Refused, match="together"):
        check_pictures([png(5000, 5000)] * 3)


@pytest.mark.parametrize("content", [SVG, HTML, b"", b"\xff\xd8\xff", png(8, 8)[:40], b"%PDF-1.7"])
def test_what_is_no_picture(served: Served, content: bytes) -> None:
    files = [("image", ("cat.jpg", content))]
    refused(served.client.post("/v1/search", files=files), 422, "")
    (told,) = served.client.post("/v1/images", files=files).json()["images"]
    assert list(told) == ["name", "error"]
    uploads = served.folder / "uploads"
    assert not uploads.exists() or list(uploads.iterdir()) == []


@pytest.fixture
def narrow(tmp_path: Path) -> Iterator[Served]:
    made = serve(*make_index(tmp_path), body_bytes=1000, held_bytes=5000, body_seconds=0.3)
    with made.client:
        yield made
    assert made.service.close(5)


def test_a_body_that_says_it_is_too_large(narrow: Served) -> None:
    answer = narrow.client.post("/v1/search", json={"text": "a" * 1000})
    refused(answer, 413, "more than 1,000 bytes")


def test_a_body_that_does_not_say_how_large_it_is(narrow: Served) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(1000):
            yield b" " * 100

    refused(narrow.client.post("/v1/search", content=endless(), headers=JSON), 413, "1,000 bytes")
    form = {"Content-Type": "multipart/form-data; boundary=x"}
    refused(narrow.client.post("/v1/search", content=endless(), headers=form), 413, "1,000 bytes")
    assert narrow.client.post("/v1/search", json={"text": "red"}).status_code == 200


async def asked(app: Any, *parts: bytes) -> int:
    """The status of a search whose body comes in parts, the last of which never comes."""
    coming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else await asyncio.Future()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": "/v1/search", "raw_path": b"/v1/search",
             "query_string": b"", "headers": headers, "http_version": "1.1"}  # fmt: skip
    await app(scope, receive, send)
    return int(sent[0]["status"])


def test_a_body_that_does_not_arrive(narrow: Served) -> None:
    assert asyncio.run(asked(narrow.client.app, b"{")) == 400


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("parts", [[], [b"{"], [b"--x\r\n"]])
def test_a_client_that_leaves_is_no_failure_of_the_servers(
    served: Served, kind: str, parts: list[bytes]
) -> None:
    coming = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return coming.pop(0) if coming else {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"content-type", kind.encode())]
    for path in ("/v1/search", "/v1/embed", "/v1/images"):
        scope = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode(),
                 "query_string": b"", "headers": headers, "http_version": "1.1"}  # fmt: skip
        asyncio.run(served.client.app(scope, receive, send))  # type: ignore[arg-type]
    assert [each["status"] for each in sent if "status" in each] == [400] * 3
    assert 'status="500"' not in served.client.get("/metrics").text


def test_bodies_that_are_too_large_together(narrow: Served) -> None:
    async def all_at_once() -> list[int]:
        return await asyncio.gather(*(asked(narrow.client.app, b" " * 900) for _ in range(8)))

    # Five are held, and give up as nothing more comes.
    assert sorted(asyncio.run(all_at_once())) == [400] * 5 + [503] * 3
    assert narrow.client.post("/v1/search", json={"text": "red"}).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/v1/images/0",
        "/v1/images/-1",
        "/v1/images/1.5",
        "/v1/images/99999999999999999999",
        "/v1/images/1/thumbnail?size=31",
        "/v1/images/1/thumbnail?size=1025",
        "/v1/images/1/thumbnail?size=x",
        "/v1/images?limit=0",
        "/v1/images?limit=1001",
        "/v1/images?after=-1",
    ],
)
def test_numbers_out_of_range(served: Served, path: str) -> None:
    refused(served.client.get(path), 422, ", expected ")


def test_what_is_not_there(served: Served) -> None:
    refused(served.client.get("/v1/images/77"), 404, "no photo 77")
    refused(served.client.get("/nowhere"), 404, "there is nothing at /nowhere; /openapi.json")
    refused(served.client.delete("/v1/images/77"), 404, "no photo 77")
    refused(served.client.delete("/v1/images"), 405, "/v1/images does not answer DELETE, expected ")


@pytest.mark.parametrize(
    "path", ["/", "/healthz", "/readyz", "/metrics", "/v1/index", "/v1/images", "/v1/images/1",
             "/v1/images/1/thumbnail", "/v1/images/1/file", "/v1/images/77", "/static/app.js"]
)  # fmt: skip
def test_head_is_get_without_its_body(served: Served, path: str) -> None:
    head, got = served.client.head(path), served.client.get(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers.get("content-type") == got.headers.get("content-type")
    assert head.headers.get("etag") == got.headers.get("etag")
    if path == "/v1/images/1":
        assert 'method="HEAD",route="/v1/images/{image_id}"' in served.client.get("/metrics").text


def test_the_mark_before_utf8_is_no_part_of_json(served: Served) -> None:
    body = b"\xef\xbb\xbf" + b'{"text": "red"}'
    assert served.client.post("/v1/search", content=body, headers=JSON).status_code == 200
    form = [("request", (None, body))]
    picture = [("image", ("a.png", png(1, 1)))]
    assert served.client.post("/v1/search", files=form).status_code == 200
    assert served.client.post("/v1/embed", files=picture).status_code in (200, 422)
    refused(
        served.client.post("/v1/search", content=b"\xef\xbb\xbf", headers=JSON), 422, "no terms"
    )
