"""Groups of similar photos, and the parts of a collection that batches are drawn from."""

from __future__ import annotations

import torch
from torch.nn import functional

from fusion.training.sampling import (
    plain_batches,
    random_photos,
    shown_twice,
    similar_groups,
    split_collections,
    split_photos,
    vary_maps,
)


def test_groups_hold_each_row_once_and_keep_clusters_together() -> None:
    torch.manual_seed(0)
    centres = torch.eye(4).repeat_interleave(5, dim=0)
    vectors = functional.normalize(centres + 0.01 * torch.randn(20, 4), dim=1)
    groups = similar_groups(vectors, 5)
    assert sorted(torch.cat(groups).tolist()) == list(range(20))
    assert all(len(set((group // 5).tolist())) == 1 for group in groups)


def test_the_last_group_takes_what_is_left() -> None:
    vectors = functional.normalize(torch.randn(7, 3), dim=1)
    assert sorted(len(group) for group in similar_groups(vectors, 3)) == [1, 3, 3]


def test_batches_hold_each_photo_once_at_most() -> None:
    seen = torch.cat(list(plain_batches(torch.arange(10, 27), 5)))
    assert len(seen) == 15
    assert len(seen.unique()) == 15


def test_held_out_photos_are_apart() -> None:
    fitted, held = split_photos(50, 8, seed=3)
    assert sorted([*fitted.tolist(), *held.tolist()]) == list(range(50))


def test_a_larger_draw_has_all_photos_of_a_smaller_one() -> None:
    small, large, all_of_them = (random_photos(60, count).tolist() for count in (10, 25, 60))
    assert (len(set(small)), len(set(large))) == (10, 25)
    assert set(small) < set(large)
    assert large == sorted(large)
    assert all_of_them == list(range(60))
    assert small != list(range(10))


def test_varied_maps_are_windows_of_the_maps_or_of_their_mirror_images() -> None:
    torch.manual_seed(0)
    maps = torch.arange(100.0).view(1, 10, 10, 1).expand(40, -1, -1, 2)
    sides, mirrored = set(), set()
    for _ in range(20):
        varied = vary_maps(maps)
        side = varied.shape[1]
        assert varied.shape == (40, side, side, 2)
        sides.add(side)
        windows = varied[..., 0]
        right = (windows[:, :, 1] - windows[:, :, 0])[:, 0]
        assert set(right.tolist()) == {1.0, -1.0}
        assert ((windows[:, 1] - windows[:, 0]) == 10).all()
        mirrored.add(int((right < 0).sum()))
    assert sides == {8, 9, 10}
    assert all(5 < count < 35 for count in mirrored)


def test_what_is_held_out_of_one_collection_is_trained_on_in_none() -> None:
    names = [f"{row}.jpg" for row in range(60)] + [f"{row}.jpg" for row in range(30)]
    kept, held = split_collections(names, [60, 30], seed=3)
    assert [len(rows) for rows in held] == [6, 3]
    assert all(rows.max() < end for rows, end in zip(held, (60, 90), strict=True))
    assert held[1].min() >= 60
    known = {names[row] for rows in held for row in rows.tolist()}
    assert not known & {names[row] for row in kept.tolist()}
    assert len(kept) == sum(name not in known for name in names)


def test_a_small_collection_is_shown_twice() -> None:
    rows = torch.tensor([0, 2, 5, 6])
    assert shown_twice(rows, [6, 2]).tolist() == [0, 2, 5, 6, 6]
    assert shown_twice(rows, [6, 4]).tolist() == rows.tolist()
