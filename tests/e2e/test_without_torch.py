"""All but training runs where torch cannot be imported, and what needs it says so in one line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from fusion.runtime.model_fingerprint import CONFIG, SHIPPED
from fusion.runtime.packaged_file import LITE2_FILE, MINILM_FILE
from search.demo.photo_sets import PHOTO_SETS, installed_photos
from search.models.training_packages import TRAINING_PACKAGES
from tests.integration.colours import paint

ROOT = Path(__file__).parents[2]

HIDDEN = [*TRAINING_PACKAGES, "onnx_ir", "sentence_transformers"]

MAIN = f"""
import sys

for name in {HIDDEN!r}:
    sys.modules[name] = None

from search.cli import main

sys.exit(main())
"""

HIDE_WEIGHTS = """
from fusion.runtime.packaged_file import PackagedFile

PackagedFile.find = lambda self: None
"""

pytestmark = [pytest.mark.e2e, pytest.mark.weights, pytest.mark.slow]


def run(
    folder: Path, *arguments: str, code: str = MAIN, cache: str = "cache"
) -> subprocess.CompletedProcess[str]:
    """Run a command where these packages cannot be imported."""
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={
            **os.environ,
            "CROSSGRAPH_CACHE": str(folder / cache),
            "PYTHONPATH": str(ROOT),
            "XDG_DATA_HOME": str(folder / "data"),
        },
        check=False,
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with photos and an index of them, made without torch."""
    if LITE2_FILE.find() is None or MINILM_FILE.find() is None:
        pytest.skip("the encoders' weights are not installed")
    folder = tmp_path_factory.mktemp("without_torch")
    (folder / "photos").mkdir()
    paint(folder / "photos" / "red.png", "red")
    made = run(folder, "index", "photos", "--device", "cpu")
    assert made.returncode == 0, made.stderr
    assert "prepared this model for quick indexing and searches, once" in made.stderr
    return folder


def states(folder: Path) -> dict[Path, tuple[int, int]]:
    """When each file was last written, and its size."""
    facts = {file: file.stat() for file in folder.rglob("*") if file.is_file()}
    return {file: (each.st_mtime_ns, each.st_size) for file, each in facts.items()}


def test_the_first_search_finds_all_that_the_second_does(place: Path) -> None:
    before = states(place)
    assert run(place, "search", "a red square", "--paths").returncode == 0
    assert states(place) == before


def test_each_command_prepares_a_model_that_is_not_there(place: Path) -> None:
    # An index that was copied to another machine.
    (place / "cache").rename(place / "away")
    try:
        for query in ("a red square", "photos/red.png"):
            found = run(place, "search", query, "--paths")
            assert found.returncode == 0, found.stderr
            assert found.stdout.strip().endswith("red.png")
    finally:
        shutil.rmtree(place / "cache")
        (place / "away").rename(place / "cache")


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "a red square", "--explain"),
        ("search", "a red square", "--explain-image", "why.png", "-k", "1"),
        ("search", "a red square", "--hybrid"),
        ("status",),
        ("doctor",),
        ("verify",),
        ("export", "exported.json", "--query", "a red square"),
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_it_is_not_missed(place: Path, arguments: tuple[str, ...]) -> None:
    done = run(place, *arguments)
    assert done.returncode == 0, done.stderr


def test_the_demo_leaves_a_model_that_is_ready(place: Path) -> None:
    if not any(installed_photos(each) for each in PHOTO_SETS):
        pytest.skip("no package with photos is installed")
    shown = run(place, "demo", "--quiet", "--out", "shown")
    assert shown.returncode == 0, shown.stderr
    before = states(place)
    assert run(place, "search", "a castle", "--index", "shown/index").returncode == 0
    assert states(place) == before


NEEDS_IT = [
    ("train", "--images", "x", "--annotations", "x", "--dev-annotations", "y", "--out", "z"),
    ("eval", "--images", "x", "--annotations", "y"),
    ("curve", "--images", "x", "--annotations", "x", "--dev-annotations", "y", "--out", "z"),
    ("bench", "--photos", "photos", "--quick"),
    ("index", "photos", "--image-weights", "x"),
    ("search", "a", "--text-weights", "x"),
]


@pytest.mark.parametrize("arguments", NEEDS_IT, ids=lambda arguments: arguments[0])
def test_what_needs_it_says_what_to_install(place: Path, arguments: tuple[str, ...]) -> None:
    done = run(place, *arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert 'pip install "crossgraph[train]"' in done.stderr


def test_so_does_a_model_of_other_layers(place: Path) -> None:
    other = place / "other"
    shutil.copytree(SHIPPED / "crossgraph", other)
    config = json.loads((other / CONFIG).read_text(encoding="utf-8"))
    config["config"]["network"]["reranker"]["heads"] += 1
    (other / CONFIG).write_text(json.dumps(config), encoding="utf-8")
    done = run(place, "index", "photos", "--checkpoint", "other", "--index", "other.index")
    assert done.returncode == 1
    assert "other has other layers or encoders" in done.stderr
    assert 'pip install "crossgraph[train]"' in done.stderr


def test_weights_that_are_missing_are_told_and_not_torch(place: Path) -> None:
    code = MAIN.replace("from search.cli", HIDE_WEIGHTS + "from search.cli")
    done = run(place, "index", "photos", "--index", "new.index", code=code, cache="empty")
    assert done.returncode == 1
    assert "pip install" in done.stderr
    assert "crossgraph[train]" not in done.stderr


def test_a_cache_that_cannot_be_written_is_told(place: Path) -> None:
    (place / "a_file").touch()
    done = run(place, "search", "a", cache="a_file")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "CROSSGRAPH_CACHE" in done.stderr


OPTIONAL = {
    "fusion.baselines", "fusion.checkpoint", "fusion.data", "fusion.encoders", "fusion.evaluation",
    "fusion.export", "fusion.gpu_retriever", "fusion.graphs", "fusion.hardware.precision",
    "fusion.network", "fusion.retriever", "fusion.train", "fusion.training", "search.bench",
    "search.evaluation", "search.integrations", "store.postgres",
}  # fmt: skip
"""Modules of which some import what an extra brings."""

IMPORT_ALL = """
import importlib, pathlib, sys

for name in HIDDEN:
    sys.modules[name] = None
for package in ("fusion", "indexer", "search", "store"):
    for file in sorted(pathlib.Path(ROOT, package).rglob("*.py")):
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if not any(name == each or name.startswith(f"{each}.") for each in OPTIONAL):
            importlib.import_module(name)
            print(name)
"""


def test_all_other_modules_are_imported_without_it() -> None:
    code = f"HIDDEN, OPTIONAL, ROOT = {HIDDEN!r}, {OPTIONAL!r}, {str(ROOT)!r}\n{IMPORT_ALL}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 250
