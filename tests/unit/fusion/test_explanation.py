"""Decomposed scores: sums by hand and by a whole retriever, and word pieces merged into words."""

from __future__ import annotations

from dataclasses import fields
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from fusion.encoders.encoder import WordFeatures
from fusion.graphs.cross_graph import RerankerConfig, WordReading
from fusion.graphs.dual_graph import ModelConfig
from fusion.network.network import GATES, Network, NetworkConfig, ScoreParts
from fusion.retriever import Retriever
from fusion.runtime.embeddings import QueryEmbeddings
from fusion.runtime.photo_explanation import explain_photos, merge_pieces

GATED = (0.5, 0.25, 0.125, 0.25)
VOCABULARY = ("cat", "dog", "red")
TEXTS, OWNERS = ["a dog", "red dog", "a cat", "red cat", "red", "a bird"], [0, 0, 1, 1, 2, 2]


@pytest.fixture
def network() -> Network:
    """Return a network with random weights, open gates and a filled word graph."""
    torch.manual_seed(0)
    model = ModelConfig(image_dim=6, pooled_dim=12, text_dim=5, width=8, hidden=8)
    reranker = RerankerConfig(6, 12, 5, width=16, node_width=16, heads=2)
    config = NetworkConfig(
        6, 12, 5, components=6, memory_size=3, vocabulary=VOCABULARY, word_edges=5,
        captions_bank=3, captions_bank_nodes=7, model=model, reranker=reranker,
    )  # fmt: skip
    made = Network(config, None, None).eval()
    made.reader.whitening.region_map.copy_(torch.eye(6))
    made.text_hub.fill(torch.nn.functional.normalize(torch.randn(3, 8), dim=1))
    made.photo_hub.fill(torch.nn.functional.normalize(torch.randn(3, 8), dim=1))
    nodes, mask = torch.randn(3, 3, 16), torch.ones(3, 3).bool()
    mask[1, 1:] = False
    made.cross_hub.fill(torch.nn.functional.normalize(nodes, dim=2), mask)
    made.words.fill(TEXTS, OWNERS)
    for gate, value in zip(GATES, GATED, strict=True):
        getattr(made, gate).fill_(value)
    made.cross.word_gate.data.fill_(0.5)
    return made


class FakeTexts:
    """Returns random features, with one token per word between BERT's markers."""

    def encode_texts(self, texts: list[str]) -> WordFeatures:
        tokens = [["[CLS]", *text.split(), "[SEP]"] for text in texts]
        longest = max(map(len, tokens))
        features, mask = (
            torch.zeros(len(texts), longest, 5),
            torch.zeros(len(texts), longest).bool(),
        )
        for row, spelled in enumerate(tokens):
            mask[row, : len(spelled)] = True
            for place, token in enumerate(spelled):
                seed = torch.Generator().manual_seed(sum(map(ord, token)))
                features[row, place] = torch.randn(5, generator=seed)
        return WordFeatures(features, mask, None, tokens)


@pytest.fixture
def retriever(network: Network) -> Retriever:
    class FakeImages:
        def encode_images(self, images: list[int]) -> SimpleNamespace:
            generator = torch.Generator().manual_seed(5)
            return SimpleNamespace(features=torch.randn(len(images), 4, 6, generator=generator))

    encoders = SimpleNamespace(preset="fake", image=FakeImages(), text=FakeTexts())
    return Retriever(network, encoders, "f00d")  # type: ignore[arg-type]


def alone(query: QueryEmbeddings, row: int) -> QueryEmbeddings:
    return QueryEmbeddings(*(getattr(query, f.name)[row : row + 1] for f in fields(query)))


def array(values: list) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def test_a_score_by_hand() -> None:
    parts = ScoreParts(*(array([value]) for value in (1.0, 3.0, 4.0, 8.0, 2.0)))
    # Whole text, [CLS], "two", "dog" "##s", [SEP], and padding; the logit is 8.
    shares = array([[1.0, 0.0, 2.0, 3.0, 1.0, 1.0, 0.0]])
    looks = np.zeros((1, 7, 3), np.float32)
    looks[0, :, 0] = 1.0
    looks[0, 3] = array([0.0, 0.5, 0.5])
    looks[0, 4] = array([0.0, 0.0, 1.0])
    reading = WordReading(shares, looks, looks)
    said = {
        "worded": {"dogs": array([2.0]), "beyond": array([0.5])},
        "detected": {"two": array([1.0])},
    }
    tokens = ["[CLS]", "two", "dog", "##s", "[SEP]"]
    found = explain_photos(GATED, tokens, parts, reading, said)[0]
    assert found.words == ("two", "dogs")
    # 1/8 before shares of 2 and 3 + 1; the detector's 1/4 before 1; the word graph's 1/2 before 2.
    assert found.added.tolist() == [0.5, 1.5]
    assert found.rest == {
        "first": 1.0,
        "worded": 0.5,  # 3 less the 2 of "dogs", half of it
        "detected": 0.75,  # 4 less the 1 of "two", a quarter of it
        "logits": 0.25,  # the whole text and the markers, 1 + 0 + 1, an eighth of it
        "classed": 0.5,
    }
    assert found.score == 5.0
    assert found.added.sum() + sum(found.rest.values()) == found.score
    assert found.regions.tolist() == [[0.0, 0.0], [0.25, 0.75]]
    assert found.whole.tolist() == [1.0, 0.0]
    # "dog" added 3/8, half of it by the first cell; "##s" 1/8 by the second.
    assert found.read.tolist() == [0.1875, 0.3125]


