"""A stand-in for the server: the same addresses, made photos, and answers that tests can bend.

It is for what the real one cannot be made to do at will: 10,000 hits, a slow or failing answer, an
API key, an index that grows.
"""

from __future__ import annotations

import io
import json
import mimetypes
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from PIL import Image

import search
from search.result import HitGroup
from tests.browser.stub_library import FIELDS, SIZES, StubLibrary, explanation

__all__ = ["POLICY", "Stub", "StubServer", "jpeg"]

STATIC = Path(search.__file__).parent / "server" / "static"
POLICY = "default-src 'self'; img-src 'self' blob:"
THINGS = ("dog", "cat", "bicycle", "boat", "tree", "car")


@lru_cache(maxsize=64)
def jpeg(shade: int, size: tuple[int, int]) -> bytes:
    """A photo of one colour."""
    held = io.BytesIO()
    colour = (60 + 37 * shade % 150, 70 + 53 * shade % 140, 80 + 91 * shade % 130)
    Image.new("RGB", (size[0] // 4, size[1] // 4), colour).save(held, "jpeg")
    return held.getvalue()


@dataclass
class Stub(StubLibrary):
    """What is answered, and what was asked.

    Attributes:
        photos: how many there are; ids are 1 to that.
        paths: files to show in place of made photos, in turn.
        best: the probability of the first hit; each further one has a little less.
        key: the API key that is asked for; empty for none.
        building: the `building` of the index.
        delay: seconds before a search with this body is answered.
        missing: reasons for which indexes of several are missing.
        notes: further lines that each search answers with.
        help_delay: seconds before fields and values are answered.
        refuse: an error line for a search with this body, or None.
        searches: the bodies of all searches so far.
        each_month: how many photos are of one month.
        understood: what was read of each search's text, if anything.
        saved: searches and albums by id.
        removed: ids that were taken out of the index.
        zipped: ids of each zip file that was asked for.
    """

    photos: int = 60
    paths: Sequence[Path] = ()
    best: float = 0.93
    key: str = ""
    building: dict[str, float] | None = None
    missing: Sequence[str] = ()
    notes: Sequence[str] = ()
    delay: Callable[[dict[str, Any]], float] = lambda body: 0.0
    help_delay: float = 0.0
    refuse: Callable[[dict[str, Any]], str | None] = lambda body: None
    searches: list[dict[str, Any]] = field(default_factory=list)
    each_month: int = 40
    understood: dict[str, Any] | None = None
    saved: dict[int, dict[str, Any]] = field(default_factory=dict)
    removed: list[int] = field(default_factory=list)
    zipped: list[str] = field(default_factory=list)

    def photo(self, image_id: int) -> dict[str, Any]:
        width, height = SIZES[image_id % len(SIZES)]
        path = Path(f"/photos/{THINGS[image_id % len(THINGS)]}-{image_id}.jpg")
        if self.paths:
            path = self.paths[(image_id - 1) % len(self.paths)]
            with Image.open(path) as opened:
                width, height = opened.size
        return {
            "id": image_id,
            "path": str(path),
            "captions": [f"a {THINGS[image_id % len(THINGS)]}, number {image_id}"],
            "categories": [THINGS[image_id % len(THINGS)]],
            "width_px": width,
            "height_px": height,
        }

    def pixels(self, image_id: int) -> bytes:
        if self.paths:
            return self.paths[(image_id - 1) % len(self.paths)].read_bytes()
        return jpeg(image_id, SIZES[image_id % len(SIZES)])

    def index(self) -> dict[str, Any]:
        things = [{"name": name, "photos": self.photos // len(THINGS)} for name in THINGS]
        return {
            "photos": self.photos, "captions": self.photos, "left_out": 0, "categories": things,
            "model": {"name": "made"}, "sources": [], "building": self.building,
        }  # fmt: skip

    def lost(self) -> list[dict[str, str]]:
        return [{"index": "/b.index", "reason": reason} for reason in self.missing]

    def search(self, body: dict[str, Any]) -> dict[str, Any]:
        fold = bool(body.get("fold_duplicates"))  # the last photo is then behind the second
        count = min(body.get("limit", 10), self.photos - fold)
        only = re.fullmatch(r"id = (\d+)", body.get("where", ""))
        hits = []
        for rank in [int(only[1])] if only else range(1, count + 1):
            hit = {**self.photo(rank), "rank": rank, "score": 2 - rank / 100, "duplicates": []}
            likely = self.best * 0.5 ** (rank / 30)
            hit |= {"probability": likely, "group": HitGroup.of(likely), "reranked": rank <= 50}
            if fold and rank == 2:
                double = {**self.photo(self.photos), "id": self.photos, "rank": 2}
                hit["duplicates"] = [{**hit, **double, "duplicates": []}]
            if body.get("explain"):
                hit["explanation"] = explanation(body.get("text", ""))
            hits.append(hit)
        stages = ("encode", "filter", "first_stage", "rerank", "explain", "read")
        took = {stage: 4.0 for stage in stages} | {"total": 24.0}
        notes = [f"degraded: answered without /b.index: {reason}" for reason in self.missing]
        notes += self.notes
        return {
            "hits": hits,
            "took_ms": took,
            "notes": notes,
            "reranked": min(count, 50),
            "missing": self.lost(),
            **({"understood": self.understood} if self.understood else {}),
        }


class StubServer:
    """Serves a `Stub` on a port of this machine; can be taken away and brought back on it."""

    def __init__(self, stub: Stub, port: int = 0) -> None:
        self.stub = stub
        self._port = port
        self._server: _Server | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}/"

    def __enter__(self) -> StubServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        self._server = _Server(self.stub, self._port)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, stub: Stub, port: int) -> None:
        self.stub = stub
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, *_: object) -> None:
        """A browser that went away is no error."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if not url.path.startswith("/v1/"):
            self._static(url.path)
        elif self._allowed():
            self._read(url.path.split("/")[2:], parse_qs(url.query))

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._json(self.server.stub.save(int(self.path.rpartition("/")[2]), body))

    def do_DELETE(self) -> None:
        stub, parts = self.server.stub, self.path.split("/")[2:]
        if parts[0] == "saved":
            del stub.saved[int(parts[1])]
        else:
            stub.removed.append(int(parts[1]))
        self._json({"id": int(parts[1]), "file_deleted": False})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._allowed():
            return
        stub = self.server.stub
        if self.path == "/v1/saved":
            self._json(stub.save(0, body))
            return
        stub.searches.append(body)
        time.sleep(stub.delay(body))
        refused = stub.refuse(body)
        if refused is None:
            self._json(stub.search(body))
        else:
            self._json({"error": refused}, 422)

    def _read(self, parts: list[str], asked: dict[str, list[str]]) -> None:
        if parts[0] == "images":
            self._read_image(parts[1:], asked)
            return
        stub = self.server.stub
        where, album = asked.get("where", [""])[0], int(asked.get("album", ["0"])[0])
        offset, limit = (int(asked.get(name, ["0"])[0]) for name in ("offset", "limit"))
        answers: dict[str, Callable[[], object]] = {
            "index": stub.index,
            "library": lambda: stub.library(where, album),
            "duplicates": lambda: stub.duplicates(offset, limit),
            "saved": lambda: {"saved": list(stub.saved.values())},
            "fields": lambda: {"fields": FIELDS},
            "values": lambda: {"values": [{"value": "Pixel 8", "photos": 7}]},
        }
        if parts[0] in ("fields", "values"):
            time.sleep(stub.help_delay)
        if parts[0] in answers:
            self._json(answers[parts[0]]())
        else:
            self._json({"error": "there is nothing here"}, 404)

    def _read_image(self, parts: list[str], asked: dict[str, list[str]]) -> None:
        stub = self.server.stub
        match parts:
            case ["zip"]:
                stub.zipped += asked["ids"]
                self._answer(200, "application/zip", asked["ids"][0].encode())
            case [number]:
                self._json(stub.photo(int(number)))
            case [number, "exif"]:
                self._json(stub.exif(int(number)))
            case [number, _]:
                self._answer(200, "image/jpeg", stub.pixels(int(number)))

    def _static(self, path: str) -> None:
        name = "index.html" if path == "/" else path.removeprefix("/static/")
        file = STATIC / name
        if file.is_file():
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            self._answer(200, kind, file.read_bytes())
        else:
            self._json({"error": "there is nothing here"}, 404)

    def _allowed(self) -> bool:
        key = self.server.stub.key
        if not key or self.headers.get("Authorization") == f"Bearer {key}":
            return True
        self._json({"error": "an API key is needed"}, 401)
        return False

    def _json(self, record: object, status: int = 200) -> None:
        self._answer(status, "application/json", json.dumps(record).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Tests are quiet."""
