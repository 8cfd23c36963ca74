"""A model's exported query side answers as the model does, and needs no torch for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fusion.export.write_model import export_model
from fusion.retriever import Retriever
from fusion.runtime.embeddings import ImageEmbeddings, QueryEmbeddings
from fusion.runtime.onnx_search_model import OnnxSearchModel, find_search_model
from tests.integration.made_retriever import FINGERPRINT, PHOTOS, made_retriever

TEXTS = [
    "a red dog on the river!",
    "cats",
    "zebra",  # a word that nothing knows
    "!",
    "",  # two markers, fewer tokens than a node is joined to
    "two red dogs ride along the river " * 4,  # longer than the encoder reads
]


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return made_retriever(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def root(made_export: Path) -> Path:
    return made_export


@pytest.fixture(scope="module")
def model(root: Path) -> OnnxSearchModel:
    found = find_search_model(root, FINGERPRINT)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def photos(retriever: Retriever) -> ImageEmbeddings:
    return retriever.embed_images(list(range(PHOTOS)))  # type: ignore[arg-type]


def assert_same_query(one: QueryEmbeddings, other: QueryEmbeddings) -> None:
    assert one.tokens == other.tokens
    assert np.array_equal(one.mask, other.mask)
    assert np.array_equal(one.bag, other.bag)
    for name in ("vectors", "bag_hub", "detected_hub"):
        assert np.allclose(getattr(one, name), getattr(other, name), atol=1e-5), name
    assert np.allclose(one.words[one.mask], other.words[other.mask], atol=1e-5)


def test_words_are_known_alike(retriever: Retriever, model: OnnxSearchModel) -> None:
    for known in (retriever.known_words, model.known_words):
        asked = ("river", "dogs", "ride", "along", "zebra", "s", "##s", "rver", "[unk]")
        assert [word in known for word in asked] == [True] * 4 + [False] * 5
        assert known.nearest("rver") == "river"


@pytest.mark.parametrize("text", TEXTS)
def test_a_query_is_embedded_alike(retriever: Retriever, model: OnnxSearchModel, text: str) -> None:
    assert_same_query(retriever.embed_queries([text]), model.embed_queries([text]))


def test_queries_together_are_embedded_alike(retriever: Retriever, model: OnnxSearchModel) -> None:
    assert_same_query(retriever.embed_queries(TEXTS), model.embed_queries(TEXTS))
    with pytest.raises(ValueError, match="no texts"):
        model.embed_queries([])


def test_queries_that_were_read_together_are_those_read_alone(
    retriever: Retriever, model: OnnxSearchModel
) -> None:
    for reader in (retriever, model):
        each = reader.embed_queries(TEXTS).each()
        assert [len(one.vectors) for one in each] == [1] * len(TEXTS)
        for text, one in zip(TEXTS, each, strict=True):
            alone = reader.embed_queries([text])
            assert one.words.shape == alone.words.shape
            assert_same_query(one, alone)


@pytest.mark.parametrize("count", [1, 2, PHOTOS])
@pytest.mark.parametrize("text", TEXTS)
def test_candidates_are_scored_alike(
    retriever: Retriever, model: OnnxSearchModel, photos: ImageEmbeddings, text: str, count: int
) -> None:
    vectors, packed = photos.vectors[:count], photos.packed[:count]
    one = retriever.rerank(retriever.embed_queries([text]), vectors, packed)
    other = model.rerank(model.embed_queries([text]), vectors, packed)
    assert np.allclose(one.scores, other.scores, atol=1e-4)
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-4)
    assert other.scores.dtype == np.float32


@pytest.mark.parametrize("text", TEXTS)
def test_scores_are_explained_alike(
    retriever: Retriever, model: OnnxSearchModel, photos: ImageEmbeddings, text: str
) -> None:
    vectors, packed = photos.vectors[:3], photos.packed[:3]
    ours = retriever.explain(retriever.embed_queries([text]), vectors, packed)
    query = model.embed_queries([text])
    scores = model.rerank(query, vectors, packed).scores
    theirs = model.explain(query, vectors, packed)
    for one, other, score in zip(ours, theirs, scores, strict=True):
        assert one.words == other.words
        for name in ("added", "regions", "whole", "read"):
            assert np.allclose(getattr(one, name), getattr(other, name), atol=1e-4), name
        assert other.score == pytest.approx(score, abs=1e-5)
        assert other.added.sum() + sum(other.rest.values()) == pytest.approx(score, abs=1e-4)


def test_a_padded_query_is_scored_as_alone(model: OnnxSearchModel, photos: ImageEmbeddings) -> None:
    both = model.embed_queries(["a dog", "a red dog on the river"])
    first = QueryEmbeddings(
        both.vectors[:1], both.bag[:1], both.bag_hub[:1], both.detected_hub[:1],
        both.words[:1], both.mask[:1], both.tokens[:1], both.short[:1],
        both.classes[:1],
    )  # fmt: skip
    alone = model.embed_queries(["a dog"])
    scores = [model.rerank(q, photos.vectors, photos.packed).scores for q in (first, alone)]
    assert np.array_equal(*scores)
    with pytest.raises(ValueError, match="expected one query"):
        model.rerank(both, photos.vectors, photos.packed)


def test_photos_of_another_layout_are_refused(
    retriever: Retriever, model: OnnxSearchModel, photos: ImageEmbeddings
) -> None:
    for each in (retriever, model):
        query = each.embed_queries(["a dog"])
        for packed in (photos.packed[:, :-1], np.zeros((PHOTOS, 10, 16), np.float16)):
            with pytest.raises(ValueError, match="packed photos of shape"):
                each.rerank(query, photos.vectors, packed)  # type: ignore[arg-type]


def test_first_scores_become_probabilities_alike(
    retriever: Retriever, model: OnnxSearchModel
) -> None:
    scores = np.array([-200, -1, 0, 0.5, 200], np.float32)
    query = model.embed_queries(["a dog"])
    expected = retriever.probabilities(query, scores)
    assert np.allclose(model.probabilities(query, scores), expected, atol=1e-6)


@pytest.mark.parametrize("text", ["dogs", "a red dog on the river !"])
@pytest.mark.parametrize("reranked", [True, False])
def test_hits_are_judged_alike(
    retriever: Retriever, model: OnnxSearchModel, text: str, reranked: bool
) -> None:
    scores, background = np.array([3, 1, 2], np.float32), np.array([0, 1], np.float32)
    ours, theirs = (
        each.likely(
            each.embed_queries([text]), scores, scores / 2, background, 90, reranked=reranked
        )
        for each in (retriever, model)
    )
    assert ours is not None
    assert theirs is not None
    assert np.allclose(ours, theirs, atol=1e-5)


def test_all_wordings_of_a_short_query_are_one(
    retriever: Retriever, model: OnnxSearchModel
) -> None:
    for each in (retriever, model):
        vectors = each.embed_queries(["dog", "a dog", "dogs", "a photo of a dog"]).vectors
        assert np.array_equal(vectors, np.repeat(vectors[:1], 4, axis=0))


def test_asked_once_it_answers_the_same(
    root: Path, model: OnnxSearchModel, photos: ImageEmbeddings
) -> None:
    once = find_search_model(root, FINGERPRINT, once=True)
    assert once is not None
    answers = [
        each.rerank(each.embed_queries(["a red dog"]), photos.vectors, photos.packed).scores
        for each in (model, once)
    ]
    assert np.allclose(*answers, atol=1e-5)


def test_a_model_of_empty_banks_and_nothing_tuned(tmp_path: Path) -> None:
    retriever = made_retriever(tmp_path, tuned=False, memory=0)
    export_model(retriever, tmp_path)
    model = find_search_model(tmp_path, FINGERPRINT)
    assert model is not None
    photos = retriever.embed_images([0, 1, 2])  # type: ignore[list-item]
    one, other = (each.embed_queries(["a red dog"]) for each in (retriever, model))
    assert_same_query(one, other)
    scores = [
        each.rerank(query, photos.vectors, photos.packed).scores
        for each, query in ((retriever, one), (model, other))
    ]
    assert np.allclose(*scores, atol=1e-5)
