"""A model's exported query side answers as the model does, and needs no torch for it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fusion.export import write_model as export
from fusion.export.write_model import ModelExportError, export_model, is_exportable
from fusion.retriever import Retriever
from fusion.runtime.embeddings import ImageEmbeddings, QueryEmbeddings
from fusion.runtime.exported_files import QueryModelError
from fusion.runtime.exported_folder import (
    MANIFEST,
    PAIRS,
    QUERY,
    READING,
    TABLES,
    TOKENIZER,
    query_folder,
    read_facts,
)
from fusion.runtime.query_model import OnnxQueryModel, find_query_model
from store import Index, PhotoFile
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
def root(retriever: Retriever, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("query")
    export_model(retriever, root)
    return root


@pytest.fixture(scope="module")
def model(root: Path) -> OnnxQueryModel:
    found = find_query_model(root, FINGERPRINT)
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


def test_words_are_known_alike(retriever: Retriever, model: OnnxQueryModel) -> None:
    for known in (retriever.known_words, model.known_words):
        asked = ("river", "dogs", "ride", "along", "zebra", "s", "##s", "rver", "[unk]")
        assert [word in known for word in asked] == [True] * 4 + [False] * 5
        assert known.nearest("rver") == "river"


@pytest.mark.parametrize("text", TEXTS)
def test_a_query_is_embedded_alike(retriever: Retriever, model: OnnxQueryModel, text: str) -> None:
    assert_same_query(retriever.embed_queries([text]), model.embed_queries([text]))


def test_queries_together_are_embedded_alike(retriever: Retriever, model: OnnxQueryModel) -> None:
    assert_same_query(retriever.embed_queries(TEXTS), model.embed_queries(TEXTS))
    with pytest.raises(ValueError, match="no texts"):
        model.embed_queries([])


def test_queries_that_were_read_together_are_those_read_alone(
    retriever: Retriever, model: OnnxQueryModel
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
    retriever: Retriever, model: OnnxQueryModel, photos: ImageEmbeddings, text: str, count: int
) -> None:
    vectors, packed = photos.vectors[:count], photos.packed[:count]
    one = retriever.rerank(retriever.embed_queries([text]), vectors, packed)
    other = model.rerank(model.embed_queries([text]), vectors, packed)
    assert np.allclose(one.scores, other.scores, atol=1e-4)
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-4)
    assert other.scores.dtype == np.float32


@pytest.mark.parametrize("text", TEXTS)
def test_scores_are_explained_alike(
    retriever: Retriever, model: OnnxQueryModel, photos: ImageEmbeddings, text: str
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


def test_a_padded_query_is_scored_as_alone(model: OnnxQueryModel, photos: ImageEmbeddings) -> None:
    both = model.embed_queries(["a dog", "a red dog on the river"])
    first = QueryEmbeddings(
        both.vectors[:1], both.bag[:1], both.bag_hub[:1], both.detected_hub[:1],
        both.words[:1], both.mask[:1], both.tokens[:1], both.short[:1],
    )  # fmt: skip
    alone = model.embed_queries(["a dog"])
    scores = [model.rerank(q, photos.vectors, photos.packed).scores for q in (first, alone)]
    assert np.array_equal(*scores)
    with pytest.raises(ValueError, match="expected one query"):
        model.rerank(both, photos.vectors, photos.packed)


def test_photos_of_another_layout_are_refused(
    retriever: Retriever, model: OnnxQueryModel, photos: ImageEmbeddings
) -> None:
    for each in (retriever, model):
        query = each.embed_queries(["a dog"])
        for packed in (photos.packed[:, :-1], np.zeros((PHOTOS, 10, 16), np.float16)):
            with pytest.raises(ValueError, match="packed photos of shape"):
                each.rerank(query, photos.vectors, packed)  # type: ignore[arg-type]


def test_first_scores_become_probabilities_alike(
    retriever: Retriever, model: OnnxQueryModel
) -> None:
    scores = np.array([-200, -1, 0, 0.5, 200], np.float32)
    query = model.embed_queries(["a dog"])
    expected = retriever.probabilities(query, scores)
    assert np.allclose(model.probabilities(query, scores), expected, atol=1e-6)


@pytest.mark.parametrize("text", ["dogs", "a red dog on the river !"])
@pytest.mark.parametrize("reranked", [True, False])
def test_hits_are_judged_alike(
    retriever: Retriever, model: OnnxQueryModel, text: str, reranked: bool
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


def test_all_wordings_of_a_short_query_are_one(retriever: Retriever, model: OnnxQueryModel) -> None:
    for each in (retriever, model):
        vectors = each.embed_queries(["dog", "a dog", "dogs", "a photo of a dog"]).vectors
        assert np.array_equal(vectors, np.repeat(vectors[:1], 4, axis=0))


def test_asked_once_it_answers_the_same(
    root: Path, model: OnnxQueryModel, photos: ImageEmbeddings
) -> None:
    once = find_query_model(root, FINGERPRINT, once=True)
    assert once is not None
    answers = [
        each.rerank(each.embed_queries(["a red dog"]), photos.vectors, photos.packed).scores
        for each in (model, once)
    ]
    assert np.allclose(*answers, atol=1e-5)


def test_a_model_of_empty_banks_and_nothing_tuned(tmp_path: Path) -> None:
    retriever = made_retriever(tmp_path, tuned=False, memory=0)
    export_model(retriever, tmp_path)
    model = find_query_model(tmp_path, FINGERPRINT)
    assert model is not None
    photos = retriever.embed_images([0, 1, 2])  # type: ignore[list-item]
    one, other = (each.embed_queries(["a red dog"]) for each in (retriever, model))
    assert_same_query(one, other)
    scores = [
        each.rerank(query, photos.vectors, photos.packed).scores
        for each, query in ((retriever, one), (model, other))
    ]
    assert np.allclose(*scores, atol=1e-5)


def test_what_is_whole_is_not_written_again(retriever: Retriever, root: Path) -> None:
    manifest = query_folder(root, FINGERPRINT) / MANIFEST
    before = manifest.stat().st_mtime_ns
    assert export_model(retriever, root) == manifest.parent
    assert manifest.stat().st_mtime_ns == before
    assert [path.name for path in root.iterdir()] == [manifest.parent.name]


def test_a_damaged_export_is_made_anew(
    retriever: Retriever, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    folder = query_folder(tmp_path, FINGERPRINT)
    weights = folder / f"{PAIRS}.data"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    written = []
    monkeypatch.setattr(export, "write_graphs", lambda *given: written.append(given))
    export_model(retriever, tmp_path)
    assert len(written) == 1
    assert read_facts(folder, thorough=True) is not None
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", [QUERY, PAIRS, READING, TABLES, TOKENIZER])
def test_a_damaged_file_of_the_right_size_is_told_in_one_line(
    root: Path, photos: ImageEmbeddings, tmp_path: Path, name: str
) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    file = query_folder(tmp_path, FINGERPRINT) / name
    file.write_bytes(b"\xff" * file.stat().st_size)
    found = find_query_model(tmp_path, FINGERPRINT)
    assert found is not None
    with pytest.raises(QueryModelError, match=f"{name} is damaged") as caught:
        found.explain(found.embed_queries(["a red dog"]), photos.vectors, photos.packed)
    assert "crossgraph index" in str(caught.value)


def test_only_berts_are_exported(retriever: Retriever, tmp_path: Path) -> None:
    assert is_exportable(retriever)
    assert not is_exportable(object())
    other = made_retriever(tmp_path)
    other.text_encoder = object()  # type: ignore[assignment]
    with pytest.raises(ModelExportError, match="cannot be exported"):
        export_model(other, tmp_path)


def test_a_cache_that_cannot_be_written_is_told_in_one_line(
    retriever: Retriever, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelExportError, match="could not be exported") as caught:
        export_model(retriever, tmp_path / "file")
    assert "\n" not in str(caught.value)


HEAVY = {
    "torch",
    "transformers",
    "torch_geometric",
    "timm",
    "onnx",
    "rich",
    # Each takes 10 to 60 milliseconds, of some 400 that a search takes from nothing.
    "email",
    "filelock",
    "importlib.metadata",
    "PIL",
    "pydantic",
    "search.cli",
    "sqlite_utils",
    "ssl",
}


def test_a_search_imports_no_torch_and_nothing_else_that_it_can_do_without(
    root: Path, photos: ImageEmbeddings, tmp_path: Path
) -> None:
    files = [
        PhotoFile(f"/photos/{n}.jpg", "/photos", 1, 1, "0" * 64, 224, 224) for n in range(PHOTOS)
    ]
    dim = photos.vectors.shape[1]
    with Index.create(tmp_path / "index", FINGERPRINT, dim, encoders="packaged") as index:
        index.put_images(files, photos.vectors, photos.packed)
        index.finish()
    cache = tmp_path / "cache"
    cache.mkdir()
    shutil.copytree(root, cache / "query")
    code = (
        "import sys; from search.short import search_main\n"
        f"code = search_main(['a red dog', '--index', {str(tmp_path / 'index')!r}, '--json',"
        " '--explain'])\n"
        f"sys.stderr.write(' '.join({HEAVY!r} & set(sys.modules)))\n"
        "sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "CROSSGRAPH_CACHE": str(cache)},
    )
    assert (done.returncode, done.stderr) == (0, "")
    best = json.loads(done.stdout.splitlines()[0])
    assert {word["word"] for word in best["explanation"]["words"]} == {"red", "dog"}
