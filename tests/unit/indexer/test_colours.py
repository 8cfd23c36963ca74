"""Pixels are converted by the file's colour profile, whatever the format and kind of pixels."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from indexer.photos.colour_table import ColourTable
from indexer.photos.colours import SrgbTransform
from indexer.photos.decode import decode_bytes, decode_photo
from indexer.photos.pixels import to_rgb
from tests.unit.indexer.made_profiles import PROFILES, grey_profile, ink_profile

PATCHES = {
    "red": (255, 0, 0),
    "teal": (0, 128, 128),
    "grey": (128, 128, 128),
    "skin": (224, 172, 105),
}


def saved(image: Image.Image, kind: str, profile: bytes) -> bytes:
    file = io.BytesIO()
    if kind == "HEIF":
        pillow_heif.from_pillow(image).save(file, icc_profile=profile, quality=95, chroma=444)
    else:
        exact = {"JPEG": {"quality": 98, "subsampling": 0}, "WEBP": {"lossless": True}}
        image.save(file, kind, icc_profile=profile, **exact.get(kind, {}))
    return file.getvalue()


def in_profile(colour: tuple[int, int, int], profile: bytes) -> Image.Image:
    """Return a picture of one sRGB colour, expressed in the values of a profile."""
    into = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    picture = ImageCms.profileToProfile(
        Image.new("RGB", (32, 32), colour), ImageCms.createProfile("sRGB"), into
    )
    assert picture is not None
    return picture


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("name", ["ProPhoto", "Adobe RGB", "Display P3"])
def test_a_colour_is_itself_in_every_profile_and_format(kind: str, name: str) -> None:
    for colour in PATCHES.values():
        content = saved(in_profile(colour, PROFILES[name]), kind, PROFILES[name])
        seen = decode_bytes(content).getpixel((16, 16))
        assert np.abs(np.subtract(seen, colour)).max() < 12, (kind, name, colour, seen)
        assert decode_photo(content).reader == 1


@pytest.mark.parametrize("mode", ["RGBA", "P", "L", "LA"])
def test_a_profile_holds_for_all_kinds_of_pixels(mode: str) -> None:
    colour = (128, 128, 128) if mode in ("L", "LA") else PATCHES["skin"]
    picture = in_profile(colour, PROFILES["ProPhoto"])
    picture = picture.quantize(4) if mode == "P" else picture.convert(mode)
    seen = decode_bytes(saved(picture, "PNG", PROFILES["ProPhoto"])).getpixel((16, 16))
    assert np.abs(np.subtract(seen, colour)).max() < 12


def test_what_is_transparent_lies_on_white_that_no_profile_changes() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    clear.putpixel((0, 0), (10, 200, 30, 255))
    seen = decode_bytes(saved(clear, "PNG", PROFILES["ProPhoto"]))
    assert seen.getpixel((4, 4)) == (255, 255, 255)
    assert seen.getpixel((0, 0)) != (10, 200, 30)


def test_a_profile_of_grey_gives_its_brightness() -> None:
    content = saved(Image.new("L", (8, 8), 128), "PNG", grey_profile(1.0))
    assert decode_bytes(content).getpixel((4, 4)) == pytest.approx((188,) * 3, abs=3)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_are_those_of_their_profile(kind: str) -> None:
    profile = ink_profile()
    for ink, wanted in (((255, 0, 0, 0), 0), ((0, 0, 255, 0), 255)):
        content = saved(Image.new("CMYK", (16, 16), ink), kind, profile)
        assert decode_bytes(content).getpixel((8, 8)) == pytest.approx((wanted,) * 3, abs=8)


@pytest.mark.parametrize(
    "profile",
    [
        PROFILES["sRGB"],
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        b"no profile",
        PROFILES["ProPhoto"][:200],
        ink_profile(),
        grey_profile(1.0),
    ],
    ids=["sRGB by gamma", "sRGB", "none", "cut", "of inks", "of grey"],
)
def test_a_profile_that_says_nothing_of_these_pixels_changes_none(profile: bytes) -> None:
    values = np.random.default_rng(0).integers(0, 256, (16, 16, 3), dtype=np.uint8)
    photo = decode_photo(saved(Image.fromarray(values), "PNG", profile))
    assert np.abs(np.asarray(photo.image).astype(int) - values).max() <= 4
    if profile != PROFILES["sRGB"]:
        assert np.array_equal(photo.image, values)
        assert photo.reader == 0


def test_a_picture_in_memory_is_read_by_its_profile_too() -> None:
    picture = in_profile(PATCHES["red"], PROFILES["ProPhoto"])
    picture.info["icc_profile"] = PROFILES["ProPhoto"]
    assert np.abs(np.subtract(to_rgb(picture).getpixel((1, 1)), PATCHES["red"])).max() < 12


def test_a_draft_of_a_jpeg_keeps_its_colours() -> None:
    wide = in_profile(PATCHES["red"], PROFILES["ProPhoto"]).resize((640, 640))
    photo = decode_photo(saved(wide, "JPEG", PROFILES["ProPhoto"]), enough_px=100)
    assert photo.image.size == (160, 160)
    assert np.abs(np.subtract(photo.image.getpixel((80, 80)), PATCHES["red"])).max() < 12


@pytest.mark.parametrize("name", ["Adobe RGB", "Display P3", "ProPhoto"])
def test_colours_are_those_of_littlecms_but_for_a_unit(name: str) -> None:
    values = np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    picture = Image.fromarray(values)
    picture.info["icc_profile"] = PROFILES[name]
    exact = ImageCms.profileToProfile(
        picture,
        ImageCms.ImageCmsProfile(io.BytesIO(PROFILES[name])),
        ImageCms.createProfile("sRGB"),
    )
    off = np.abs(np.asarray(to_rgb(picture)).astype(int) - np.asarray(exact))
    assert (off > 1).mean() < 0.015
    assert (off > 4).mean() < 0.003
    assert (off == 0).mean() < 1 or name == "ProPhoto"  # for which no table is close enough


def test_a_table_keeps_black_white_and_every_grey() -> None:
    greys = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).convert("RGB")
    seen = ColourTable(lambda image: image).apply(greys)
    assert np.array_equal(seen, greys)


def test_a_table_says_whether_it_is_close() -> None:
    assert ColourTable(lambda image: Image.merge("RGB", image.split()[::-1])).is_close
    assert not ColourTable(lambda image: image.point(lambda v: 255 * (v % 2))).is_close


def test_a_photo_made_small_has_the_colours_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = in_profile(PATCHES["skin"], PROFILES["Display P3"]).resize((96, 64))
    photo = decode_photo(saved(wide, "PNG", PROFILES["Display P3"]))
    turned: list[tuple[int, int]] = []
    monkeypatch.setattr(
        SrgbTransform, "apply", lambda self, image: turned.append(image.size) or self._apply(image)
    )
    small = photo.picture.resized(lambda image: image.resize((8, 8)), (8, 8))
    large = photo.picture.resized(lambda image: image.resize((200, 200)), (200, 200))
    assert turned == [(8, 8), (96, 64)]
    for seen in (small, large):
        assert np.abs(np.subtract(seen.getpixel((4, 4)), PATCHES["skin"])).max() <= 2


P3_RED = (234, 51, 35)
"""sRGB's red, in the values of Display P3."""


def coded(kind: str, primaries: int, curve: int) -> bytes:
    """Return a picture without a profile, whose colour space is given by code points."""
    picture = Image.new("RGB", (64, 64), P3_RED)
    if kind == "HEIF":
        file = io.BytesIO()
        codes = {"color_primaries": primaries, "transfer_characteristics": curve}
        pillow_heif.from_pillow(picture).save(
            file, quality=-1, matrix_coefficients=0, full_range_flag=1, **codes
        )
        return file.getvalue()
    if kind == "AVIF":
        file = io.BytesIO()
        picture.save(file, "AVIF", quality=100, subsampling="4:4:4")
        place = file.getvalue().index(b"colrnclx") + 8
        return (
            file.getvalue()[:place]
            + struct.pack(">HH", primaries, curve)
            + (file.getvalue()[place + 4 :])
        )
    content = saved(picture, "PNG", b"")
    body = b"cICP" + bytes((primaries, curve, 0, 1))
    chunk = struct.pack(">I", 4) + body + struct.pack(">I", zlib.crc32(body))
    return content[:33] + chunk + content[33:]


@pytest.mark.parametrize("kind", ["PNG", "HEIF", "AVIF"])
def test_colours_named_by_numbers_are_those(kind: str) -> None:
    wide = decode_photo(coded(kind, 12, 13))
    assert wide.image.getpixel((32, 32)) == pytest.approx((255, 0, 0), abs=12)
    assert wide.reader == 1
    widest = decode_bytes(coded(kind, 9, 13)).getpixel((32, 32))
    assert widest != pytest.approx(P3_RED, abs=12)
    for codes in ((1, 13), (2, 2), (12, 16), (9, 18), (5, 13)):
        plain = decode_photo(coded(kind, *codes))
        assert plain.image.getpixel((32, 32)) == pytest.approx(P3_RED, abs=3)
        assert plain.reader == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("inner", [{0xA001: 0xFFFF, 0xA005: {1: "R03"}}, {0xA001: 2}])
def test_adobe_rgb_that_only_exif_tells(kind: str, inner: dict[int, object]) -> None:
    exif = Image.Exif()
    exif[0x010F] = "Firm"  # without a tag in the main directory Pillow saves no EXIF
    exif.get_ifd(0x8769).update(inner)
    file = io.BytesIO()
    colour = in_profile(PATCHES["teal"], PROFILES["Adobe RGB"])
    colour.info.clear()
    colour.save(file, kind, exif=exif, quality=98)
    seen = decode_bytes(file.getvalue()).getpixel((16, 16))
    assert seen == pytest.approx(PATCHES["teal"], abs=12)
    with_profile = io.BytesIO()
    colour.save(with_profile, kind, exif=exif, quality=98, icc_profile=PROFILES["sRGB"])
    assert decode_bytes(with_profile.getvalue()).getpixel((16, 16)) == pytest.approx(
        colour.getpixel((16, 16)), abs=6
    )
