"""Probabilities compared with right answers: by hand, and where there are too few."""

from __future__ import annotations

import numpy as np

from search.evaluation.reliability import reliability, shown_share


def test_by_hand() -> None:
    right = np.array([True, True, False, False])
    probabilities = np.array([0.95, 0.55, 0.75, 0.15])
    found = reliability(right, probabilities, np.arange(4))
    assert found["right"] == 50.0
    assert found["mean_probability"] == 60.0
    # each alone in its bin: 0.05, 0.45, 0.75 and 0.15 off
    assert found["ece"] == 35.0
    # three of four pairs are in order
    assert found["auroc"] == 75.0
    for name in ("ece", "auroc"):
        low, high = found[f"{name}_95"]
        assert low <= found[name] <= high


def test_groups_that_agree_have_no_interval_to_speak_of() -> None:
    found = reliability(np.array([True, False] * 5), np.array([0.9, 0.1] * 5), np.arange(10) // 2)
    assert found["ece_95"] == [10.0, 10.0]
    assert found["auroc_95"] == [100.0, 100.0]


def test_all_right_has_no_auroc() -> None:
    found = reliability(np.ones(3, bool), np.full(3, 0.9), np.arange(3))
    assert (found["ece"], found["auroc"], found["auroc_95"]) == (10.0, None, None)


def test_of_nothing_nothing_is_said() -> None:
    found = reliability(np.zeros(0, bool), np.zeros(0), np.zeros(0, np.int64))
    assert set(found.values()) == {None}
    assert list(found) == list(reliability(np.array([True]), np.array([1.0]), np.array([0])))


def test_a_half_is_shown_as_a_match() -> None:
    found = shown_share(np.array([0.5, 0.49, 1.0, 0.0]), np.array([0, 0, 0, 0]))
    assert found == {"shown_as_match": 50.0, "shown_as_match_95": [50.0, 50.0]}
