"""Examples of the documentation and of `--help`, and a small place in which they can be run."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer import build_index
from search import loading
from search.cli import main, search_main
from tests.integration.colours import ColourModel, paint

__all__ = ["commands_in", "make_place", "run_line"]

BLOCK = re.compile(r"^```(sh(?: run)?)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAMS = {"crossgraph": main, "search": search_main}


def commands_in(text: str, kind: str = "sh run") -> Iterator[str]:
    """Give the command lines of a page's blocks of a kind, those over several lines as one."""
    for found, block in BLOCK.findall(text):
        if found == kind:
            yield from block.replace("\\\n", " ").splitlines()


def make_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what examples speak of in a folder, and go there.

    There are photos with captions, indexes of them, a photo beside them, and a home with Pictures;
    the model knows four colours.
    """
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    for number, (where, *colours) in enumerate(
        [("photos", "red"), ("photos", "blue"), ("Pictures", "green"), ("Pictures/Rome", "grey")]
    ):
        (folder / where).mkdir(parents=True, exist_ok=True)
        paint(folder / where / f"img_{number}.png", *colours)
    paint(folder / "cat.jpg", "grey", "red")
    captions = {
        "images": [{"id": 1, "file_name": "img_0.png"}],
        "annotations": [{"id": 1, "image_id": 1, "caption": "A dog ."}],
    }
    (folder / "captions.json").write_text(json.dumps(captions), encoding="utf-8")
    sources = {
        "photos.index": ["photos", "Pictures"],
        "a.index": ["photos"],
        "b.index": ["Pictures"],
    }
    for index, roots in sources.items():
        annotations = ["captions.json"] if "photos" in roots else []
        build_index(index, [folder / r for r in roots], ColourModel(), annotations=annotations)


def run_line(line: str) -> int:
    """Run a command line as a shell would, in this process; give its exit code."""
    program, *arguments = shlex.split(line, comments=True)
    return PROGRAMS[program]([os.path.expanduser(argument) for argument in arguments])