def test_a_word_said_twice_shares_its_odds() -> None:
    nothing = np.zeros(1, np.float32)
    parts = ScoreParts(nothing, array([2.0]), nothing, nothing, nothing)
    reading = WordReading(
        np.zeros((1, 4), np.float32),
        np.zeros((1, 4, 2), np.float32),
        np.zeros((1, 4, 2), np.float32),
    )
    said = {"worded": {"dog": array([2.0])}}
    found = explain_photos(GATED, ["dog", "red-dog", "cat"], parts, reading, said)[0]
    assert found.added.tolist() == [0.5, 0.5, 0.0]
    assert found.rest["worded"] == 0.0


def test_a_query_without_words_is_all_rest() -> None:
    parts = ScoreParts(*(np.ones(2, np.float32) for _ in range(5)))
    looks = np.ones((2, 4, 5), np.float32) / 5
    reading = WordReading(np.full((2, 4), 0.25, np.float32), looks, looks)
    found = explain_photos(GATED, ["[CLS]", "!", "[SEP]"], parts, reading, {})
    assert [one.words for one in found] == [(), ()]
    assert found[0].regions.shape == (0, 4)
    assert sum(found[0].rest.values()) == pytest.approx(found[0].score)


def test_what_a_retriever_explains_sums_to_its_scores(retriever: Retriever) -> None:
    photos = retriever.embed_images([0, 1, 2])  # type: ignore[list-item]
    query = retriever.embed_queries(["a red dog . a cat"])
    scores = retriever.rerank(query, photos.vectors, photos.packed).scores
    found = retriever.explain(query, photos.vectors, photos.packed)
    assert len(found) == 3
    for one, score in zip(found, scores, strict=True):
        assert one.words == ("a", "red", "dog", "a", "cat")
        assert one.score == pytest.approx(score, abs=1e-6)
        assert one.added.sum() + sum(one.rest.values()) == pytest.approx(score, abs=1e-5)
        assert one.regions.shape == (5, 4)
        assert np.allclose(one.regions.sum(1) + one.whole, 1, atol=1e-5)
        assert one.read.shape == (4,)
    assert not np.allclose(found[0].added, found[1].added)


def test_padding_changes_no_explanation(retriever: Retriever) -> None:
    photos = retriever.embed_images([0, 1])  # type: ignore[list-item]
    short = retriever.embed_queries(["red dog"])
    padded = alone(retriever.embed_queries(["a much longer text than it", "red dog"]), 1)
    for one, other in zip(
        retriever.explain(short, photos.vectors, photos.packed),
        retriever.explain(padded, photos.vectors, photos.packed),
        strict=True,
    ):
        assert one.words == other.words
        assert np.allclose(one.added, other.added, atol=1e-5)
        assert np.allclose(one.regions, other.regions, atol=1e-5)
        assert np.allclose(one.read, other.read, atol=1e-5)


def test_two_queries_are_refused(retriever: Retriever) -> None:
    photos = retriever.embed_images([0])  # type: ignore[list-item]
    with pytest.raises(ValueError, match="expected one query"):
        retriever.explain(retriever.embed_queries(["a", "b"]), photos.vectors, photos.packed)


@pytest.mark.parametrize(
    ("tokens", "words"),
    [
        (["[CLS]", "t", "-", "shirt", "##s", "!", "[SEP]"], ["t", "shirts"]),
        (
            ["<|startoftext|>", "un", "like", "ly</w>", ".</w>", "x</w>", "<|endoftext|>"],
            ["unlikely", "x"],
        ),
        (["\u2581a", "\u2581un", "likely", "\u2581x", "</s>"], ["a", "unlikely", "x"]),
        (["##s", "a"], ["s", "a"]),
        (["[CLS]", "[UNK]", "[SEP]"], ["[UNK]"]),
        ([], []),
    ],
)
def test_pieces_become_words(tokens: list[str], words: list[str]) -> None:
    found = merge_pieces(tokens)
    assert [word.text for word in found] == words
    for word in found:
        pieces = [tokens[place] for place in word.places]
        spelled = "".join(p.strip("#\u2581").removesuffix("</w>") for p in pieces)
        assert spelled == word.text
