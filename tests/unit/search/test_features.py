"""Training and evaluation read photos in the same way as indexing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fusion.data.collection import CollectionError
from fusion.runtime.squares import square
from indexer.batches import batches
from indexer.sources import FolderSource
from search.models.cache_folders import read_photo

SIZE_PX = 32


def write_photos(folder: Path) -> None:
    """Write photos whose pixels depend on how they are read, and a plain one."""
    values = np.random.default_rng(0).integers(0, 256, (90, 70, 4), dtype=np.uint8)
    colours = Image.fromarray(values).convert("RGB")
    turned = Image.Exif()
    turned[0x0112] = 6
    colours.save(folder / "plain.jpg")
    colours.save(folder / "turned.jpg", exif=turned)
    colours.resize((700, 900)).save(folder / "large.jpg")
    colours.convert("CMYK").save(folder / "print.jpg")
    Image.fromarray(values).save(folder / "transparent.png")
    Image.fromarray(values[..., 0].astype(np.uint16) * 256).save(folder / "sixteen.png")


def test_a_photo_is_trained_on_with_the_pixels_that_indexing_gives_the_model(
    tmp_path: Path,
) -> None:
    write_photos(tmp_path)
    indexed = [
        photo
        for batch in batches(FolderSource(tmp_path).files(), 2, SIZE_PX)
        for photo in batch.photos
    ]
    assert len(indexed) == 6
    for photo in indexed:
        trained = square(read_photo(Path(photo.file.path), SIZE_PX), SIZE_PX)
        assert np.array_equal(trained, photo.image), photo.file.path


@pytest.mark.parametrize("content", [b"", b"a shopping list"])
def test_what_is_no_photo_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.jpg"
    path.write_bytes(content)
    with pytest.raises(CollectionError, match=r"broken\.jpg: not a readable photo"):
        read_photo(path, SIZE_PX)


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match=r"gone\.jpg: cannot be read \(No such file"):
        read_photo(tmp_path / "gone.jpg", SIZE_PX)
