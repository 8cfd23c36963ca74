"""What of captions files is not used, as the commands that read them tell it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fusion import train as training
from search.cli import main
from search.evaluation import learning_curve as curve
from tests.integration.colours import paint


def captions(folder: Path, name: str, *more: object) -> list[str]:
    """A photo with a caption and a photo that is not there, and other entries; gives options."""
    paint(folder / "red.png", "red")
    images = [{"id": 1, "file_name": "red.png"}, {"id": 2, "file_name": "gone\x1b.png"}]
    said = [{"id": n, "image_id": n, "caption": "A red ."} for n in (1, 2)]
    (folder / name).write_text(json.dumps({"images": images, "annotations": [*said, *more]}))
    return ["--images", ".", "--annotations", name]


@pytest.mark.parametrize("command", ["train", "curve"])
def test_before_training_it_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training, "train_from_files", lambda *_, **__: "trained")
    monkeypatch.setattr(curve, "learning_curve", lambda *_, **__: [])
    options = captions(tmp_path, "train.json", {"id": 3, "image_id": 1, "caption": None})
    captions(tmp_path, "dev.json", None)
    assert main([command, *options, "--dev-annotations", "dev.json", "--out", "o"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "train.json: left out captions that are no text: 1 (such as null)",
        "train.json: 1 photos are not in ., such as gone\\x1b.png",
        "dev.json: left out annotations without a valid image_id: 1 (such as null)",
        "dev.json: 1 photos are not in ., such as gone\\x1b.png",
    ]
