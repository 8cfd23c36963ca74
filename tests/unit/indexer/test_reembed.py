"""Three painted photos, indexed with one model and embedded again with another of equal size."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL import Image

from indexer import build_index, reembed
from store import Index, IndexNotFound
from tests.fakes import COLOURS, ColourModel, paint

OLD, NEW = ColourModel("01d"), ColourModel("2e3")
NAMES = ("blue", "green", "red")


class StopsAfter(ColourModel):
    """Is interrupted when it gets more than that number of batches."""

    def __init__(self, fingerprint: str, batches: int) -> None:
        super().__init__(fingerprint)
        self.left = batches

    def embed_images(self, images: Sequence[Image.Image]) -> SimpleNamespace:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        return super().embed_images(images)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos").mkdir()
    for name in NAMES:
        draw(tmp_path / "photos" / f"{name}.png", name, second=1)
    return tmp_path / "photos"


@pytest.fixture
def where(tmp_path: Path, photos: Path) -> Path:
    build_index(tmp_path / "index", [photos], OLD)
    return tmp_path / "index"


def draw(path: Path, colour: str, *, second: int) -> None:
    os.utime(paint(path, colour), (second, second))


def shown(where: Path, fingerprint: str) -> dict[str, str]:
    """Return each photo's colour by the vectors of the model that answers searches."""
    with Index.open(where, fingerprint=fingerprint) as index:
        files = index.files()
        best = index.vectors(list(files)).argmax(axis=1)
        names = [os.path.basename(file.path) for file in files.values()]
    return {name: list(COLOURS)[place] for name, place in zip(names, best.tolist(), strict=True)}


def test_all_photos_answer_by_the_new_model_at_once(where: Path) -> None:
    seen: list[tuple[int, int, str]] = []
    report = reembed(where, NEW, batch_size=2, progress=lambda *said: seen.append(said))
    assert (report.embedded, report.removed, report.unread, report.switched) == (3, 0, (), True)
    assert seen == [(2, 3, "green.png"), (3, 3, "red.png")]
    assert shown(where, NEW.fingerprint) == {f"{name}.png": name for name in NAMES}
    again = reembed(where, NEW)
    assert (again.embedded, again.switched) == (0, True)


def test_a_run_that_is_cut_off_is_gone_on_with(where: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        reembed(where, StopsAfter(NEW.fingerprint, 2), batch_size=1)
    assert len(shown(where, OLD.fingerprint)) == 3
    assert reembed(where, NEW).embedded == 1


def test_a_file_that_cannot_be_reached_keeps_the_old_model_answering(
    where: Path, photos: Path
) -> None:
    (photos / "red.png").unlink()
    report = reembed(where, NEW)
    assert (report.embedded, report.switched) == (2, False)
    assert [path for path, _ in report.unread] == [str(photos / "red.png")]
    assert "No such file" in report.unread[0][1]
    assert len(shown(where, OLD.fingerprint)) == 3
    pruned = reembed(where, NEW, prune=True)
    assert (pruned.embedded, pruned.removed, pruned.switched) == (0, 1, True)
    assert sorted(shown(where, NEW.fingerprint)) == ["blue.png", "green.png"]


def test_a_file_that_is_no_photo_any_more_is_put_in_quarantine(where: Path, photos: Path) -> None:
    (photos / "red.png").write_text("a shopping list", encoding="utf-8")
    assert reembed(where, NEW).switched
    with Index.open(where) as index:
        assert [bad.path for bad in index.quarantined()] == [str(photos / "red.png")]
        assert len(index) == 2


def test_a_photo_that_was_replaced_meanwhile_and_put_back_is_read_again(
    where: Path, photos: Path
) -> None:
    red = photos / "red.png"
    red.rename(photos.parent / "kept.png")
    draw(red, "grey", second=2)
    assert reembed(where, NEW).switched
    assert shown(where, NEW.fingerprint)["red.png"] == "grey"
    (photos.parent / "kept.png").replace(red)  # with its old time, as when a backup is restored
    assert build_index(where, [photos], NEW).updated == 1
    assert shown(where, NEW.fingerprint) == {f"{name}.png": name for name in NAMES}


def test_so_it_is_when_the_old_model_goes_on(where: Path, photos: Path) -> None:
    red = photos / "red.png"
    (photos / "blue.png").rename(photos.parent / "blue.png")
    red.rename(photos.parent / "kept.png")
    draw(red, "grey", second=2)
    assert not reembed(where, NEW).switched
    (photos.parent / "kept.png").replace(red)
    (photos.parent / "blue.png").rename(photos / "blue.png")
    build_index(where, [photos], OLD)
    assert shown(where, OLD.fingerprint)["red.png"] == "red"
    assert reembed(where, NEW).switched
    assert shown(where, NEW.fingerprint) == {f"{name}.png": name for name in NAMES}


def test_without_an_index_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(IndexNotFound):
        reembed(tmp_path / "index", NEW)


def test_what_an_earlier_version_did_not_read_is_known_afterwards(
    where: Path, photos: Path
) -> None:
    with Index.open(where) as index:
        known = index.files()
        index.update_files({i: replace(file, perceptual_hash=None) for i, file in known.items()})
        assert index.perceptual_hashes(list(known)) == [None] * len(NAMES)
    reembed(where, NEW)
    with Index.open(where) as index:
        assert index.files() == known
        assert None not in index.perceptual_hashes(list(known))
