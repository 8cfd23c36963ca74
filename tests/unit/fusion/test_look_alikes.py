"""The test for look-alikes, fitted to made-up pairs."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import PolynomialFeatures
from torch import Tensor

from fusion.network.look_alikes import RIDGE, Evidence, LookAlikeTest


def made_pairs(matches: int, others: int, seed: int = 0) -> tuple[Evidence, Tensor]:
    """Return pairs in which matches score higher by 2, unless the photo is a hub."""
    generator = torch.Generator().manual_seed(seed)
    count = matches + others
    facts = [torch.randn(count, generator=generator) for _ in Evidence._fields]
    labels = torch.arange(count) < matches
    evidence = Evidence(*facts)
    hub = evidence.photo_hub
    return evidence._replace(score=evidence.score + 2.0 * labels * (hub < 0)), labels


def test_it_tells_matches_and_trusts_a_hub_less() -> None:
    test = LookAlikeTest()
    test.fit(*made_pairs(2000, 2000))
    evidence, labels = made_pairs(1000, 1000, seed=1)
    odds = test(evidence)
    right = (odds > 0) == labels
    calm = evidence.photo_hub < 0
    assert right[calm].float().mean() > 0.8
    assert odds[~calm].abs().mean() < odds[calm].abs().mean()


def test_ten_times_as_many_look_alikes_move_no_odds() -> None:
    one, ten = LookAlikeTest(), LookAlikeTest()
    one.fit(*made_pairs(2000, 2000))
    ten.fit(*made_pairs(2000, 20000))
    evidence, _ = made_pairs(500, 500, seed=1)
    assert (one(evidence).sigmoid() - ten(evidence).sigmoid()).abs().mean() < 0.05


def test_it_is_scikit_learns_logistic_regression() -> None:
    evidence, labels = made_pairs(300, 900)
    test = LookAlikeTest()
    test.fit(evidence, labels)
    facts = torch.stack(evidence, 1)
    facts = ((facts - facts.mean(0)) / facts.std(0)).numpy()
    terms = PolynomialFeatures(2, include_bias=False).fit_transform(facts)
    model = LogisticRegression(
        C=1 / (2 * RIDGE * len(labels)), class_weight="balanced", tol=1e-8, max_iter=5000
    )
    wanted = model.fit(terms, labels.numpy()).decision_function(terms)
    assert test(evidence).numpy() == pytest.approx(wanted, abs=0.01)
    assert np.std(wanted) > 0.5


def test_unfitted_it_says_nothing() -> None:
    assert LookAlikeTest()(made_pairs(3, 3)[0]).tolist() == [0.0] * 6
