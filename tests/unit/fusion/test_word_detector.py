"""The word detector finds a word that it was trained on, wherever in the photo it is shown."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from fusion.graphs.word_detector import WordDetector


@pytest.fixture
def detector() -> WordDetector:
    torch.manual_seed(0)
    made = WordDetector(words=3, width=8, sample=5)
    made.start(torch.tensor([0.5, 0.1, 0.9]))
    return made


def nodes(photos: int = 4, regions: int = 6) -> Tensor:
    drawn = torch.randn(photos, regions + 1, 8, generator=torch.Generator().manual_seed(1))
    return functional.normalize(drawn, dim=-1)


def test_untrained_it_says_what_is_said_of_any_photo(detector: WordDetector) -> None:
    detector.regions.data.zero_()
    detector.whole.data.zero_()
    assert torch.allclose(detector(nodes()).sigmoid(), torch.tensor([0.5, 0.1, 0.9]).expand(4, 3))
    assert torch.allclose(detector.odds(nodes()), torch.zeros(4, 3), atol=1e-6)


def test_the_order_of_regions_changes_nothing(detector: WordDetector) -> None:
    shown = nodes()
    turned = torch.cat([shown[:, :1], shown[:, 1:].flip(1)], dim=1)
    assert torch.allclose(detector(shown), detector(turned), atol=1e-6)


def test_asked_words_are_columns_of_all(detector: WordDetector) -> None:
    columns = torch.tensor([2, 0])
    assert torch.allclose(detector.odds(nodes(), columns), detector.odds(nodes())[:, columns])


def test_one_region_that_shows_it_is_enough(detector: WordDetector) -> None:
    detector.regions.data.zero_()
    detector.regions.data[1, 0] = 1.0
    detector.whole.data.zero_()
    detector.log_scale.data.fill_(math.log(10.0))
    shown = torch.zeros(2, 5, 8)
    shown[1, 3, 0] = 1.0  # one of four regions: log((3 + e^10) / 4); with none, log(4 / 4) = 0
    found = detector(shown)[:, 1].tolist()
    assert found[1] - found[0] == pytest.approx(math.log((3 + math.exp(10)) / 4), abs=1e-4)


def test_it_learns_from_captions_which_region_shows_a_word() -> None:
    torch.manual_seed(0)
    detector = WordDetector(words=2, width=8, sample=0)
    shown = nodes(200, 4)
    there = torch.rand(200, generator=torch.Generator().manual_seed(2)) < 0.5
    shown[there, 2] = functional.one_hot(torch.tensor(5), 8).float()
    said = torch.stack([there.float(), torch.full((200,), 0.5)], dim=1)
    optimizer = torch.optim.Adam(detector.parameters(), lr=0.05)
    for _ in range(60):
        loss = functional.binary_cross_entropy_with_logits(detector(shown), said)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    assert detector.regions[0].argmax() == 5
    right = (detector(shown)[:, 0] > 0) == there
    assert right.float().mean() > 0.9


def test_the_hub_of_a_text_is_what_its_words_get_anywhere(detector: WordDetector) -> None:
    odds = torch.tensor([[1.0, 0, 0], [2.0, 0, 0], [3.0, 0, 0], [4.0, 0, 0], [-1.0, 0, 0]])
    detector.keep_sample(odds)
    bags = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    assert detector.hub(bags).tolist() == pytest.approx([2.5, 0.0])  # (1 + 2 + 3 + 4) / 4


def test_without_a_sample_there_is_nothing_to_subtract() -> None:
    assert WordDetector(3, 8, 0).hub(torch.ones(2, 3)).tolist() == [0.0, 0.0]
