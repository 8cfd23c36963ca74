"""Short queries: how they are cut, and which photos they are true of."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from fusion.data.features import CaptionFeatures
from fusion.data.short_queries import ShortQueries, _said, _table, short_text
from fusion.runtime.words import STOP_WORDS, words_in_order
from fusion.training.losses import contrastive_loss, multi_positive_loss

CAPTIONS = ["Two dogs are running through the snow .", "It is a dog .", "A man in a red hat"]


def test_a_short_query_has_one_to_three_content_words_of_its_caption() -> None:
    for row in range(50):
        for caption in CAPTIONS:
            words = words_in_order(short_text(caption, row))
            assert 1 <= len(words) <= 3
            assert not set(words) & STOP_WORDS
            assert set(map(str, _said(" ".join(words)))) <= _said(caption)


def test_the_same_caption_is_cut_alike_and_rows_differ() -> None:
    assert short_text(CAPTIONS[0], 3) == short_text(CAPTIONS[0], 3)
    assert len({short_text(CAPTIONS[0], row) for row in range(50)}) > 3


def test_a_caption_without_content_gives_none() -> None:
    assert short_text("It is in there .", 0) == ""


def made() -> ShortQueries:
    texts = ["dog", "red hat"]
    column = {word: number for number, word in enumerate(sorted({"dog", "hat", "red"}))}
    captions = ["Two dogs", "A red hat", "a dog in a red hat", "a hat"]
    features = CaptionFeatures(np.arange(2), np.zeros(2, int), texts, np.zeros(()), np.zeros(()))
    return ShortQueries(
        features,
        torch.tensor([0, 1, 1, -1]),
        _table(texts, range(2), column, 2),
        _table(captions, [0, 1, 2, 3], column, 4),
    )


def test_every_photo_whose_captions_say_all_words_is_right() -> None:
    found = made().positive(torch.tensor([0, 1]), torch.arange(4))
    assert found.tolist() == [[True, False, True, False], [False, True, True, False]]


def test_one_right_answer_each_is_the_contrastive_loss() -> None:
    similarity = torch.randn(5, 5)
    one = multi_positive_loss(similarity, torch.eye(5, dtype=torch.bool))
    assert one.item() == pytest.approx(contrastive_loss(similarity, torch.arange(5)).item(), 1e-5)


def test_other_right_answers_are_not_pushed_away() -> None:
    """By hand: the mean of log(1 + e^(s_wrong - s_right)) over the two right answers."""
    similarity = torch.tensor([[3.0, 1.0, 0.0]])
    positive = torch.tensor([[True, True, False]])
    forward = (np.log1p(np.exp(-3)) + np.log1p(np.exp(-1))) / 2
    # In the other direction a photo has one query, which is right or does not count.
    assert multi_positive_loss(similarity, positive).item() == pytest.approx(forward / 2, 1e-4)
