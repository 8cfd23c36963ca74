"""An animation is read by the first of its frames that shows something."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.GifImagePlugin import GifImageFile

from indexer.photos import frames
from indexer.photos.decode import decode_photo
from indexer.photos.frames import first_shown_frame

CLEAR = (0, 0, 0, 0)


def photo() -> Image.Image:
    picture = Image.new("RGBA", (96, 64), "blue")
    picture.paste("red", (0, 0, 48, 32))
    return picture


def animation(kind: str, *shown: Image.Image) -> bytes:
    file = io.BytesIO()
    first, *rest = shown
    options = {"lossless": True} if kind == "WEBP" else {}
    first.save(file, kind, save_all=True, append_images=rest, duration=90, **options)
    return file.getvalue()


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "GIF", "AVIF"])
@pytest.mark.parametrize("colour", [CLEAR, (0, 0, 0, 255), (255, 255, 255, 255)])
def test_frames_of_one_colour_are_passed_over(kind: str, colour: tuple[int, ...]) -> None:
    blank, other = Image.new("RGBA", (96, 64), colour), Image.new("RGBA", (96, 64), "teal")
    seen = decode_photo(animation(kind, blank, other, photo()))
    red, blue = seen.image.getpixel((10, 10)), seen.image.getpixel((80, 50))
    assert red[0] > 200 > red[2]
    assert blue[2] > 200 > blue[0]
    assert seen.reader == 1


@pytest.mark.parametrize("kind", ["WEBP", "PNG", "GIF"])
def test_a_first_frame_that_shows_something_counts(kind: str) -> None:
    seen = decode_photo(animation(kind, photo(), photo().rotate(180)))
    assert seen.image.getpixel((10, 10))[0] > 200
    assert seen.reader == 0


def test_where_no_frame_shows_anything_the_first_counts() -> None:
    blanks = [Image.new("RGBA", (8, 8), name) for name in ("teal", "red", "blue")]
    seen = decode_photo(animation("GIF", *blanks))
    assert seen.image.getpixel((1, 1)) == pytest.approx((0, 128, 128), abs=4)
    assert seen.reader == 0


def test_pages_are_no_frames() -> None:
    blank = Image.new("RGB", (8, 8), "white")
    assert decode_photo(animation("TIFF", blank, photo().convert("RGB"))).image.size == (8, 8)
    assert decode_photo(animation("TIFF", blank, photo().convert("RGB"))).reader == 0


def test_a_damaged_frame_behind_the_first_is_none() -> None:
    content = animation("GIF", Image.new("RGBA", (96, 64), "teal"), photo())
    for end in range(len(content) - 40, len(content), 7):
        assert decode_photo(content[:end]).image.size == (96, 64)


@pytest.mark.parametrize(
    ("limit", "value", "is_found"),
    [
        ("MOST_FRAMES", 3, True),
        ("MOST_FRAMES", 2, False),
        ("MOST_PIXELS", 3 * 96 * 64, True),
        ("MOST_PIXELS", 3 * 96 * 64 - 1, False),
        ("LARGEST_FRAME", 96 * 64, True),
        ("LARGEST_FRAME", 96 * 64 - 1, False),
    ],
)
def test_so_many_frames_are_looked_at(
    limit: str, value: int, is_found: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, limit, value)
    blanks = [Image.new("RGBA", (96, 64), name) for name in ("teal", "white")]
    seen = decode_photo(animation("GIF", *blanks, photo()))
    assert (seen.image.getpixel((80, 50))[2] > 200) is is_found
    assert seen.reader == int(is_found)


def test_numbers_of_eight_bits_are_taken_as_they_are() -> None:
    dark = Image.new("RGB", (4, 4), (10, 20, 30))
    dark.putpixel((0, 0), (1, 2, 3))
    assert first_shown_frame(dark).image.getpixel((2, 2)) == (10, 20, 30)
    assert first_shown_frame(dark, is_deep=True).image.getpixel((2, 2)) == (80, 160, 240)


def test_the_second_frame_is_looked_at_too() -> None:
    seen = decode_photo(animation("GIF", Image.new("RGBA", (96, 64), "teal"), photo()))
    assert seen.image.getpixel((80, 50))[2] > 200


def test_frames_that_cannot_be_counted_are_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(image: object) -> int:
        raise EOFError("no more images in GIF file")

    monkeypatch.setattr(GifImageFile, "n_frames", property(broken))
    seen = decode_photo(animation("GIF", Image.new("RGBA", (96, 64), "teal"), photo()))
    assert seen.image.getpixel((80, 50)) == pytest.approx((0, 128, 128), abs=4)
    assert (seen.reader, seen.damage) == (0, "")
