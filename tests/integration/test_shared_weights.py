"""Weights that processes share: answers are the same to the last digit, with them and without."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, cast

import pytest

from fusion.runtime import shared_weights
from fusion.runtime.exported_files import ExportedModelError
from fusion.runtime.exported_folder import QUERY, exported_model_folder, read_facts
from fusion.runtime.onnx_search_model import OnnxSearchModel, find_search_model
from tests.integration.made_retriever import FINGERPRINT, PHOTOS, made_retriever

TEXTS = ("a dog on a sofa", "two people", "dog")


@pytest.fixture(scope="module")
def exported(made_export: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    retriever = made_retriever(tmp_path_factory.mktemp("bert"))
    return made_export, retriever.embed_images(list(range(PHOTOS)))  # type: ignore[arg-type]


@pytest.fixture
def root(exported: tuple[Path, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(exported[0], tmp_path / "query")
    facts = tmp_path / "cpuinfo"
    facts.write_text("flags : sse avx\n")
    monkeypatch.setattr(shared_weights, "CPU_FACTS", facts)
    return tmp_path / "query"


def opened(root: Path, *, shared: bool, once: bool = False) -> OnnxSearchModel:
    model = cast(OnnxSearchModel, find_search_model(root, FINGERPRINT, once=once))
    if shared:
        model.share_weights()
    return model


def answers(model: OnnxSearchModel, photos: Any) -> list[bytes]:
    told = []
    for text in TEXTS:
        query = model.embed_queries([text])
        reranked = model.rerank(query, photos.vectors, photos.packed)
        told += [query.vectors.tobytes(), query.words.tobytes(), reranked.scores.tobytes()]
    return told


def folders(root: Path) -> list[str]:
    place = exported_model_folder(root, FINGERPRINT)
    return sorted(each.name for each in place.glob("shared-*-*"))


def file_of(model: OnnxSearchModel) -> Path:
    return Path(str(cast(Any, model)._files.query._model_path))


def test_answers_are_the_same_and_the_files_are_written_once(
    root: Path, exported: tuple[Path, Any]
) -> None:
    plain = answers(opened(root, shared=False), exported[1])
    assert folders(root) == []
    first = opened(root, shared=True)
    assert answers(first, exported[1]) == plain
    assert len(folders(root)) == 2
    assert file_of(first).parent.name == folders(root)[1]
    written = file_of(first).stat().st_mtime_ns
    second = opened(root, shared=True)
    assert answers(second, exported[1]) == plain
    assert file_of(second) == file_of(first)
    assert file_of(second).stat().st_mtime_ns == written
    place = exported_model_folder(root, FINGERPRINT)
    assert read_facts(place, thorough=True) is not None


def test_another_processor_writes_its_own(root: Path, exported: tuple[Path, Any]) -> None:
    plain = answers(opened(root, shared=True), exported[1])
    before = folders(root)
    shared_weights.CPU_FACTS.write_text("flags : sse\n")
    assert answers(opened(root, shared=True), exported[1]) == plain
    assert len(folders(root)) == 2
    assert not set(before) & set(folders(root))


@pytest.mark.parametrize("part", [QUERY, f"{QUERY}.data", "sums.json"])
def test_what_is_damaged_is_written_anew(root: Path, exported: tuple[Path, Any], part: str) -> None:
    plain = answers(opened(root, shared=True), exported[1])
    place = exported_model_folder(root, FINGERPRINT)
    (folder,) = place.glob("shared-query-*")
    content = (folder / part).read_bytes()
    (folder / part).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    model = opened(root, shared=True)
    assert answers(model, exported[1]) == plain
    assert file_of(model).parent == folder
    assert (folder / part).read_bytes() == content


@pytest.mark.parametrize("why", ["processor", "folder", "runtime"])
def test_where_they_cannot_be_written_the_model_s_own_files_answer(
    root: Path, exported: tuple[Path, Any], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = answers(opened(root, shared=False), exported[1])
    if why == "processor":
        shared_weights.CPU_FACTS.unlink()
    elif why == "folder":
        place = exported_model_folder(root, FINGERPRINT)
        (place / "shared-query.lock").mkdir()
        (place / "shared-pairs.lock").mkdir()
    else:
        monkeypatch.setattr(shared_weights, "_facts", lambda _: 1 / 0)
    model = opened(root, shared=True)
    assert answers(model, exported[1]) == plain
    assert file_of(model).parent == exported_model_folder(root, FINGERPRINT)
    assert folders(root) == []


def test_a_process_that_asks_once_writes_none(root: Path, exported: tuple[Path, Any]) -> None:
    answers(opened(root, shared=True, once=True), exported[1])
    assert folders(root) == []


def test_a_damaged_model_is_told_all_the_same(root: Path) -> None:
    weights = exported_model_folder(root, FINGERPRINT) / f"{QUERY}.data"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(ExportedModelError, match="is damaged"):
        opened(root, shared=True).embed_queries(["a dog"])
    assert folders(root) == []
