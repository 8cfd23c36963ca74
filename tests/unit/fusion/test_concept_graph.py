"""The concept graph: messages by hand, unlikely classes, and classifiers for tuned features."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn.functional import normalize

from fusion.encoders.classifier import Classifier
from fusion.graphs.concept_graph import ConceptGraph, fit_classifier
from fusion.network.node_reader import NodeReader
from fusion.network.whitening import Whitening


def graph() -> ConceptGraph:
    """Return a graph with two classes, each shown by one of the two features."""
    made = ConceptGraph(2, 2, 3, 1)
    names = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    regions = torch.tensor([[[9.0, -9.0], [9.0, -9.0]], [[-9.0, 9.0], [-9.0, 9.0]]])
    made.fit(Classifier(torch.eye(2), torch.zeros(2)), names, regions)
    return made


def test_a_photo_gets_the_names_of_what_its_cells_show() -> None:
    made = graph()
    half = torch.tensor([[[9.0, -9.0], [-9.0, 9.0]]])
    to_cells, to_photo = made(half)
    assert to_cells.shape == (1, 2, 1)
    assert to_cells[0, 0, 0] * to_cells[0, 1, 0] < 0  # the classes are on opposite sides
    # Half of each name is the mean over the photos that the graph was fitted to: no message.
    assert to_photo.abs().max() < 1e-4
    _, one = made(half[:, :1])
    assert one[0, 0] > 0 > one[0, 1]


def test_edges_are_shares() -> None:
    edges = graph().edges(torch.randn(3, 5, 2))
    assert edges.shape == (3, 5, 2)
    assert torch.allclose(edges.sum(-1), torch.ones(3, 5))


def test_the_order_of_cells_changes_no_photo() -> None:
    regions, order = torch.randn(2, 6, 2), torch.randperm(6)
    made = graph()
    to_cells, to_photo = made(regions)
    moved_cells, moved_photo = made(regions[:, order])
    assert torch.allclose(to_photo, moved_photo, atol=1e-5)
    assert torch.allclose(to_cells[:, order], moved_cells, atol=1e-5)


def test_a_classifier_reads_tuned_features_as_the_frozen_ones() -> None:
    generator = torch.Generator().manual_seed(0)
    frozen = torch.randn(600, 4, generator=generator)
    turn, moved = torch.linalg.qr(torch.randn(4, 4, generator=generator))[0], torch.ones(4)
    tuned = 2 * frozen @ turn + moved
    own = Classifier(torch.randn(3, 4, generator=generator), torch.randn(3, generator=generator))
    brought = fit_classifier(own, frozen, tuned)
    wanted = frozen @ own.weight.T + own.bias
    found = tuned @ brought.weight.T + brought.bias
    assert (found - wanted).abs().max() < 0.1 * wanted.abs().max()


def test_a_reader_puts_messages_beside_what_it_read() -> None:
    whitening = Whitening(2, 4, 3, 2)
    plain, joined = NodeReader(whitening, None, None), NodeReader(whitening, None, None, graph())
    regions, pooled = torch.randn(2, 4, 2), torch.randn(2, 4)
    without, beside = plain.nodes(regions, pooled), joined.nodes(regions, pooled)
    assert torch.equal(beside.cells[..., :2], without.cells)
    assert beside.cells.shape[-1] == 2 + 1
    assert beside.summary.shape[-1] == pytest.approx(4 + 3)


def paths_graph() -> ConceptGraph:
    """Return a graph with four classes with orthogonal names; a photo keeps the likeliest two."""
    made = ConceptGraph(4, 4, 4, 1, kept=2)
    made.fit(Classifier(torch.eye(4), torch.zeros(4)), torch.eye(4), 9 * torch.eye(4).unsqueeze(1))
    turned = torch.randn(50, 4, generator=torch.Generator().manual_seed(1))
    made.fit_reading(-3 * turned + 1, normalize(turned, dim=1))
    return made


def test_a_photo_keeps_its_likeliest_classes() -> None:
    regions = torch.tensor([[[9.0, 0.0, 0.0, 0.0], [0.0, 0.0, 9.0, 0.0], [0.0, 0.0, 9.0, 0.0]]])
    classes, shares = paths_graph().shown(regions)
    assert classes.tolist() == [[2, 0]]
    assert torch.allclose(shares, torch.tensor([[2 / 3, 1 / 3]]), atol=1e-3)


def test_a_text_asks_for_the_class_that_it_names_however_its_words_were_tuned() -> None:
    made = paths_graph()
    # The tuned words of the third class's name; the second word is padding.
    words = torch.stack([-3 * torch.eye(4)[2] + 1, torch.full((4,), 50.0)]).unsqueeze(0)
    asked = made.asked(words, torch.tensor([[True, False]]))
    assert asked.sum().item() == pytest.approx(1)
    assert asked.argmax().item() == 2


def test_paths_by_hand() -> None:
    made = paths_graph()
    made.prior = torch.tensor([0.1, 0.2, 0.3, 0.4])
    asked = torch.tensor([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]])
    classes, shares = torch.tensor([[1, 3], [0, 1]]), torch.tensor([[0.75, 0.25], [0.5, 0.5]])
    floor = 0.01 / 4
    wanted = [
        math.log((0.375 + floor) / (0.25 + floor)),
        math.log(floor / (0.15 + floor)),  # none of the classes asked for is shown
    ]
    assert made.paths(classes, shares, asked).tolist() == pytest.approx(wanted, abs=1e-5)


def test_a_graph_without_paths_asks_for_nothing() -> None:
    assert graph().asked(torch.randn(2, 3, 3), torch.ones(2, 3).bool()).shape == (2, 0)
    assert "reading" not in graph().state_dict()
