"""Reading ahead changes only when a file is read, not whether or in which order."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from indexer import batches as module
from indexer.batches import Batch, batches
from indexer.sources import FoundFile
from tests.waiting import PATIENCE_SECONDS


def made(folder: Path, count: int, size: int = 8) -> list[FoundFile]:
    paths = [folder / f"{number:03}.png" for number in range(count)]
    for number, path in enumerate(paths):
        Image.new("RGB", (size, size), (number, 0, 0)).save(path)
    return [FoundFile(str(path), str(folder), path.stat().st_size, 1) for path in paths]


def paths_of(batch: Batch) -> list[str]:
    return [photo.file.path for photo in batch.photos]


def readers() -> list[str]:
    return [
        thread.name
        for thread in threading.enumerate()
        if thread.name.startswith(("read-photo", "make-batch"))
    ]


@pytest.mark.parametrize("count", [0, 1, 4, 5, 23])
def test_every_file_comes_once_and_in_order(tmp_path: Path, count: int) -> None:
    files = made(tmp_path, count)
    found = list(batches(files, 4))
    assert [batch.size for batch in found] == [4] * (count // 4) + [count % 4] * (count % 4 > 0)
    assert [path for batch in found for path in paths_of(batch)] == [file.path for file in files]
    assert readers() == []


def test_what_is_broken_or_gone_takes_its_place_in_the_batch(tmp_path: Path) -> None:
    files = made(tmp_path, 4)
    Path(files[1].path).write_bytes(b"no photo")
    Path(files[2].path).unlink()
    (batch,) = batches(files, 8)
    assert paths_of(batch) == [files[0].path, files[3].path]
    assert [bad.path for bad in batch.broken] == [files[1].path]
    assert batch.unread == [(files[2].path, "cannot be read: No such file or directory")]
    assert (batch.size, batch.last) == (4, files[3].path)


def test_a_batch_ends_early_at_many_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BATCH_PIXELS", 128)
    assert [batch.size for batch in batches(made(tmp_path, 5), 16)] == [2, 2, 1]


def test_a_file_that_is_too_large_is_never_opened(tmp_path: Path) -> None:
    (batch,) = batches([FoundFile(str(tmp_path / "none.png"), str(tmp_path), 2**40, 1)], 2)
    assert "bytes, expected at most" in batch.broken[0].reason


def test_leaving_the_loop_stops_the_readers(tmp_path: Path) -> None:
    drawn = 0

    def counted() -> Iterator[FoundFile]:
        nonlocal drawn
        for file in made(tmp_path, 100):
            drawn += 1
            yield file

    found = batches(counted(), 2)
    next(found)
    found.close()  # type: ignore[attr-defined]
    assert readers() == []
    assert drawn <= 4 + module.THREADS


def test_the_next_batch_is_read_while_the_model_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = made(tmp_path, 4)
    last_is_read = threading.Event()
    read = module._read

    def watched(file: FoundFile, size_px: int | None) -> object:
        outcome = read(file, size_px)
        if file == files[-1]:
            last_is_read.set()
        return outcome

    monkeypatch.setattr(module, "_read", watched)
    found = batches(files, 2)
    next(found)
    assert last_is_read.wait(timeout=PATIENCE_SECONDS)
    assert next(found).size == 2


def test_an_error_of_the_reader_reaches_the_caller(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError("none left")

    monkeypatch.setattr(module, "decode_photo", fail)
    with pytest.raises(MemoryError, match="none left"):
        list(batches(made(tmp_path, 9), 2))
    assert readers() == []


def test_photos_come_as_the_squares_that_the_model_takes(tmp_path: Path) -> None:
    (batch,) = batches(made(tmp_path, 2, size=40), 8, size_px=16)
    assert [photo.image.size for photo in batch.photos] == [(16, 16)] * 2
    assert {(photo.file.width_px, photo.file.height_px) for photo in batch.photos} == {(40, 40)}
    (batch,) = batches(made(tmp_path, 1, size=40), 8)
    assert batch.photos[0].image.size == (40, 40)
