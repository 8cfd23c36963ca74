"""The learning curve, with a training and an evaluation that only record their calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from fusion.checkpoint import write_checkpoint
from fusion.training.epochs import Options
from fusion.training.train_request import TrainingError, TrainRequest
from search.cli import main
from search.evaluation import learning_curve as curve
from search.evaluation.learning_curve import learning_curve, requests_by_size

PHOTOS = 160


@pytest.fixture
def base(tmp_path: Path) -> TrainRequest:
    images = [{"id": number, "file_name": f"{number}.jpg"} for number in range(PHOTOS)]
    captions = [{"id": number, "image_id": number, "caption": "a dog"} for number in range(PHOTOS)]
    notes = tmp_path / "captions.json"
    notes.write_text(json.dumps({"images": images, "annotations": captions}))
    for image in images:
        (tmp_path / str(image["file_name"])).touch()
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "0.jpg").touch()
    told = {"images": images[:1], "annotations": captions[:1]}
    (tmp_path / "dev.json").write_text(json.dumps(told))
    return TrainRequest(
        tmp_path, notes, tmp_path / "dev", tmp_path / "dev.json", "packaged", "crossgraph",
        tmp_path / "out", tmp_path / "cache",
    )  # fmt: skip


def measures(recall: float) -> dict[str, dict[str, float]]:
    both = {"R@1": recall, "R@5": recall + 20, "R@10": recall + 30, "median_rank": 3.0}
    return {"text_to_image": both, "image_to_text": both}


def written(request: TrainRequest, **config: object) -> None:
    """Write a checkpoint like a run of `request`, but with other weights; `config` overrides it."""
    known = {"photos": request.photos, "seed": request.seed, "epochs": request.epochs, **config}
    kept = {name: value for name, value in known.items() if value is not None}
    write_checkpoint(request.out, "crossgraph", "packaged", "f00d", kept, torch.nn.Linear(2, 2))


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[TrainRequest]:
    """Record the trained requests; a model's recall is its number of photos divided by eight."""
    runs: list[TrainRequest] = []

    def train(request: TrainRequest, progress: Callable[..., None], **_: Any) -> str:
        runs.append(request)
        written(request)
        return "trained"

    def judge(folder: Path, images: Path, annotations: Path, **_: Any) -> SimpleNamespace:
        assert (images.name, annotations.name) == ("dev", "dev.json")
        recall = int(folder.name) / 8
        report = {"first_stage": measures(recall), "reranked": measures(recall + 1), "other": 1}
        return SimpleNamespace(report=report)

    monkeypatch.setattr(curve, "train_from_files", train)
    monkeypatch.setattr(curve, "judge", judge)
    return runs


def test_each_size_is_trained_and_measured(base: TrainRequest, trained: list[TrainRequest]) -> None:
    rows = learning_curve(base, [80, 40], quiet=True)
    assert [(run.photos, run.out.name, run.resume) for run in trained] == [
        (40, "40", True),
        (80, "80", True),
    ]
    assert rows[0] == {
        "photos": 40,
        "epochs": round(Options.epochs * 2**0.5),
        "first_stage": measures(5),
        "reranked": measures(6),
    }
    assert json.loads((base.out / "curve.json").read_text()) == rows
    svg = (base.out / "curve.svg").read_text()
    assert all(f">{recall}<" in svg for recall in ("5.0", "6.0", "10.0", "11.0", "40.0", "41.0"))


def test_small_sizes_get_more_epochs(base: TrainRequest) -> None:
    requests = requests_by_size(replace(base, epochs=8), [20, 40, 160])
    # 8 times the square roots of 8, 4 and 1
    assert [request.epochs for request in requests] == [23, 16, 8]


def test_what_is_trained_is_not_trained_again(
    base: TrainRequest, trained: list[TrainRequest]
) -> None:
    first = learning_curve(base, [20, 40], quiet=True)
    assert learning_curve(base, [20, 40], quiet=True) == first
    assert [run.photos for run in trained] == [20, 40]
    # A run that was interrupted has left its state, and is resumed.
    (base.out / "40" / "state").mkdir()
    learning_curve(base, [20, 40], quiet=True)
    assert [run.photos for run in trained] == [20, 40, 40]


def test_a_model_of_all_photos_is_taken_as_it_is(
    base: TrainRequest, trained: list[TrainRequest]
) -> None:
    written(replace(base, out=base.out / "160"))  # as earlier versions wrote it, without either
    learning_curve(base, [40, 160], quiet=True)
    assert [run.photos for run in trained] == [40]


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"seed": 1}, "40 holds a model with seed 1, expected 0"),
        ({"epochs": 3}, "40 holds a model with epochs 3, expected 20"),
        ({"photos": None}, "40 holds a model with photos 160, expected 40"),
    ],
)
def test_another_model_is_refused_before_any_training(
    base: TrainRequest, trained: list[TrainRequest], found: dict[str, Any], message: str
) -> None:
    written(requests_by_size(base, [20, 40, 80])[1], **found)
    with pytest.raises(TrainingError, match=message):
        learning_curve(base, [20, 40, 80], quiet=True)
    assert not trained


def test_more_photos_than_there_are_is_refused_before_any_training(
    base: TrainRequest, trained: list[TrainRequest]
) -> None:
    with pytest.raises(TrainingError, match=r"161 photos to train on: .* has 160"):
        learning_curve(base, [20, 161], quiet=True)
    assert not trained


def test_the_command_prints_a_line_for_each_size(
    base: TrainRequest, trained: list[TrainRequest], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "--images", base.images, "--annotations", base.annotations,
        "--dev-images", base.dev_images, "--dev-annotations", base.dev_annotations,
        "--out", base.out, "--sizes", "40,160", "--epochs", "7", "--seed", "3", "--quiet",
    ]  # fmt: skip
    assert main(["curve", *map(str, arguments)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "40 photos, 14 epochs: first stage R@1 5.0, R@10 35.0; reranked R@1 6.0, R@10 36.0",
        "160 photos, 7 epochs: first stage R@1 20.0, R@10 50.0; reranked R@1 21.0, R@10 51.0",
        str(base.out / "curve.svg"),
    ]
    assert {run.seed for run in trained} == {3}
