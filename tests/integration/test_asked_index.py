"""A temporary index of a collection's photos, through the real store and search engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from indexer import build_index
from search import open_index
from search.evaluation.searches.asked_index import AskedIndex, temporary_index
from tests.integration.colours import ColourModel, paint

MODEL = ColourModel()


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Photos of a collection, by relative names; others lie beside them."""
    monkeypatch.chdir(tmp_path)
    Path("photos/sub").mkdir(parents=True)
    paint(Path("photos/other.png"), "red")
    Path("photos/broken.png").write_bytes(b"no photo")
    found = [paint(Path("photos/b.png"), "red"), paint(Path("photos/sub/a.png"), "blue", "red")]
    return [str(path) for path in (*found, Path("photos/broken.png"), found[0])]


@pytest.fixture
def index(paths: list[str]) -> Iterator[AskedIndex]:
    def build(folder: Path) -> None:
        build_index(folder, (), MODEL, files=paths)

    with temporary_index(paths, build, partial(open_index, model=MODEL)) as found:
        yield found


def test_hits_are_rows_of_the_collection_alone(index: AskedIndex) -> None:
    assert len(index) == 2  # neither the photo beside them nor the broken file
    answer = index.ask("red", k=5)
    assert answer.rows.tolist() == [0, 1]
    assert answer.probabilities[0] > answer.probabilities[1]
    assert index.ask("blue", k=1).rows.tolist() == [1]


def test_a_file_that_stands_there_twice_is_its_first_row(index: AskedIndex) -> None:
    assert index.first_rows.tolist() == [0, 1, 2, 0]


def test_without_the_reranker_probabilities_are_of_the_first_stage(index: AskedIndex) -> None:
    assert index.ask("red", 2, rerank=False).probabilities == pytest.approx([1.0, 0.5], abs=1e-6)
    # 1 / (1 + e^(2 - 8))
    assert index.ask("red", 1).probabilities == pytest.approx([0.99753], abs=1e-5)


@pytest.mark.parametrize("text", ["", "  ", '"red" +'])
def test_what_is_no_query_has_no_hit(index: AskedIndex, text: str) -> None:
    answer = index.ask(text, 3)
    assert (answer.rows.dtype, answer.probabilities.dtype) == (np.int64, np.float64)
    assert len(answer.rows) == len(answer.probabilities) == 0


def test_the_folder_is_gone_afterwards(paths: list[str]) -> None:
    seen: list[Path] = []

    def build(folder: Path) -> None:
        seen.append(folder)
        build_index(folder, (), MODEL, files=paths)

    with temporary_index(paths, build, partial(open_index, model=MODEL)):
        assert seen[0].is_dir()
    assert not seen[0].parent.exists()
