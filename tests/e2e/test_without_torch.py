"""The shipped model is prepared, indexes and answers where torch cannot be imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from fusion.runtime.packaged_file import LITE2_FILE, MINILM_FILE
from tests.integration.colours import paint

ROOT = Path(__file__).parents[2]

MAIN = """
import sys

HIDDEN = {
    "onnx", "onnx_ir", "onnxscript", "sentence_transformers", "timm", "torch", "torch_geometric",
    "torchvision", "transformers",
}
for name in HIDDEN:
    sys.modules[name] = None

from search.cli import main

sys.exit(main())
"""

pytestmark = [pytest.mark.e2e, pytest.mark.weights, pytest.mark.slow]


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command where these packages cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", MAIN, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "CROSSGRAPH_CACHE": str(folder / "cache"), "PYTHONPATH": str(ROOT)},
        check=False,
    )


def test_the_first_command_prepares_and_each_one_answers(tmp_path: Path) -> None:
    if LITE2_FILE.find() is None or MINILM_FILE.find() is None:
        pytest.skip("the encoders' weights are not installed")
    (tmp_path / "photos").mkdir()
    paint(tmp_path / "photos" / "red.png", "red")
    made = run(tmp_path, "index", "photos", "--device", "cpu")
    assert made.returncode == 0, made.stderr
    assert "prepared this model for quick indexing and searches, once" in made.stderr
    # An index that was copied to another machine, where its model is not prepared.
    (tmp_path / "cache").rename(tmp_path / "away")
    for query in ("a red square", "photos/red.png"):
        found = run(tmp_path, "search", query, "--paths")
        assert found.returncode == 0, found.stderr
        assert found.stdout.strip().endswith("red.png")
