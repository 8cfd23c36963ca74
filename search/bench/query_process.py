"""Warm queries in a process that never loads torch, alternating with the text encoder alone.

`python -m search.bench.query_process FILE` reads a JSON object from the file (`indexes`, folders;
`texts`; `ids`, their tokens; `encoder`, an ONNX file; `candidates`) and prints one: milliseconds
of each text by index in `query`, of the encoder in `encoder`, and of the re-ranker alone and of
reading its candidates, from the first index, in `rerank` and `fetch`.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from search.bench.bare_session import TextSession
from search.bench.subject import nearest_candidates, open_search
from search.bench.timing import seconds
from search.models.prepared import prepared_model
from store import Index

__all__ = ["main"]

WARM_UP = 5


def main() -> None:
    """Measure what the file of the first argument asks for."""
    task = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    times = {**_queries(task), **_rerankings(task)}
    if "torch" in sys.modules:
        sys.exit("error: a search loaded torch, though the model is prepared")
    sys.stdout.write(json.dumps(times) + "\n")


def _queries(task: dict[str, Any]) -> dict[str, Any]:
    query: dict[str, list[float]] = {folder: [] for folder in task["indexes"]}
    alone: list[float] = []
    encoder = TextSession(Path(task["encoder"]))
    pairs = list(zip(task["texts"], task["ids"], strict=True))
    opened = {folder: open_search(Path(folder)) for folder in query}
    for turn, (text, ids) in enumerate([*pairs[:WARM_UP], *pairs]):
        spent = 1000 * seconds(encoder.encode, ids)
        if turn >= WARM_UP:
            alone.append(spent)
        for folder, search in opened.items():
            spent = 1000 * seconds(search, text)
            if turn >= WARM_UP:
                query[folder].append(spent)
    return {"query": query, "encoder": alone}


def _rerankings(task: dict[str, Any]) -> dict[str, list[float]]:
    fetch: list[float] = []
    rerank: list[float] = []
    with Index.open(Path(task["indexes"][0])) as index:
        model: Any = prepared_model(index.model.fingerprint)
        if model is None:
            sys.exit("error: the model is not prepared for searches without torch")
        for turn, text in enumerate([*task["texts"][:WARM_UP], *task["texts"]]):
            query = model.embed_queries([text])
            started = time.perf_counter()
            vectors, packed = nearest_candidates(index, query, task["candidates"])
            read = time.perf_counter()
            model.rerank(query, vectors, packed)
            ended = time.perf_counter()
            if turn >= WARM_UP:
                fetch.append(1000 * (read - started))
                rerank.append(1000 * (ended - read))
    return {"fetch": fetch, "rerank": rerank}


if __name__ == "__main__":
    main()
