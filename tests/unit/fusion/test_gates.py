"""The re-ranker's gates: fitted as a choice among a list's items, then scaled by fixed factors."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from fusion.network.network import GATES, ScoreParts
from fusion.training import gates
from fusion.training.gates import FACTORS, Lists, fit_gates, gates_of


def lists(weights: tuple[float, ...], count: int = 4000, seed: int = 0) -> Lists:
    """Lists of ten whose right item was drawn by the softmax of the weighted parts."""
    generator = torch.Generator().manual_seed(seed)
    parts = torch.randn(5, count, 10, generator=generator)
    odds = torch.einsum("p,pqk->qk", torch.tensor(weights), parts)
    chosen = odds.softmax(1).multinomial(1, generator=generator)
    right = torch.zeros(count, 10, dtype=torch.bool).scatter_(1, chosen, True)
    return Lists(ScoreParts(*parts), right, torch.arange(10).expand(count, 10))


def test_the_weights_by_which_items_were_chosen_are_found() -> None:
    found = gates_of([lists((2.0, 1.0, 0.5, 0.0, 3.0))])
    assert found.tolist() == pytest.approx([0.5, 0.25, 0.0, 1.5], abs=0.08)


def test_a_graph_that_misleads_gets_nothing() -> None:
    assert gates_of([lists((2.0, -1.0, 1.0, 0.0, 0.0))])[0] == 0


def test_a_large_collection_has_no_more_say_than_a_small_one() -> None:
    one, other = lists((2.0, 2.0, 0.0, 0.0, 0.0), 1000), lists((2.0, 0.0, 0.0, 0.0, 0.0), 1000, 1)
    thrice = Lists(
        ScoreParts(*(part.repeat(3, 1) for part in one.parts)),
        one.right.repeat(3, 1),
        one.rows.repeat(3, 1),
    )
    assert torch.allclose(gates_of([one, other]), gates_of([thrice, other]), atol=0.02)


def test_what_is_fitted_for_texts_is_scaled_and_what_is_fitted_for_photos_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    embedded = SimpleNamespace(
        own=torch.zeros(1, dtype=torch.int64),
        photos=SimpleNamespace(vectors=torch.zeros(1, 2)),
        texts=None,
    )
    monkeypatch.setattr(gates.Embedded, "of", lambda *_: embedded)
    monkeypatch.setattr(gates.Lists, "among", lambda *_, captions=False: captions)
    fitted = {False: torch.tensor([1.0, 2.0, 3.0, 4.0]), True: torch.tensor([5.0, 6.0, 7.0, 8.0])}
    monkeypatch.setattr(gates, "gates_of", lambda asked: fitted[asked[0]])
    buffers = {name: torch.zeros(()) for name in GATES}
    network: Any = SimpleNamespace(
        **buffers, caption_gates=torch.zeros(4), short_gates=torch.zeros(4)
    )
    fit_gates(network, [SimpleNamespace(data=None)], None)  # type: ignore[list-item]
    expected = [gate * factor for gate, factor in zip([1, 2, 3, 4], FACTORS, strict=True)]
    assert [getattr(network, name).item() for name in GATES] == expected
    assert network.short_gates.tolist() == expected
    assert network.caption_gates.tolist() == [5, 6, 7, 8]


def test_the_shipped_factors() -> None:
    assert dict(zip(GATES, FACTORS, strict=True)) == {
        "word_gate": 1.0,
        "detector_gate": 0.5,
        "gate": 0.5,
        "class_gate": 1.5,
    }
