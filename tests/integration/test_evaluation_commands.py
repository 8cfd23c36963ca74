"""The commands that evaluate a model, and the demo."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from search.cli import main
from search.demo import photo_sets
from search.models import loading
from tests.integration.colours import ColourModel, paint


@pytest.fixture(autouse=True)
def _colour_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def load_model(checkpoint: Path | None = None, **_: object) -> ColourModel:
        return ColourModel("c0104a5" if checkpoint is None else "0the4")

    monkeypatch.setattr(loading, "load_model", load_model)
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))  # where nothing is prepared
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deep" / "er").mkdir(parents=True)
    paint(folder / "red.png", "red")
    paint(folder / "deep" / "er" / "blue sky.png", "blue")
    (folder / "broken.jpg").write_bytes(b"")
    return folder


def test_measured_explanations_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from search.evaluation import judge
    from search.evaluation.evaluation import Evaluation

    report = {
        "collection": {"images": 2, "captions": 2},
        "model": {"name": "fake", "encoders": "none", "fingerprint": "f00d"},
        **{"first_stage": None, "reranked": None, "matching": {}, "latency_ms": {}},
        "explanations": {
            "pairs": 2,
            "top_region_drop": 0.5,
            "random_region_drop": 0.25,
            "top_above_random": 75.0,
            "difference": 0.25,
            "difference_95": [0.125, 0.375],
        },
    }
    asked: list[object] = []

    def fake(
        _: object, collections: object, options: judge.Extras, **__: object
    ) -> list[Evaluation]:
        asked.append(options.explanations)
        return [Evaluation(report)]

    monkeypatch.setattr(judge, "judge_all", fake)
    assert main(["eval", "--images", "x", "--annotations", "y", "--explanations"]) == 0
    assert asked == [True]
    line = next(x for x in capsys.readouterr().out.splitlines() if x.startswith("explanations"))
    for figure in ("0.500", "0.250", "75.0%", "2 pairs", "[0.125, 0.375]"):
        assert figure in line


def test_a_model_without_explanations_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from fusion.evaluation import load_matcher

    monkeypatch.setattr(load_matcher, "load_matcher", lambda _: SimpleNamespace(name="article"))
    arguments = ["eval", "--images", "x", "--annotations", "y", "--explanations"]
    assert main(arguments) == 1
    assert "a model of kind article" in capsys.readouterr().err


def test_a_model_without_graphs_has_nothing_to_ablate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from fusion.baselines.build import build_pair_model
    from fusion.checkpoint import write_checkpoint

    model = build_pair_model("average", image_dim=4, text_dim=4)
    config = {"model": model.config, "threshold": 0.0, "hard_threshold": 0.0}
    write_checkpoint(tmp_path / "made", "average", "packaged", "f00d", config, model)
    where = ["--images", "x", "--annotations", "y", "--checkpoint", str(tmp_path / "made")]
    assert main(["eval", *where, "--ablate"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "a model of kind average" in err
    assert "--ablate" in err


def test_the_demo_asks_all_its_queries_and_writes_the_page(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from search.demo import demo_run as demo

    monkeypatch.setattr(photo_sets, "distribution", lambda _: SimpleNamespace(locate_file=Path))
    found = photo_sets.PhotoSet("any", str(photos), ("*.png",), "us", "CC0")
    monkeypatch.setattr(
        demo.run_demo, "__kwdefaults__", {**demo.run_demo.__kwdefaults__, "sets": [found]}
    )
    assert main(["demo", "--out", "d", "--quiet"]) == 0
    out = capsys.readouterr().out
    page = Path("d/results.html").read_text(encoding="utf-8")
    assert str(Path("d/results.html").resolve()) in out
    assert "1 photos, index: d/index" in out
    assert page.count("<section") == len(demo.QUERIES)
    assert "CC0" in page
    # again, over what is there: nothing is doubled
    assert main(["demo", "--out", "d", "--quiet"]) == 0
    assert "1 photos" in capsys.readouterr().out
