"""What pip would bring for those who index and search: neither torch nor what goes with it."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from search.models.training_packages import TRAINING_PACKAGES

PROJECT = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
EXTRAS = PROJECT["optional-dependencies"]
TRAINING = {canonicalize_name(name) for name in TRAINING_PACKAGES.values()}


def named(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def test_the_extra_for_training_is_what_the_program_looks_for() -> None:
    assert named(EXTRAS["train"]) == TRAINING


def test_nothing_of_it_is_always_installed() -> None:
    assert named(PROJECT["dependencies"]) & TRAINING == set()


@pytest.mark.parametrize("extra", ["gpu", "dev"])
def test_who_embeds_on_a_gpu_or_develops_gets_it_too(extra: str) -> None:
    assert "crossgraph[train]" in EXTRAS[extra]


@pytest.mark.slow
def test_what_the_demo_resolves_to_has_none_of_it() -> None:
    asked = [*PROJECT["dependencies"], *EXTRAS["cpu"], *EXTRAS["demo"]]
    options = ["--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", *options, *asked], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip("pip reaches no package index")
    resolved = {
        canonicalize_name(each["metadata"]["name"]) for each in json.loads(done.stdout)["install"]
    }
    assert "faiss-cpu" in resolved
    assert resolved & (TRAINING | {"scipy", "pandas"}) == set()
