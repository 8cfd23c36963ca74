"""The word graph: edges from captions, log odds by hand, and what happens without edges."""

from __future__ import annotations

import math

import pytest
import torch

from fusion.graphs.memory_graph import pack_rows
from fusion.graphs.word_graph import WordGraph, edge_counts, frequent_words

TEXTS = ["a dog", "the dog runs", "a cat", "one cat, two cats"]
OWNERS = [0, 0, 1, 1]
VOCABULARY = ("cat", "dog", "runs")
BANK = pack_rows(torch.eye(2))


@pytest.fixture
def graph() -> WordGraph:
    edges = len(edge_counts({word: n for n, word in enumerate(VOCABULARY)}, TEXTS, OWNERS))
    made = WordGraph(VOCABULARY, photos=2, edges=edges, neighbours=1, smoothing=0.0)
    made.fill(TEXTS, OWNERS)
    return made


def test_odds_by_hand(graph: WordGraph) -> None:
    odds = graph(torch.tensor([[0.8, 0.6]]), BANK)
    # The first photo is the nearest. Both of its captions say dog, but only half of all captions;
    # one of its two says runs, but one of all four. None says cat: the lowest odds there are.
    expected = torch.tensor([[-3.0, math.log(2), math.log(2)]])
    assert torch.allclose(odds, expected, atol=5e-3)


def test_odds_along_given_edges(graph: WordGraph) -> None:
    rows, weights = graph.edges(torch.tensor([[0.8, 0.6], [0.0, 1.0]]), BANK)
    assert (rows.tolist(), weights.tolist()) == ([[0], [1]], [[1.0], [1.0]])
    # Half of the weight is on each photo, so each word is as frequent as in all captions.
    odds = graph.along(torch.tensor([[1, 0]]), torch.tensor([[0.5, 0.5]]))
    assert torch.allclose(odds, torch.zeros(1, 3), atol=5e-3)
    asked = torch.tensor([2, 0])
    assert torch.equal(graph.along(rows, weights, asked), graph.along(rows, weights)[:, asked])


def test_edges_lead_to_the_nearest_first() -> None:
    graph = WordGraph(VOCABULARY, photos=2, edges=0, temperature=0.1)
    rows, weights = graph.edges(torch.tensor([[0.6, 0.8]]), BANK)
    assert rows.tolist() == [[1, 0]]
    assert weights[0, 0] / weights[0, 1] == pytest.approx(math.exp(2), rel=1e-3)
    assert weights.sum() == pytest.approx(1)


def test_some_words_as_among_all(graph: WordGraph) -> None:
    vectors = torch.tensor([[0.8, 0.6], [0.0, 1.0]])
    asked = torch.tensor([2, 0])
    assert torch.equal(graph(vectors, BANK, asked), graph(vectors, BANK)[:, asked])


def test_a_bag_weighs_its_known_words_alike(graph: WordGraph) -> None:
    bags = graph.bags(["Dog! dog and CAT", "something else"])
    assert torch.equal(bags, torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 0.0]]))


def test_a_text_is_held_against_what_it_fits_best(graph: WordGraph) -> None:
    found = graph.hub(graph.bags(["dog", "cat runs"]), BANK)
    # With two photos in the bank, it is the mean over both: log 2 for the right animal and -3 for
    # the other. The second text's words fit both photos by (-3 + log 2) / 2.
    expected = torch.tensor([(math.log(2) - 3) / 2, (math.log(2) - 3) / 2])
    assert torch.allclose(found, expected, atol=5e-3)


def test_no_edges_no_odds() -> None:
    empty = WordGraph(VOCABULARY, photos=0, edges=0)
    found = empty(torch.eye(2), torch.zeros(0, 2, dtype=torch.int8))
    assert torch.equal(found, torch.zeros(2, 3))


def test_weights_come_back_with_the_state(graph: WordGraph) -> None:
    other = WordGraph(VOCABULARY, photos=2, edges=len(graph.words), neighbours=1, smoothing=0.0)
    before = other(torch.eye(2), BANK)
    other.load_state_dict(graph.state_dict())
    assert torch.equal(other(torch.eye(2), BANK), graph(torch.eye(2), BANK))
    assert not torch.equal(before, other(torch.eye(2), BANK))


def test_a_frequent_word_is_in_five_texts() -> None:
    assert frequent_words(["a dog", "dog dog", "dog", "dogs", "a dog", "dog", "a", "a"]) == ("dog",)
