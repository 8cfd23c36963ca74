"""A picture of a terminal in which our programs were run, drawn by rich as SVG."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.console import CONSOLE_SVG_FORMAT, Console
from rich.text import Text

__all__ = ["drawn", "output_on_a_terminal"]

COLUMNS = 96
PROMPT = "[bold green]$[/] "
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
"""Rich's own would come from the network."""


def drawn(
    session: Sequence[tuple[str, str]], folder: Path, environment: Mapping[str, str], title: str
) -> str:
    """Run the commands in a folder, and return an SVG of what a person sees.

    Args:
        session: what is shown as typed, and the shell command that is run for it.
        folder: in which they run.
        environment: of the programs.
        title: of the window.
    """
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(
            record=True, width=COLUMNS, file=nowhere, force_terminal=True, highlight=False
        )
        for number, (typed, command) in enumerate(session):
            console.print(("\n" if number else "") + PROMPT, end="")
            console.print(Text(typed, style="bold"))
            console.print(Text.from_ansi(output_on_a_terminal(command, folder, environment)))
        form = _of_this_machines_fonts()
        return console.export_svg(title=title, code_format=form, unique_id="terminal")


def output_on_a_terminal(command: str, folder: Path, environment: Mapping[str, str]) -> str:
    """Return what a shell command draws on a terminal that takes colours."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    with subprocess.Popen(
        ["/bin/sh", "-c", command], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs,
        env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        start_new_session=True,
    ) as program:  # fmt: skip
        os.close(theirs)
        pieces = []
        while piece := _read(ours):
            pieces.append(piece)
    os.close(ours)
    if program.returncode:
        raise RuntimeError(f"{command} ended with {program.returncode}")
    return b"".join(pieces).decode("utf-8").replace("\r\n", "\n").rstrip("\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # which is how Linux says that the program has ended
        return b""


def _of_this_machines_fonts() -> str:
    """Return rich's form of an SVG without the fonts that it would load from elsewhere."""
    without = re.sub(r"@font-face \{\{.*?\}\}\n*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    return without.replace("Fira Code, monospace", FONT).replace("arial", "sans-serif")
