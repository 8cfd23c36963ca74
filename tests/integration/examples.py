"""Examples of the documentation and of `--help`, and a small place in which they can be run."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from indexer import build_index
from indexer.bulk import write_embedded_shards
from search.cli import main, search_main
from search.models import loading
from store import Index, PhotoFile
from tests.integration.colours import ColourModel, paint

__all__ = ["commands_in", "commands_of_help", "make_place", "run_line"]

BLOCK = re.compile(r"^```(sh(?: run)?)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PROGRAMS = {"crossgraph": main, "search": search_main}


def commands_in(text: str, kind: str = "sh run") -> Iterator[str]:
    """Return the command lines of a page's blocks of a kind, those over several lines as one."""
    for found, block in BLOCK.findall(text):
        if found == kind:
            yield from block.replace("\\\n", " ").splitlines()


def commands_of_help(text: str) -> list[str]:
    """Return the command lines among the lines of a command's help; what a pipe does to their
    output is left out."""
    lines = (line.strip() for line in text.splitlines())
    return [line.partition(" | ")[0] for line in lines if line.split(" ")[0] in PROGRAMS]


def make_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make what examples speak of in a folder, and go there.

    There are photos with captions, indexes of them, a photo beside them, and a home with Pictures;
    the model knows four colours.
    """
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(folder / "cache"))  # where nothing is prepared
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
    _make_index_of_a_disk(folder / "disk.index")
    write_embedded_shards(folder / "shards", [folder / "photos"], ColourModel())


def _make_index_of_a_disk(folder: Path) -> None:
    """Make an index of a photo on a disk that is not there."""
    root = "/media/disk/Pictures"
    file = PhotoFile(f"{root}/img.png", root, 1, 1, "00" * 32, 1, 1)
    with Index.create(folder, ColourModel().fingerprint, 4) as index:
        index.put_images([file], np.eye(4)[:1], np.zeros((1, 8), np.uint8))


def run_line(line: str) -> int:
    """Run a command line as a shell would, in this process; give its exit code."""
    program, *arguments = shlex.split(line, comments=True)
    return PROGRAMS[program]([os.path.expanduser(argument) for argument in arguments])
