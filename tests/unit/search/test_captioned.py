"""How collections are named, and which of their files belong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.evaluation.named_collections import named_collections


@pytest.mark.parametrize(
    ("files", "names"),
    [
        (["coco/dev.json"], ["dev"]),
        (["coco/dev.json", "coco/test.json"], ["dev", "test"]),
        (["coco/dev.json", "rooms/dev.json"], ["coco/dev", "rooms/dev"]),
        (["/a/dev.json", "/b/x/dev.json"], ["a/dev", "x/dev"]),
        (["dev.json", "/dev.json"], ["dev", "/dev"]),
        (["a.json", "b.json", "a.json"], ["a (1)", "b", "a (2)"]),
    ],
)
def test_names_are_short_and_differ(files: list[str], names: list[str]) -> None:
    paths = [Path(file) for file in files]
    found = named_collections([Path("photos")] * len(paths), paths)
    assert [each.name for each in found] == names


def test_the_nth_belong_together_and_the_last_may_lack_instances() -> None:
    images, files = [Path("a"), Path("b"), Path("c")], [Path(f"{n}.json") for n in "xyz"]
    found = named_collections(images, files, [None, Path("i.json")])
    assert [(each.images, each.annotations) for each in found] == list(
        zip(images, files, strict=True)
    )
    assert [each.instances for each in found] == [None, Path("i.json"), None]


@pytest.mark.parametrize(("images", "files", "instances"), [(1, 2, 0), (2, 1, 0), (1, 1, 2)])
def test_numbers_that_do_not_fit_are_refused(images: int, files: int, instances: int) -> None:
    with pytest.raises(ValueError, match="as many folders as annotation files"):
        named_collections([Path()] * images, [Path("a.json")] * files, [None] * instances)
