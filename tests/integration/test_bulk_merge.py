"""The command that measures merging works, and its process is killed and gone on with."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_rows_merge_through_a_kill(tmp_path: Path) -> None:
    module = "benchmarks.bulk_merge"
    command = [sys.executable, "-m", module, "--rows", "5000", "--folder", tmp_path]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["rows"], found["killed"]) == (5000, 1)
    assert found["rows_per_second"] > 100
    assert 0 < found["mib_while_merging"] <= found["peak_mib"]
    assert list(tmp_path.iterdir()) == []
