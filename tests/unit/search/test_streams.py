"""The standard streams: opened if the program was started without them, and always guarded."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from search.terminal.streams import GuardedStream, write_exactly

PROGRAM = """
import os, sys
from search.terminal.boundary import run
def app(**_):
    print("found \\x1b[2J\\udcff")
    numbers = [os.open(os.devnull, os.O_RDONLY) for _ in range(3)]
    sys.stderr.write(f"opened {min(numbers)}\\n")
sys.exit(run(app, [], "crossgraph"))
"""


def started(
    how: str, program: str = PROGRAM, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    root = Path(__file__).parents[3]
    return subprocess.run(
        ["bash", "-c", f'"$0" -c "$1" {how}', sys.executable, program],
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
    )


def test_what_is_printed_is_inert() -> None:
    done = started("")
    assert done.stdout == b"found \\x1b[2J\\xff\n"
    assert done.returncode == 0


@pytest.mark.parametrize("how", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_a_program_without_a_stream_does_its_work_in_silence(how: str) -> None:
    done = started(how)
    assert done.returncode == 0
    assert b"Traceback" not in done.stderr
    if "2>" not in how:  # no file that it opens gets the number of a stream
        assert done.stderr.startswith(b"opened ") and int(done.stderr.split()[1]) > 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_under_stdout_is_one_line() -> None:
    done = started(">/dev/full")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == b"error: No space left on device"
    assert b"Exception" not in done.stderr


def test_nobody_who_hears_on_stderr_stops_nothing() -> None:
    program = PROGRAM.replace("def app", "import time; time.sleep(0.3)\ndef app")
    done = started("2> >(exit)", program)
    assert (done.returncode, done.stdout) == (0, b"found \\x1b[2J\\xff\n")


def test_letters_that_a_locale_lacks_are_numbers() -> None:
    program = PROGRAM.replace("found", "caf\\u00e9 \\u72ac")
    done = started("", program, PYTHONIOENCODING="latin-1")
    assert done.stdout == b"caf\xe9 \\u72ac \\x1b[2J\\xff\n"


def test_rich_writes_past_the_guard_and_all_others_do_not() -> None:
    stream = io.StringIO()
    guarded = GuardedStream(stream)
    Console(file=guarded, force_terminal=True).print("[bold]a[/bold]")  # type: ignore[arg-type]
    assert stream.getvalue() == "\x1b[1ma\x1b[0m\n"
    print("\x1b[1ma", file=guarded)  # type: ignore[call-overload]
    assert stream.getvalue().endswith("\n\\x1b[1ma\n")


def test_bare_paths_are_exact_but_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for on_terminal, written in ((False, "/a\x1b.jpg\0"), (True, "/a\\x1b.jpg\0")):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda held=on_terminal: held)
        monkeypatch.setattr(sys, "stdout", GuardedStream(stream))
        write_exactly("/a\x1b.jpg\0")
        assert stream.getvalue() == written
        monkeypatch.undo()


def test_passwords_stay_off_stderr() -> None:
    stream = io.StringIO()
    GuardedStream(stream, is_stderr=True).write("no POSTGRESQL://me:secret@db/photos\n")
    assert stream.getvalue() == "no POSTGRESQL://me@db/photos\n"
