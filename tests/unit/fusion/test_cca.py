"""The independent model: finds correlations, is saved to a file, refuses other encoders."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.cross_decomposition import CCA

from fusion.data import cca


def collection(
    photos: int = 60, regions: int = 4, words: int = 6, seed: int = 0
) -> SimpleNamespace:
    """Return photos whose captions share three hidden factors with them; the rest is noise."""
    rng = np.random.default_rng(seed)
    to_image, to_text = np.random.default_rng(99).normal(size=(2, 3, 8))
    hidden = rng.normal(size=(photos, 3))
    photo_rows = np.repeat(np.arange(photos), 2)
    grid = (hidden @ to_image)[:, None] + rng.normal(size=(photos, regions, 8)) * 0.3
    text = (hidden[photo_rows] @ to_text)[:, None] + rng.normal(size=(2 * photos, words, 8)) * 0.3
    mask = np.arange(words) < rng.integers(2, words + 1, size=(2 * photos, 1))
    return SimpleNamespace(
        photos=SimpleNamespace(regions=grid.astype(np.float16)),
        captions=SimpleNamespace(words=text.astype(np.float16), mask=mask, photo_rows=photo_rows),
    )


def test_unseen_captions_find_their_photos() -> None:
    model = cca.fit(collection(seed=0), rank=3, ridge=0.01)
    unseen = collection(seed=1)
    similarity = model.similarity(unseen)
    assert similarity.shape == (120, 60)
    found = similarity.argmax(axis=1) == unseen.captions.photo_rows
    assert found.mean() > 0.5  # chance is 1/60


def test_directions_agree_with_scikit_learn() -> None:
    rng = np.random.default_rng(4)
    shared = rng.normal(size=(400, 1))
    images = np.hstack([shared + 0.1 * rng.normal(size=(400, 1)), rng.normal(size=(400, 2))])
    texts = np.hstack([rng.normal(size=(400, 1)), shared + 0.1 * rng.normal(size=(400, 1))])
    model = cca.fit_cca(images.astype(np.float32), texts.astype(np.float32), rank=1, ridge=1e-6)
    ours = ((images - model.image_mean) @ model.image_map).ravel()
    theirs = CCA(n_components=1).fit(images, texts).transform(images).ravel()
    assert abs(np.corrcoef(ours, theirs)[0, 1]) > 0.999


def test_padding_words_change_nothing() -> None:
    data = collection()
    before = cca.pooled_texts(data)
    data.captions.words[~data.captions.mask] = 1000
    assert np.array_equal(before, cca.pooled_texts(data))


def test_pooling_in_blocks_equals_pooling_at_once() -> None:
    data = collection(photos=700)
    at_once = data.photos.regions.astype(np.float32).mean(axis=1)
    assert np.allclose(cca.pooled_images(data), at_once, atol=1e-6)


def test_saved_and_loaded_is_the_same(tmp_path: Path) -> None:
    data = collection()
    model = cca.fit(data, rank=3)
    cca.save(model, tmp_path)
    assert np.array_equal(cca.load(tmp_path).similarity(data), model.similarity(data))


def test_constant_features_do_no_harm() -> None:
    images, texts = np.ones((10, 4), np.float32), np.ones((10, 3), np.float32)
    assert np.isfinite(cca.fit_cca(images, texts, rank=2).image_map).all()


def test_rank_is_cut_to_the_encoders_width() -> None:
    assert cca.fit(collection()).image_map.shape == (8, 8)


@pytest.mark.parametrize(
    ("images", "texts", "options", "message"),
    [
        ((5, 4), (6, 4), {}, "must be"),
        ((1, 4), (1, 4), {}, "must be"),
        ((5, 4), (5, 3), {"rank": 4}, "rank"),
        ((5, 4), (5, 3), {"rank": 2, "ridge": 0.0}, "ridge"),
    ],
)
def test_what_cannot_be_fitted_is_refused(
    images: tuple[int, int], texts: tuple[int, int], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        cca.fit_cca(np.ones(images, np.float32), np.ones(texts, np.float32), **options)


def test_missing_damaged_and_foreign_files_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(cca.NegativesError, match="is missing"):
        cca.load(tmp_path)
    (tmp_path / cca.FILE_NAME).write_bytes(b"no tensors")
    with pytest.raises(cca.NegativesError, match="damaged"):
        cca.load(tmp_path)
    model = cca.fit(collection(), rank=3)
    narrow = cca.LinearCCA(model.image_mean[:5], model.image_map[:5], *_text_side(model))
    with pytest.raises(cca.NegativesError, match="width 5, these have 8"):
        narrow.similarity(collection())


def _text_side(model: cca.LinearCCA) -> tuple[cca.Array, cca.Array]:
    return model.text_mean, model.text_map
