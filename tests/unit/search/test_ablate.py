"""The ablation's report, over rows whose scores are written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from fusion.evaluation import ablation
from fusion.evaluation.ablation import Row
from search.evaluation.ablation_table import ablate
from search.evaluation.evaluation import retrieval_measures

ROWS = (Row("plain", None, stage="first"), Row("better", "plain"))
# Two photos with two captions each. `plain` finds the photo of caption 0 only, `better` all four.
SCORES = {
    "plain": torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]),
    "better": torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]),
}
DATA = SimpleNamespace(captions=SimpleNamespace(photo_rows=np.array([0, 0, 1, 1])))


@pytest.fixture(autouse=True)
def _written_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    def score_rows(*_: object) -> Iterator[tuple[Row, torch.Tensor, torch.Tensor]]:
        # not in the order in which they are printed
        yield from ((row, SCORES[row.name], SCORES[row.name]) for row in reversed(ROWS))

    monkeypatch.setattr(ablation, "ablation_rows", lambda network: ROWS)
    monkeypatch.setattr(ablation, "score_rows", score_rows)


def found() -> Any:
    return ablate(None, DATA)  # type: ignore[arg-type]


def test_rows_come_in_their_order_with_both_directions() -> None:
    report = found().report
    assert json.loads(json.dumps(report)) == report
    plain, better = report["rows"]
    assert (plain["name"], plain["against"], plain["difference"]) == ("plain", None, None)
    assert (better["name"], better["against"]) == ("better", "plain")
    assert plain["text_to_image"]["R@1"] == 25.0
    assert better["text_to_image"]["R@1"] == 100.0
    assert better["image_to_text"]["R@1"] == 100.0
    assert report["notes"]


def test_a_difference_is_between_a_row_and_the_one_it_names() -> None:
    difference = found().report["rows"][1]["difference"]
    # photo 0 gains one of two captions, photo 1 both: any draw of photos gives 50 to 100 points
    assert difference["text_to_image"] == {"R@1": 75.0, "low": 50.0, "high": 100.0}
    assert list(difference) == ["text_to_image", "image_to_text"]


def test_measures_can_be_computed_from_the_ranks_again() -> None:
    result = found()
    for row in result.report["rows"]:
        for way in ("text_to_image", "image_to_text"):
            assert retrieval_measures(result.ranks[row["name"]][way]) == row[way]
