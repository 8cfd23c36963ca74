"""`crossgraph index` prepares a model for searches without torch, once, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusion.export import write_model
from fusion.retriever import Retriever
from search.cli import main
from search.engine.open_index import open_index
from search.models import loading
from search.models.prepared import is_prepared
from tests.integration.colours import paint
from tests.integration.made_retriever import made_retriever

SAYS = "preparing this model for quick indexing and searches, once: half a minute\n"


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return made_retriever(tmp_path_factory.mktemp("bert"))


@pytest.fixture(autouse=True)
def _at_hand(retriever: Retriever, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: retriever)
    # What the graphs answer is another test's; here it is quick that counts.
    monkeypatch.setattr(write_model, "write_graphs", lambda *_: None)
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CROSSGRAPH_INDEX", "photos.index")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "photos").mkdir()
    paint(tmp_path / "photos" / "red.png", "red")


def test_once_and_then_no_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", "photos", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert is_prepared("photos.index")
    assert main(["index"]) == 0
    assert SAYS not in capsys.readouterr().err


def test_it_is_said_beforehand(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["index", "photos"]) == 0
    assert capsys.readouterr().err.endswith(SAYS)


def test_a_prepared_model_needs_no_loading(monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["index", "photos", "--quiet"]) == 0
    monkeypatch.setattr(loading, "load_model", None)
    with open_index("photos.index") as index:
        assert len(index) == 1


def test_another_checkpoint_or_weights_are_loaded(
    retriever: Retriever, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert main(["index", "photos", "--quiet"]) == 0
    asked = []

    def load_model(*given: object, **_: object) -> Retriever:
        asked.append(given)
        return retriever

    monkeypatch.setattr(loading, "load_model", load_model)
    open_index("photos.index", tmp_path).close()
    open_index("photos.index", text_weights=tmp_path).close()
    assert len(asked) == 2


def test_where_it_cannot_be_written_the_index_is_made_all_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    assert main(["index", "photos"]) == 0
    out, err = capsys.readouterr()
    assert "1 added" in out
    assert (
        "indexing is slow and searches will start slowly: crossgraph could not be exported" in err
    )
    assert main(["search", "red"]) == 0
    assert "`crossgraph index` on this machine" in capsys.readouterr().err
    assert main(["search", "red", "--json"]) == 0
    assert capsys.readouterr().err == ""
