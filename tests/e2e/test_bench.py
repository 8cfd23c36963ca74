"""`crossgraph bench` from end to end, on collections of some hundred rows: every figure comes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search.bench import setting
from search.bench.targets import LIMITS
from search.cli import main

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.weights]

PHOTOS = 20
SMALLEST = replace(
    setting.QUICK, sizes=(100, 250), real=PHOTOS, queries=4, cold_runs=1, small=8, large=1,
    rounds=1, tiny=(200, 100), encoded=(70, 32),
)  # fmt: skip


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Photos of one colour each, with a caption each beside them."""
    folder = tmp_path / "photos"
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(PHOTOS):
        colour = tuple(int(value) for value in random.integers(0, 255, 3))
        Image.new("RGB", (240, 200), colour).save(folder / f"{number}.jpg")
    named = [{"id": number, "file_name": f"{number}.jpg"} for number in range(PHOTOS)]
    said = [
        {"id": number, "image_id": number, "caption": f"a wall with {number} windows"}
        for number in range(PHOTOS)
    ]
    (tmp_path / "captions.json").write_text(json.dumps({"images": named, "annotations": said}))
    return folder


def test_every_figure_comes(
    photos: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(setting, "QUICK", SMALLEST)
    work = tmp_path / "work"
    called = [
        "bench", "--quick", "--photos", photos, "--annotations", tmp_path / "captions.json",
        "--work", work, "--json", tmp_path / "out.json", "--plot", tmp_path / "out.svg",
    ]  # fmt: skip
    assert main([*map(str, called)]) == 0, capsys.readouterr().err
    out, err = capsys.readouterr()
    found = json.loads((tmp_path / "out.json").read_text())
    assert [figure["key"] for figure in found["figures"]] == list(LIMITS)
    assert all(np.isfinite(figure["found"]) for figure in found["figures"])
    assert [row["count"] for row in found["sizes"]] == [100, 250]
    assert found["machine"]["cores"] >= 1
    recall = next(figure for figure in found["figures"] if figure["key"] == "recall")
    assert recall["found"] == 1.0  # exact at this size
    assert len(out.splitlines()) == len(LIMITS) + 2
    assert "bench: making an index of 250 photos" in err
    assert (tmp_path / "out.svg").read_text().count("<circle") == 10
