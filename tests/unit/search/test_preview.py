"""Thumbnails in the terminal's three formats, checked in the output."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from search.output.preview import ROWS, Drawing, print_previews
from search.result import Hit
from tests.fakes import paint


@pytest.fixture
def red(tmp_path: Path) -> Hit:
    return Hit(1, 2.5, 0.91, paint(tmp_path / "red.png", "red"), 7, ("A red wall .",))


def test_blocks_are_two_pixels_a_character_in_the_photos_colours(
    red: Hit, capsys: pytest.CaptureFixture[str]
) -> None:
    print_previews([red], Drawing.blocks)
    out = capsys.readouterr().out
    lines = [line for line in out.splitlines() if "▀" in line]
    assert len(lines) == ROWS
    assert {line.count("▀") for line in lines} == {2 * ROWS}  # the photo is square
    assert re.findall(r"38;2;(\d+;\d+;\d+)", out)[0] == "200;30;30"
    assert "red.png" in out
    assert "A red wall ." in out


@pytest.mark.parametrize(
    ("drawing", "start"), [(Drawing.sixel, "\x1bP"), (Drawing.kitty, "\x1b_G")]
)
def test_graphics_begin_as_their_protocol_says(
    red: Hit, capfd: pytest.CaptureFixture[str], drawing: Drawing, start: str
) -> None:
    print_previews([red], drawing)
    sys.__stdout__.flush()  # textual-image writes to it
    assert start in capfd.readouterr().out


def test_without_an_answering_terminal_nobody_is_asked(
    red: Hit, capsys: pytest.CaptureFixture[str]
) -> None:
    print_previews([red])  # the tests' stdin is not a terminal
    assert "▀" in capsys.readouterr().out


def test_a_photo_that_is_gone_is_said_to_be(
    red: Hit, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    print_previews([Hit(1, 1, 1, tmp_path / "gone.jpg", 1), red], Drawing.blocks)
    out = capsys.readouterr().out
    assert "no thumbnail: " in out
    assert "▀" in out
