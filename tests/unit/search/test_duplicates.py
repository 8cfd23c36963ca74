"""Copies are folded under the best hit; other photos are not."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from indexer.photos.perceptual_hash import perceptual_hash
from search.ranking.near_duplicates import LEAST_COSINE, Group, fold


def photo(name: str) -> Image.Image:
    data = pytest.importorskip("skimage.data", reason="scikit-image, of the extra demo")
    return Image.fromarray(getattr(data, name)()).convert("RGB")


def saved_again(image: Image.Image) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=40)
    return Image.open(file).convert("RGB")


def cut(image: Image.Image) -> Image.Image:
    wide, high = image.size
    return image.crop((wide // 100, high // 100, wide - wide // 100, high - high // 100))


COPIES: list[Callable[[Image.Image], Image.Image]] = [
    lambda image: image.resize((image.width // 2, image.height // 2)),
    lambda image: image.resize((image.width // 3, image.height // 3), Image.Resampling.NEAREST),
    saved_again,
    cut,
    lambda image: ImageEnhance.Brightness(image).enhance(0.8),
    lambda image: ImageEnhance.Contrast(image).enhance(1.2),
    lambda image: image.convert("L").convert("RGB"),
]


@pytest.mark.parametrize("make", range(len(COPIES)))
def test_copies_of_real_photos_are_folded_and_other_photos_are_not(make: int) -> None:
    names = ("astronaut", "cat", "coffee", "rocket", "chelsea", "camera")
    hashes = [perceptual_hash(photo(name)) for name in names]
    hashes += [perceptual_hash(COPIES[make](photo(name))) for name in names]
    # "cat" and "chelsea" are two names of one photo.
    wanted = [Group(0, (6,)), Group(1, (4, 7, 10)), Group(2, (8,)), Group(3, (9,)), Group(5, (11,))]
    assert fold(hashes) == wanted


def test_two_views_of_one_scene_are_two_photos() -> None:
    data = pytest.importorskip("skimage.data", reason="scikit-image, of the extra demo")
    face = photo("astronaut")
    views = [face.crop((0, 0, 400, 400)), face.crop((112, 0, 512, 400)), face]
    assert len(fold([perceptual_hash(view) for view in views])) == 3
    assert data.astronaut().shape == (512, 512, 3)


def test_a_vector_is_enough_where_there_is_no_hash() -> None:
    near = np.array([1, 0, 0]), np.array([0.97, np.sqrt(1 - 0.97**2), 0]), np.array([0, 1, 0])
    assert fold([None, None, None], np.stack(near)) == [Group(0, (1,)), Group(2)]
    assert fold([None, None]) == [Group(0), Group(1)]


def test_no_chain_of_small_steps_leads_to_another_photo() -> None:
    assert fold([0b0, 0b11, 0b1111], most_bits=2) == [Group(0, (1,)), Group(2)]


def test_signed_hashes_are_compared_by_their_bits() -> None:
    assert fold([-1, 2**63 - 1], most_bits=1) == [Group(0, (1,))]
    assert fold([-1, 0], most_bits=63) == [Group(0), Group(1)]


def test_shapes_that_do_not_fit_are_told() -> None:
    with pytest.raises(ValueError, match="2 vectors and 1 hashes"):
        fold([1], np.ones((2, 3)))


@given(
    hashes=st.lists(st.none() | st.integers(0, 7) | st.integers(-(2**63), 2**63 - 1), max_size=9),
    bits=st.integers(0, 4),
)
def test_every_hit_is_in_one_group_under_a_better_one(hashes: list[int | None], bits: int) -> None:
    groups = fold(hashes, most_bits=bits, least_cosine=LEAST_COSINE)
    members = [place for group in groups for place in (group.shown, *group.folded)]
    assert sorted(members) == list(range(len(hashes)))
    assert [group.shown for group in groups] == sorted(group.shown for group in groups)
    for group in groups:
        assert all(place > group.shown for place in group.folded)
    shown = [hashes[group.shown] for group in groups]
    assert fold(shown, most_bits=bits) == [Group(place) for place in range(len(shown))]
