"""Warm queries relative to the text encoder alone in the same runtime; re-ranking."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from search.bench import subject
from search.bench.made import Collections
from search.bench.targets import Figure
from search.bench.timing import medians, process_json, seconds

if TYPE_CHECKING:
    from fusion.encoders.bert import BertEncoder

__all__ = ["measure", "warm_queries"]

CANDIDATES = 100
WARM_UP = 5


def measure(collections: Collections) -> Iterator[Figure]:
    """Measure without torch, as searches run once a model is prepared, and with torch."""
    base = collections.setting.base
    index, _ = collections.index(base)
    times = warm_queries(collections, [index])
    typical = medians({"query": times["query"][str(index)], "encoder": times["encoder"]})
    yield Figure(
        "warm",
        typical["query"] / typical["encoder"],
        f"{typical['query']:.1f} ms over {typical['encoder']:.1f} ms",
        (base,),
        {"query_ms": times["query"][str(index)], "encoder_ms": times["encoder"]},
    )
    yield _with_torch(collections, index, typical["query"])
    parts = medians({"rerank": times["rerank"], "fetch": times["fetch"]})
    candidates = min(CANDIDATES, base)
    yield Figure(
        "rerank",
        parts["rerank"],
        f"reading them: {parts['fetch']:.1f} ms more",
        (candidates,),
        {"rerank_ms": times["rerank"], "fetch_ms": times["fetch"]},
    )


def warm_queries(collections: Collections, indexes: Sequence[Path]) -> dict[str, Any]:
    """Run every query on every index, in a process without torch; see `query_process`."""
    from search.bench.bare import token_ids, write_text_encoder

    setting, encoder = collections.setting, cast("BertEncoder", collections.model.text_encoder)
    subject.prepare(collections.model)
    texts = subject.query_texts(setting, collections.model)
    task = {
        "indexes": [str(index) for index in indexes],
        "texts": texts,
        "ids": token_ids(encoder, texts),
        "encoder": str(
            write_text_encoder(encoder, setting.work / f"text-{encoder.fingerprint[:16]}")
        ),
        "candidates": CANDIDATES,
    }
    setting.say(f"{len(texts)} warm queries of {len(indexes)} indexes")
    file = setting.work / "queries.json"
    file.write_text(json.dumps(task), encoding="utf-8")
    return process_json("query_process", file)


def _with_torch(collections: Collections, index: Path, without_ms: float) -> Figure:
    import torch

    model, base = collections.model, collections.setting.base
    texts = subject.query_texts(collections.setting, model)
    collections.setting.say(f"{len(texts)} warm queries with torch")
    taken: dict[str, list[float]] = {"query": [], "encoder": []}
    search = subject.open_search(index, model)
    with torch.inference_mode():
        for turn, text in enumerate([*texts[:WARM_UP], *texts]):
            encoder = cast("BertEncoder", model.text_encoder)
            ready = encoder.tokenizer([text], return_tensors="pt").to(encoder.device)
            spent = {
                "encoder": 1000 * seconds(encoder.model, **ready),
                "query": 1000 * seconds(search, text),
            }
            if turn >= WARM_UP:
                for name, ms in spent.items():
                    taken[name].append(ms)
    typical = medians(taken)
    over = without_ms / typical["encoder"]
    return Figure(
        "warm_torch",
        typical["query"] / typical["encoder"],
        f"{typical['query']:.1f} ms over {typical['encoder']:.1f} ms; without torch over that: "
        f"{over:.2f}",
        (base,),
        {f"{name}_ms": values for name, values in taken.items()},
    )
