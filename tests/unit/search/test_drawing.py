"""The picture of an explained hit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.explanation import Box, ExplainedWord, Explanation, Region
from search.output.drawing import draw_explanation, strongest_boxes
from search.result import Hit
from store import UnreadableImage

LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)


def word(text: str, added: float, box: Box) -> ExplainedWord:
    return ExplainedWord(text, added, (Region(box, 0.5),))


def hit(path: Path, *words: ExplainedWord) -> Hit:
    return Hit(1, 1.0, 1.0, path, 1, explanation=Explanation(words, (), 0.0))


def test_words_in_one_place_share_a_box_and_the_strongest_come_first() -> None:
    words = [word("a", 0.1, LEFT), word("dog", 0.5, RIGHT), word("red", 0.2, LEFT)]
    against, twice = word("cat", -0.1, LEFT), word("dog", 0.5, RIGHT)
    found = strongest_boxes(Explanation((*words, against, twice), (), 0.0))
    assert list(found.items()) == [(RIGHT, ["dog"]), (LEFT, ["red", "a"])]


def test_five_words_at_most() -> None:
    words = tuple(word(str(n), n, LEFT) for n in range(1, 9))
    assert strongest_boxes(Explanation(words, (), 0.0)) == {LEFT: ["8", "7", "6", "5", "4"]}


def test_the_box_lies_on_the_turned_photo(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # rotated by a quarter turn
    Image.new("RGB", (800, 600), "black").save(tmp_path / "photo.jpg", exif=exif)
    draw_explanation(hit(tmp_path / "photo.jpg", word("dog", 1, RIGHT)), tmp_path / "o.png")
    with Image.open(tmp_path / "o.png") as image:
        drawn = np.asarray(image)
    assert drawn.shape == (800, 600, 3)
    assert drawn[:, :299].max() < 40
    assert drawn[:, 300].max(1).min() > 100  # the left edge of the box, at full height
    assert drawn[400, 310:590].max() < 40


@pytest.mark.parametrize(("size", "drawn"), [((16, 8), (480, 240)), ((3200, 1000), (1600, 500))])
def test_small_photos_are_enlarged_and_large_ones_shrunk(
    tmp_path: Path, size: tuple[int, int], drawn: tuple[int, int]
) -> None:
    Image.new("RGB", size, "white").save(tmp_path / "photo.png")
    long = word("a-very-long-word-" * 4, 1, RIGHT)
    draw_explanation(hit(tmp_path / "photo.png", long), tmp_path / "o.jpg")
    with Image.open(tmp_path / "o.jpg") as image:
        assert image.size == drawn


def test_what_cannot_be_drawn(tmp_path: Path) -> None:
    gone, broken = tmp_path / "gone.png", tmp_path / "broken.png"
    broken.write_bytes(b"no photo")
    with pytest.raises(FileNotFoundError):
        draw_explanation(hit(gone), tmp_path / "o.png")
    with pytest.raises(UnreadableImage):
        draw_explanation(hit(broken), tmp_path / "o.png")
    with pytest.raises(ValueError, match="explain=True"):
        draw_explanation(Hit(1, 1.0, 1.0, gone, 1), tmp_path / "o.png")
