"""The memory of a process that searches: `python -m search.bench.search_process INDEX FILE`.

The file is a JSON list of queries. Opens the index as `search` does, asks them all, and prints the
process's memory as one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from search.bench.resident import memory_now
from search.engine import open_index

__all__ = ["main"]


def main() -> None:
    """Ask, then look."""
    folder, texts = sys.argv[1:]
    with open_index(folder) as index:
        for text in json.loads(Path(texts).read_text(encoding="utf-8")):
            index.search(text, 10)
        sys.stdout.write(json.dumps(memory_now()) + "\n")


if __name__ == "__main__":
    main()
