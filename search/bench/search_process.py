"""The memory of a process that searches: `python -m search.bench.search_process INDEX FILE`.

The file is a JSON list of queries. It opens the index as `search` does, runs them all, and prints
the process's memory as one JSON object.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from search.bench.resident import memory_now
from search.bench.subject import open_search

__all__ = ["main"]


def main() -> None:
    """Run the queries, then print the memory."""
    folder, texts = sys.argv[1:]
    search = open_search(Path(folder))
    for text in json.loads(Path(texts).read_text(encoding="utf-8")):
        search(text)
    sys.stdout.write(json.dumps(memory_now()) + "\n")


if __name__ == "__main__":
    main()
