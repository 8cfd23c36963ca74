"""A part of a collection: its photos, their views, and their captions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from fusion.data.features import PairData, subset
from tests.unit.fusion.made_data import made_data


def with_views(data: PairData) -> PairData:
    """Add three views of each photo, with the single value 10 x row + number of the view."""
    rows = 10 * np.arange(len(data.photos.regions)).reshape(-1, 1, 1, 1)
    maps = tuple((rows + view).astype(np.float16) for view in range(3))
    return replace(data, photos=replace(data.photos, maps=maps))


def test_a_subset_has_its_photos_and_all_their_captions() -> None:
    found = subset(made_data(6), torch.tensor([1, 4]))
    assert found.photos.image_ids.tolist() == [1001, 1004]
    assert found.photos.paths == ["1.jpg", "4.jpg"]
    assert found.captions.caption_ids.tolist() == [5002, 5003, 5008, 5009]
    assert found.captions.photo_rows.tolist() == [0, 0, 1, 1]


def test_a_subset_has_as_many_views_as_asked_for() -> None:
    data, rows = with_views(made_data(6)), torch.tensor([1, 4])
    assert [maps.ravel().tolist() for maps in subset(data, rows).photos.maps] == [[10, 40]]
    views = [maps.ravel().tolist() for maps in subset(data, rows, views=6).photos.maps]
    assert views == [[10, 40], [11, 41], [12, 42]]
