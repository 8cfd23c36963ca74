"""Which words are true of a photo: by its instances, or because two of its captions say so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from search.evaluation.searches import keyword_labels
from search.evaluation.searches.keyword_labels import Keyword, from_captions, from_instances


def as_lists(keywords: list[Keyword]) -> dict[str, list[int]]:
    return {each.word: each.labels.tolist() for each in keywords}


def test_categories_by_file_name() -> None:
    paths = ["photos/a.jpg", "photos/sub/b.jpg", "photos/c.jpg", "photos/unknown.jpg"]
    said = {"a.jpg": ("dog", "hot dog"), "sub/b.jpg": ("dog",), "c.jpg": (), "z.jpg": ("cat",)}
    found = from_instances(paths, Path("photos"), said)
    # a photo that is listed without instances has none; one that is not listed is left out
    assert as_lists(found) == {"dog": [1, 1, 0, -1], "hot dog": [1, 0, 0, -1]}
    assert [each.word for each in found] == ["dog", "hot dog"]
    assert (found[0].true, found[0].false) == (2, 1)


def test_instances_of_other_photos_give_nothing() -> None:
    assert from_instances(["photos/a.jpg"], Path("photos"), {"b.jpg": ("dog",)}) == []


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyword_labels, "FEWEST_TRUE", 1)


@pytest.mark.usefixtures("_few")
def test_two_captions_make_it_true_and_one_leaves_it_open() -> None:
    captions = [
        (0, "a dog on a mat"), (0, "two dogs"), (0, "an animal"),  # twice: true
        (1, "a dog in the snow"), (1, "snow"),  # once: undecided
        (2, "a mat"), (2, "a mat"),
        (3, "a dog"),  # its only caption says it
    ]  # fmt: skip
    found = from_captions([text for _, text in captions], np.array([row for row, _ in captions]))
    assert as_lists(found) == {"dog": [1, -1, 0, 1], "mat": [-1, 0, 1, 0]}


@pytest.mark.usefixtures("_few")
def test_a_word_that_is_false_of_no_photo_cannot_be_missed() -> None:
    assert from_captions(["a dog", "a dog"], np.array([0, 1])) == []


def test_rare_words_are_left_out_and_the_usual_come_first() -> None:
    words = ["dog"] * 7 + ["cat"] * 5 + ["cow"] * 4
    found = from_captions([f"a {word}" for word in words], np.arange(len(words)))
    assert [(each.word, each.true, each.false) for each in found] == [("dog", 7, 9), ("cat", 5, 11)]


def test_so_many_words_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyword_labels, "MOST_WORDS", 1)
    words = ["cat"] * 6 + ["dog"] * 6
    found = from_captions([f"a {word}" for word in words], np.arange(len(words)))
    assert [each.word for each in found] == ["cat"]  # in case of ties, the first by name
