"""Banks of training items: packing, excluding a photo's own row, hubs."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional

from fusion.graphs.memory_graph import (
    HubCorrection,
    MemoryGraph,
    hubness,
    pack_rows,
    unit_rows,
    unpack_rows,
)


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


def by_angle(*degrees: float) -> torch.Tensor:
    angles = torch.deg2rad(torch.tensor(degrees))
    return torch.stack([angles.cos(), angles.sin()], dim=1)


def test_packed_rows_are_these_bytes() -> None:
    packed = pack_rows(torch.tensor([[0.6, -0.8, 0.0], [0.0, 0.0, 1.0]]))
    assert packed.dtype == torch.int8
    assert packed.tolist() == [[95, -127, 0], [0, 0, 127]]
    assert pack_rows(torch.zeros(1, 2)).tolist() == [[0, 0]]


def test_rows_of_any_number_of_dimensions_are_unpacked_along_the_last() -> None:
    rows = by_angle(0, 30, 60, 90, 120, 150).reshape(2, 3, 2)
    assert torch.allclose(unpack_rows(pack_rows(rows)), rows, atol=5e-3)


def test_unpacked_rows_are_kept_until_the_bank_is_filled_anew() -> None:
    bank = pack_rows(by_angle(0, 90))
    first = unit_rows(bank)
    assert unit_rows(bank) is first
    bank.copy_(pack_rows(by_angle(90, 0)))
    assert torch.allclose(unit_rows(bank), by_angle(90, 0), atol=1e-6)


def test_the_message_is_weighed_by_a_softmax_over_cosines_and_temperature() -> None:
    memory = MemoryGraph(3, 2, 2, neighbours=2, temperature=0.5, weight=0.3)
    # Keys and values may have any length: only their directions count.
    memory.fill(
        by_angle(0, 60, 180) * 5, by_angle(90, 180, 0) * torch.tensor([[2.0], [3.0], [4.0]])
    )
    vector, key = by_angle(0), by_angle(20) * 7
    near, next_one = math.cos(math.radians(20)), math.cos(math.radians(40))
    first = 1 / (1 + math.exp((next_one - near) / 0.5))
    message = first * by_angle(90) + (1 - first) * by_angle(180)
    wanted = functional.normalize(vector + 0.3 * message, dim=1)
    assert torch.allclose(memory(vector, key), wanted, atol=2e-3)


def test_more_neighbours_than_there_are_are_all() -> None:
    memory = MemoryGraph(1, 2, 2, neighbours=30, weight=1.0)
    memory.fill(by_angle(0), by_angle(90))
    assert torch.allclose(memory(by_angle(0), by_angle(0)), by_angle(45), atol=1e-3)


def test_a_memory_without_weight_or_rows_changes_nothing() -> None:
    weightless = MemoryGraph(1, 2, 2, weight=0.0)
    weightless.fill(by_angle(0), by_angle(90))
    assert torch.equal(weightless(by_angle(10), by_angle(0)), by_angle(10))
    assert (MemoryGraph(0, 2, 2).neighbours, weightless.temperature) == (30, 0.05)
    assert MemoryGraph(0, 2, 2).weight == 0.3


def test_hubs_are_measured_by_the_nearest_of_the_bank() -> None:
    bank = pack_rows(by_angle(0, 60, 90, 180))
    found = hubness(by_angle(0, 90), bank, nearest=2, weight=0.5)
    wanted = [0.5 * (1 + 0.5) / 2, 0.5 * (1 + math.sqrt(3) / 2) / 2]
    assert torch.allclose(found, torch.tensor(wanted), atol=5e-3)
    assert hubness(by_angle(0), bank, 99, 1.0).item() == pytest.approx(
        (1 + 0.5 + 0 - 1) / 4, abs=5e-3
    )
    assert hubness(by_angle(0, 1), bank, 2, 0.0).tolist() == [0.0, 0.0]
    assert hubness(by_angle(0, 1), bank[:0], 2, 0.5).tolist() == [0.0, 0.0]


def test_banks_are_kept_in_bytes() -> None:
    memory, hub = MemoryGraph(3, 2, 5), HubCorrection(4, 2, nearest=1, weight=1.0)
    assert {name: (tuple(bank.shape), bank.dtype) for name, bank in memory.named_buffers()} == {
        "keys": ((3, 2), torch.int8),
        "values": ((3, 5), torch.int8),
    }
    assert (tuple(hub.bank.shape), hub.bank.dtype) == ((4, 2), torch.int8)
