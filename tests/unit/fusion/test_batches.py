"""Groups of like photos, and the parts of a collection that batches are drawn from."""

from __future__ import annotations

import torch
from torch.nn import functional

from fusion.batches import plain_batches, similar_groups, split_photos


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
