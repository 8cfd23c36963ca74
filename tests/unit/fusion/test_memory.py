"""Banks of training items: packing, leaving oneself out, hubs."""

from __future__ import annotations

import torch
from torch.nn import functional

from fusion.graphs.memory_graph import HubCorrection, MemoryGraph, pack_rows, unpack_rows


def test_packing_keeps_directions() -> None:
    rows = functional.normalize(
        torch.randn(50, 64, generator=torch.Generator().manual_seed(0)), dim=1
    )
    assert ((unpack_rows(pack_rows(rows)) * rows).sum(1) > 0.9999).all()


def test_memory_moves_a_photo_towards_the_captions_of_its_look_alike() -> None:
    memory = MemoryGraph(2, 2, 2, neighbours=1, weight=1.0)
    memory.fill(keys=torch.eye(2), values=torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    fused = memory(torch.tensor([[1.0, 0.0]]), keys=torch.tensor([[1.0, 0.1]]))
    assert torch.allclose(fused, torch.tensor([[0.7071, 0.7071]]), atol=1e-3)


def test_a_training_photo_is_left_out_of_its_own_neighbourhood() -> None:
    memory = MemoryGraph(2, 2, 2, neighbours=1, weight=1.0)
    memory.fill(keys=torch.eye(2), values=torch.tensor([[0.0, 1.0], [1.0, 0.0]]))
    own = memory(torch.tensor([[1.0, 0.0]]), torch.tensor([[1.0, 0.1]]), torch.tensor([0]))
    assert torch.allclose(own, torch.tensor([[1.0, 0.0]]), atol=1e-3)


def test_an_empty_memory_changes_nothing() -> None:
    vectors = torch.tensor([[0.6, 0.8]])
    assert torch.equal(MemoryGraph(0, 2, 2)(vectors, vectors), vectors)


def test_a_hub_is_pulled_down_most() -> None:
    hub = HubCorrection(2, 2, nearest=2, weight=0.5)
    hub.fill(torch.tensor([[1.0, 0.0], [0.6, 0.8]]))
    found = hub(torch.tensor([[1.0, 0.0], [-1.0, 0.0]]))
    assert torch.allclose(found, torch.tensor([0.4, -0.4]), atol=5e-3)  # half of (1 + 0.6) / 2
