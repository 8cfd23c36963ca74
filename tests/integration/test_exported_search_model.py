"""Writing a model's query side as files: when, where, and what is said when that fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fusion.export import write_model
from fusion.export.write_model import ModelExportError, export_model
from fusion.retriever import Retriever
from fusion.runtime.embeddings import ImageEmbeddings
from fusion.runtime.exported_files import ExportedModelError
from fusion.runtime.exported_folder import (
    MANIFEST,
    PAIRS,
    QUERY,
    READING,
    TABLES,
    TOKENIZER,
    exported_model_folder,
    read_facts,
)
from fusion.runtime.onnx_search_model import find_search_model
from store import Index, PhotoFile
from tests.integration.made_retriever import FINGERPRINT, PHOTOS, made_retriever


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return made_retriever(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def root(made_export: Path) -> Path:
    return made_export


@pytest.fixture(scope="module")
def photos(retriever: Retriever) -> ImageEmbeddings:
    return retriever.embed_images(list(range(PHOTOS)))  # type: ignore[arg-type]


def test_what_is_whole_is_not_written_again(retriever: Retriever, root: Path) -> None:
    manifest = exported_model_folder(root, FINGERPRINT) / MANIFEST
    before = manifest.stat().st_mtime_ns
    assert export_model(retriever, root) == manifest.parent
    assert manifest.stat().st_mtime_ns == before
    assert [path.name for path in root.iterdir()] == [manifest.parent.name]


def test_a_damaged_export_is_made_anew(
    retriever: Retriever, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    folder = exported_model_folder(tmp_path, FINGERPRINT)
    weights = folder / f"{PAIRS}.data"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    written = []
    monkeypatch.setattr(write_model, "write_graphs", lambda *given: written.append(given))
    export_model(retriever, tmp_path)
    assert len(written) == 1
    assert read_facts(folder, thorough=True) is not None
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


@pytest.mark.parametrize("name", [QUERY, PAIRS, READING, TABLES, TOKENIZER])
def test_a_damaged_file_of_the_right_size_is_told_in_one_line(
    root: Path, photos: ImageEmbeddings, tmp_path: Path, name: str
) -> None:
    shutil.copytree(root, tmp_path, dirs_exist_ok=True)
    file = exported_model_folder(tmp_path, FINGERPRINT) / name
    file.write_bytes(b"\xff" * file.stat().st_size)
    found = find_search_model(tmp_path, FINGERPRINT)
    assert found is not None
    with pytest.raises(ExportedModelError, match=f"{name} is damaged") as caught:
        found.explain(found.embed_queries(["a red dog"]), photos.vectors, photos.packed)
    assert "crossgraph index" in str(caught.value)


def test_only_berts_are_exported(tmp_path: Path) -> None:
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
