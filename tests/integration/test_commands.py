"""The commands in this process, over a model that knows four colours: quick, so all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from PIL.Image import Image

from search.cli import main, search_main
from search.models import loading
from search.status.build_progress import Building, read_building
from tests.integration.colours import ColourModel, paint

TRAIN = ["train", "--images", "x", "--annotations", "y", "--dev-annotations", "z", "--out", "o"]


EVAL = ["eval", "--images", "x", "--annotations", "y"]


@pytest.fixture(autouse=True)
def _colour_model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def load_model(checkpoint: Path | None = None, **_: object) -> ColourModel:
        return ColourModel("c0104a5" if checkpoint is None else "0the4")

    monkeypatch.setattr(loading, "load_model", load_model)
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))  # where nothing is prepared
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CROSSGRAPH_INDEX", "photos.index")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    (folder / "deep" / "er").mkdir(parents=True)
    paint(folder / "red.png", "red")
    paint(folder / "deep" / "er" / "blue sky.png", "blue")
    (folder / "broken.jpg").write_bytes(b"")
    return folder


def test_index_then_search_in_the_default_folder(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["index", str(photos)]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("photos.index: 2 added, 0 updated")
    assert "1 left out" in out
    assert "broken.jpg" in err

    assert main(["search", "a", "blue", "thing", "-k", "1"]) == 0
    rank, probability, score, path, known, group = capsys.readouterr().out.rstrip("\n").split("\t")
    assert (rank, score, known, group) == ("1", "6.667", "", "good")
    assert path.endswith("blue sky.png")
    assert 0 <= float(probability) <= 1


def test_a_run_can_be_watched_and_leaves_no_trace(
    photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["index", str(photos), "--quiet"]) == 0
    paint(photos / "green.png", "green")
    seen: list[Building | None] = []
    embed = ColourModel.embed_images

    def watched(model: ColourModel, images: Sequence[Image]) -> SimpleNamespace:
        seen.append(read_building(Path("photos.index")))
        return embed(model, images)

    monkeypatch.setattr(ColourModel, "embed_images", watched)
    assert main(["index", "--quiet"]) == 0
    assert [each is not None and each.pid for each in seen] == [os.getpid()]
    assert read_building(Path("photos.index")) is None


def test_every_form_of_output(photos: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["index", str(photos), "--quiet"])
    capsys.readouterr()
    assert search_main(["red", "--json"]) == 0
    first, second = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (first["rank"], second["rank"]) == (1, 2)
    assert search_main(["red", "--paths", "--no-rerank"]) == 0
    assert capsys.readouterr().out.splitlines() == [first["path"], second["path"]]


def test_what_matches_badly_is_said_on_stderr_only(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(photos), "--quiet"])
    capsys.readouterr()
    assert search_main(["a green thing"]) == 0
    out, err = capsys.readouterr()
    assert err.count("nothing here matches: ") == 1
    assert "nothing here" not in out


def test_the_index_may_be_named_by_the_environment(
    photos: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CROSSGRAPH_INDEX", "elsewhere")
    assert main(["index", str(photos), "-q"]) == 0
    assert Path("elsewhere").is_dir()
    assert search_main(["red", "--paths"]) == 0
    assert not Path("photos.index").exists()


def test_words_are_explained_in_a_line_and_in_json(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(photos), "--quiet"])
    capsys.readouterr()
    assert search_main(["red", "--explain"]) == 0
    best = capsys.readouterr().out.splitlines()[0].split("\t")
    assert (
        best[5]
        == "red +1.000 (x 0-100%, y 0-100%); words of captions and names +7.000; rest +1.000"
    )
    assert search_main(["red", "--explain", "--json", "--candidates", "2"]) == 0
    hit = json.loads(capsys.readouterr().out.splitlines()[0])
    assert list(hit)[-1] == "explanation"
    everywhere = {"box": [0.0, 0.0, 1.0, 1.0], "weight": 1.0}
    assert hit["explanation"] == {
        "words": [
            {"word": "red", "added": 1.0, "regions": [everywhere]},
            {"word": "words of captions and names", "added": 7.0, "regions": []},
        ],
        "regions": [everywhere],
        "rest": 1.0,
        "other_words": 0.0,
    }


def test_the_best_hit_is_drawn_and_nothing_else_changes(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(photos), "--quiet"])
    capsys.readouterr()
    search_main(["red", "--json"])
    plain = capsys.readouterr().out
    assert search_main(["red", "--json", "--explain-image", "o.png"]) == 0
    assert capsys.readouterr().out == plain
    assert Path("o.png").stat().st_size


@pytest.mark.parametrize(
    "form",
    [[], ["--json"], ["--paths"], ["--explain"], ["--csv"], ["-0"], ["--preview-as", "blocks"]],
)
def test_when_no_hit_is_likely_enough_stderr_says_so_and_stdout_is_empty(
    photos: Path, capsys: pytest.CaptureFixture[str], form: list[str]
) -> None:
    main(["index", str(photos), "--quiet"])
    capsys.readouterr()
    assert search_main(["green", "--min-probability", "0.9", *form]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "nothing here matches well: no photo has a probability of 0.9 or more\n"
    assert search_main(["red", "--min-probability", "0.9", "--paths"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_without_a_hit_no_picture_is_written(
    photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["index", str(photos), "--quiet"])
    capsys.readouterr()
    assert search_main(["green", "--min-probability", "1", "--explain-image", "o.png"]) == 0
    assert "o.png is not written" in capsys.readouterr().err
    assert not Path("o.png").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["search", ""], 2, "query is empty"),
        (["search", "red", "--index", "none"], 1, "none"),
        (["search", "red", "--checkpoint", "other"], 1, "made with"),
        (["search", "red", "-k", "0"], 2, "-k"),
        (["search", "red", "--candidates", "0"], 2, "--candidates"),
        (["search", "red", "--min-probability", "1.5"], 2, "--min-probability"),
        (["search", "red", "--min-probability", "nan"], 2, "probability"),
        (["search", "red", "--explain", "--no-rerank"], 2, "--no-rerank"),
        (["search", "red", "--explain-image", "o.png", "--no-rerank"], 2, "--no-rerank"),
        (["search", "red", "--explain", "--paths"], 2, "--paths"),
        (["search", "red", "--explain", "--preview-as", "blocks"], 2, "--explain and --preview"),
        (["search", "red", "--json", "--csv"], 2, "--json and --csv exclude each other"),
        (["search", "red", "--csv", "-0"], 2, "--csv and -0 exclude each other"),
        (["search", "red", "--preview"], 2, "--preview-as kitty or sixel or blocks"),
        (["search", "red", "--preview-as", "ascii"], 2, "ascii"),
        (["search", "red", "--copy-to", "photos/red.png"], 1, "photos/red.png"),
        (["search", "red", "--explain-image", "o.pdf"], 2, "o.pdf"),
        (["search", "red", "--explain-image", "gone/o.png"], 1, "gone"),
        (["index", "gone"], 1, "gone"),
        (["index", "photos", "--watch", "--plan"], 2, "--plan"),
        (["index", "photos", "--watch", "--prune"], 2, "--prune"),
        (["index", "photos", "--annotations", "gone.json"], 1, "gone.json"),
        (["train", "--images", "x"], 2, "--annotations"),
        ([*TRAIN, "--photos", "0"], 2, "--photos"),
        (["curve", *TRAIN[1:], "--sizes", "0,20"], 2, "--sizes 0,20"),
        (["curve", *TRAIN[1:], "--sizes", "20,020"], 2, "--sizes 20,020"),
        (["curve", *TRAIN[1:], "--sizes", "20,few"], 2, "--sizes 20,few"),
        (["curve", *TRAIN[1:]], 1, "y"),
        (["eval", "--images", "x", "--annotations", "y", "--seed", "z"], 2, "--seed"),
        (["eval", "--images", "x", "--images", "y", "--annotations", "z"], 2, "2 times"),
        ([*EVAL, "--instances", "z"], 2, "--instances is for --keywords and --shown"),
        ([*EVAL, "--keywords", "--instances", "a", "--instances", "b"], 2, "2 times"),
        ([*EVAL, "--shown", "--queries", "0"], 2, "--queries"),
        ([*EVAL, "--images", "v", "--annotations", "w"], 1, "y cannot be read"),
        (["frobnicate"], 2, "frobnicate"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    photos: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    word: str,
) -> None:
    main(["index", str(photos), "-q"])
    capsys.readouterr()
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert word in err
