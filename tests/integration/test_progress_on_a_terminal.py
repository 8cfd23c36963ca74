"""The bar is drawn, and what strangers wrote is shown by its number, on a real terminal."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty", reason="this system has no pseudo-terminals")

PROGRAM = """
import sys, time
from search.terminal.progress import ProgressReport
from search.terminal.streams import guard_streams

guard_streams()
with ProgressReport("indexing") as progress:
    time.sleep(0.3)
    progress.update(1, 2, "name\\x9b2J")
    sys.stderr.write("a warning\\x1b[31m\\n")
    sys.stdout.write("a line\\x07\\n")
    time.sleep(0.3)
    progress.update(2, 2, "last")
sys.stdout.write("the end\\x1b[2J\\n")
"""


def on_a_terminal(program: str, stdout: int | None = None) -> str:
    """Return what a program draws; `stdout` is the terminal's too if not given."""
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "100"}
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, stdin=slave, stdout=stdout or slave, stderr=slave, env=environment
    ):
        os.close(slave)
        drawn = b""
        while True:
            try:
                read = os.read(master, 65536)
            except OSError:  # Linux says so where the program has ended
                break
            if not read:
                break
            drawn += read
    os.close(master)
    return drawn.decode("utf-8")


def test_a_bar_is_drawn_and_what_strangers_wrote_is_not_obeyed() -> None:
    drawn = on_a_terminal(PROGRAM)
    assert "\x1b[?25l" in drawn  # the cursor is hidden while there is a bar
    assert "2/2" in drawn
    assert "\\x1b[38" not in drawn
    assert "\\x1b[?25" not in drawn
    for line in ("a warning\\x1b[31m", "a line\\x07", "the end\\x1b[2J", "name\\x9b2J"):
        assert line in drawn, line
    assert "\x1b[31m" not in drawn.replace("\\x1b[31m", "")
    assert not set("\x07\x9b") & set(drawn)


def test_what_goes_to_a_file_goes_there_while_there_is_a_bar() -> None:
    read, write = os.pipe()
    drawn = on_a_terminal(PROGRAM, write)
    os.close(write)
    with os.fdopen(read, encoding="utf-8") as file:
        assert file.read() == "a line\\x07\nthe end\\x1b[2J\n"
    assert "a line" not in drawn
    assert "a warning" in drawn
