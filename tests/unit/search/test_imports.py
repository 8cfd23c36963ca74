"""What the command line waits for before it knows what is asked."""

from __future__ import annotations

import subprocess
import sys


def test_help_waits_for_nothing_heavy() -> None:
    heavy = {"PIL", "faiss", "onnxruntime", "rich", "sqlite_utils", "torch"}
    code = f"import sys, search.cli; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
