"""A SigLIP 2 model of random weights, prepared once, and an index that it made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from search.cli import main
from tests.integration.clip.made_clip import make_clip, photos


@dataclass(frozen=True)
class Place:
    """Folders of the model, of photos, of the cache, and of the index."""

    root: Path

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def photos(self) -> Path:
        return self.root / "photos"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    @property
    def index(self) -> Path:
        return self.root / "index"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Index the made photos with `--encoders`, which prepares the model."""
    place = Place(tmp_path_factory.mktemp("clip"))
    make_clip("siglip2", place.model)
    place.photos.mkdir()
    for number, photo in enumerate(photos()):
        photo.save(place.photos / f"{number}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CROSSGRAPH_CACHE", str(place.cache))
        named = f"clip:{place.model}"
        index = ["index", str(place.photos), "--index", str(place.index), "--quiet"]
        assert main([*index, "--encoders", named]) == 0
        yield place
