"""Files are written completely or not at all, and leftovers of killed writers are removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from search.export.export_file import written_whole

KILLED = """
import os, signal, sys
from pathlib import Path
from search.export.export_file import written_whole
with written_whole(Path(sys.argv[1])) as temporary:
    temporary.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows does not say whether a process is there")
def test_the_next_writer_takes_away_what_a_killed_one_left(tmp_path: Path) -> None:
    out = tmp_path / "photos.json"
    root = str(Path(__file__).parents[3])
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(out)], env={**os.environ, "PYTHONPATH": root}
    )
    assert done.returncode == -signal.SIGKILL
    assert [path.suffix for path in tmp_path.iterdir()] == [".tmp"]
    (tmp_path / ".photos.json.notes.tmp").write_text("somebody's")
    with written_whole(out) as temporary:
        temporary.write_text("whole")
        with written_whole(tmp_path / "other.json") as other:
            other.write_text("whole too")
        assert temporary.exists()
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"photos.json", "other.json", ".photos.json.notes.tmp"}


def test_one_that_is_at_work_keeps_its_file(tmp_path: Path) -> None:
    out = tmp_path / "photos.json"
    with written_whole(out) as temporary:
        living = temporary.with_name(temporary.name.replace(str(os.getpid()), str(os.getppid())))
        living.write_text("another's")
        temporary.write_text("whole")
    with written_whole(out) as temporary:
        temporary.write_text("again")
    assert living.exists()


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), written_whole(tmp_path / "a") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []
