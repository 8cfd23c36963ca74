"""Regions as boxes, and the model's explanations in a form for people and programs."""

from __future__ import annotations

import numpy as np
import pytest

from fusion.runtime.photo_explanation import PhotoExplanation
from search.explanation import Explanation, Region, as_record, as_words, from_model, region_boxes


def test_cells_run_row_by_row_from_the_top_left() -> None:
    assert region_boxes(1) == [(0, 0, 1, 1)]
    boxes = region_boxes(25)
    assert len(boxes) == 25
    assert boxes[0] == (0, 0, 0.2, 0.2)
    assert boxes[7] == (0.4, 0.2, 0.6, 0.4)  # row 1, column 2
    assert boxes[24][2:] == (1, 1)


@pytest.mark.parametrize("cells", [2, 24])
def test_cells_that_make_no_square(cells: int) -> None:
    with pytest.raises(ValueError, match=f"square grid, found {cells}"):
        region_boxes(cells)


def test_the_heaviest_regions_of_each_word() -> None:
    found = from_model(
        PhotoExplanation(
            score=2.0,
            words=("dog",),
            added=np.array([0.5], np.float32),
            regions=np.array([[0.125, 0.25, 0.125, 0.25]], np.float32),
            whole=np.array([0.25], np.float32),
            read=np.array([0.0, -1.0, 3.0, 1.0], np.float32),
            rest={"first": 1.0, "logits": 0.5},
        )
    )
    word = found.words[0]
    assert (word.word, word.added, found.rest) == ("dog", 0.5, 1.5)
    # Regions of equal weight are sorted row by row.
    assert word.regions == (
        Region((0.5, 0, 1, 0.5), 0.25),
        Region((0.5, 0.5, 1, 1), 0.25),
        Region((0, 0, 0.5, 0.5), 0.125),
    )
    assert [region.weight for region in found.regions] == [3.0, 1.0, 0.0]


def explained(**added: float) -> Explanation:
    count = len(added)
    return from_model(
        PhotoExplanation(
            score=2.0 + sum(added.values()),
            words=tuple(added),
            added=np.array(list(added.values()), np.float64),
            regions=np.full((count, 4), 0.25, np.float32),
            whole=np.zeros(count, np.float32),
            read=np.zeros(4, np.float32),
            rest={"first": 1.5, "logits": 0.5},
        )
    )


def test_words_that_say_little_are_one_entry_of_the_rest() -> None:
    found = explained(a=0.25, dog=0.5, s=0.125, on=-0.5, sofa=1.0)
    assert [word.word for word in found.words] == ["dog", "sofa"]
    assert found.other_words == 0.25 + 0.125 - 0.5
    assert sum(word.added for word in found.words) + found.rest == 2.0 + 1.375
    assert list(as_words(found))[-1] == "rest +1.875 (other words -0.125)"
    assert as_record(found)["other_words"] == -0.125


def test_where_no_word_says_more_all_are_told() -> None:
    found = explained(on=0.5, the=0.25)
    assert [word.word for word in found.words] == ["on", "the"]
    assert (found.rest, found.other_words) == (2.0, 0.0)
    assert list(as_words(found))[-1] == "rest +2.000"
