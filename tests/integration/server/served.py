"""An index of four painted photos behind a server of colours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from PIL import Image

from indexer import build_index
from search.server.app import build_app
from search.server.pool.model_holder import LoadedModel
from search.server.pool.service import Service
from search.server.settings import Settings
from store import Index, ModelMismatch
from tests.integration.colours import COLOURS, ColourModel, paint

__all__ = ["Served", "make_index", "serve"]

BASE = "http://127.0.0.1:8000"


@dataclass
class Served:
    """A server under test: its client, index folder, folder of photos, and ids by name."""

    client: TestClient
    folder: Path
    photos: Path
    ids: dict[str, int]

    @property
    def service(self) -> Service:
        return self.client.app.state.service  # type: ignore[attr-defined]


def make_index(place: Path) -> tuple[Path, Path]:
    """Return the folders of an index and of its photos."""
    photos = place / "photos"
    photos.mkdir()
    paint(photos / "red.png", "red", "red")
    paint(photos / "redblue.png", "red", "blue")
    paint(photos / "green.png", "green", "green")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright
    Image.new("RGB", (400, 200), COLOURS["grey"]).save(photos / "turned.jpg", exif=exif)
    build_index(place / "index", [photos], ColourModel())
    with Index.open(place / "index") as index:
        ids = {Path(file.path).name: image_id for image_id, file in index.files().items()}
        index.put_captions({ids["red.png"]: ["a red wall"]}, origin="test")
        categories = {"red.png": ["wall"], "green.png": ["wall"], "redblue.png": ["sky"]}
        index.put_categories({ids[name]: told for name, told in categories.items()}, origin="test")
    return place / "index", photos


def serve(folder: Path, photos: Path, model: Any = None, **settings: Any) -> Served:
    """Return a server of an index; `model` in place of the colours, `settings` of `Settings`."""
    loaded = model or ColourModel()

    def load(fingerprint: str) -> LoadedModel:
        if fingerprint != loaded.fingerprint:
            raise ModelMismatch(f"the index was made with {fingerprint}")
        return LoadedModel(loaded, loaded)

    known = {"hosts": frozenset({"127.0.0.1", "localhost", "::1"}), **settings}
    app = build_app(Settings(folder, **known), load)
    app.state.service.warm()
    with Index.open(folder) as index:
        ids = {Path(file.path).name: image_id for image_id, file in index.files().items()}
    return Served(TestClient(app, base_url=BASE), folder, photos, ids)
