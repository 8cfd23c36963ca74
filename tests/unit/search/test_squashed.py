"""Photos squashed to small squares: the files written, and the comparison of ranks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fusion.data.collection import read_captions
from search.evaluation.squashed import compare_squashed, squashed_files
from store.errors import UnreadableImage


def test_photos_become_small_squares_in_their_order(tmp_path: Path) -> None:
    paths = []
    for row, (name, colour) in enumerate([("b.png", "red"), ("a.png", "blue")]):
        path = tmp_path / name
        Image.new("RGB", (300 + row, 40), colour).save(path)
        paths.append(str(path))
    with squashed_files(paths) as files:
        collection = read_captions(files.annotations, files.images)
        assert len(collection.paths) == 2
        for path, channel in zip(collection.paths, (0, 2), strict=True):
            with Image.open(path) as image:
                assert (image.format, image.size, image.mode) == ("JPEG", (224, 224), "RGB")
                assert int(np.asarray(image).mean(axis=(0, 1)).argmax()) == channel
    assert not files.images.exists()


def test_a_file_that_is_no_photo_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no photo")
    with (
        pytest.raises(UnreadableImage, match=r"a\.jpg: "),
        squashed_files([str(tmp_path / "a.jpg")]),
    ):
        pass


def test_ranks_are_compared_by_hand() -> None:
    rows = np.array([0, 1])
    ranks = {"first_stage": {"text_to_image": np.array([1, 2])}, "reranked": {}}
    scores = np.array([[0.2, 0.9], [0.8, 0.1]])
    found = compare_squashed(ranks, {"first_stage": scores, "reranked": None}, rows)
    assert list(found.report) == list(found.per_query) == ["first_stage"]
    part = found.report["first_stage"]
    assert part["as_they_are"]["R@1"] == 50.0
    assert part["squashed"]["R@1"] == 0.0
    # a draw of photos has 0 only (-1), 1 only (0), or both (-1/2)
    assert part["difference"] == {"R@1": -50.0, "low": -100.0, "high": 0.0}
    assert found.per_query["first_stage"].tolist() == [2, 2]
