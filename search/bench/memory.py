"""The memory of a process that indexes very many photos, and of one that searches very many."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from search.bench import pictures, subject
from search.bench.made import Collections
from search.bench.targets import Figure
from search.bench.timing import process_json

__all__ = ["measure"]

QUERIES = 20


def measure(collections: Collections) -> Iterator[Figure]:
    """Measure each in a process of its own."""
    yield _searching(collections)
    tiny, after = collections.setting.amounts.tiny
    folder = pictures.tiny_photos(collections.setting, tiny)
    collections.setting.say(f"indexing {tiny:,} tiny photos, with a stand-in for the encoder")
    yield _indexing(collections, "index_memory", folder, after, str(collections.embedded()))
    encoded, after = collections.setting.amounts.encoded
    folder = pictures.small_photos(collections.setting, encoded)
    collections.setting.say(f"indexing {encoded:,} photos and watching the memory")
    yield _indexing(collections, "index_memory_encoder", folder, after, "shipped")


def _indexing(collections: Collections, key: str, photos: Path, after: int, model: str) -> Figure:
    index = collections.setting.work / "watched"
    shutil.rmtree(index, ignore_errors=True)
    costs = process_json("index_process", photos, index, after, model)
    shutil.rmtree(index, ignore_errors=True)
    return Figure(
        key,
        costs["growth"] / 1e6,
        f"{costs['growth_before_end'] / 1e6:.0f} MB before the file of vectors is built; "
        f"{costs['anonymous_growth'] / 1e6:.0f} MB of it anonymous; "
        f"peak {costs['peak'] / 1e6:.0f} MB",
        (costs["photos"], after),
        costs,
    )


def _searching(collections: Collections) -> Figure:
    setting = collections.setting
    subject.prepare(collections.model)
    index, built = collections.index(setting.largest)
    file = setting.work / "texts.json"
    texts = subject.query_texts(setting, collections.model)[:QUERIES]
    file.write_text(json.dumps(texts), encoding="utf-8")
    setting.say(f"memory of a process that searches {setting.largest:,} images")
    costs = process_json("search_process", index, file)
    vectors = built.count * collections.model.dim * 2
    return Figure(
        "search_memory",
        costs["peak"] / vectors,
        f"peak {costs['peak'] / 1e6:,.0f} MB, then {costs['resident'] / 1e6:,.0f} MB resident, "
        f"{costs['private'] / 1e6:,.0f} MB private; vectors {vectors / 1e6:,.0f} MB",
        (setting.largest,),
        costs,
    )
