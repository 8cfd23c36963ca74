"""A cold search: a whole process from start to hits, as a ratio to one that imports torch."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from search.bench import subject
from search.bench.made import Collections
from search.bench.targets import Figure
from search.bench.timing import in_turns, medians, process_seconds

__all__ = ["measure"]

IMPORT_TORCH = [sys.executable, "-c", "import torch"]


def measure(collections: Collections) -> Iterator[Figure]:
    """Measure both alternately, after one run of each that fills the system's file cache."""
    setting = collections.setting
    subject.prepare(collections.model)
    index, _ = collections.index(setting.base)
    text = subject.query_texts(setting, collections.model)[0]
    search = subject.search_command(text, index)
    runs = setting.amounts.cold_runs
    setting.say(f"cold searches and imports of torch, {runs} of each")
    taken = in_turns(
        {"search": lambda: process_seconds(search), "torch": lambda: process_seconds(IMPORT_TORCH)},
        runs,
    )
    typical = medians(taken)
    yield Figure(
        "cold",
        typical["search"] / typical["torch"],
        f"{typical['search']:.2f} s over {typical['torch']:.2f} s",
        (setting.base,),
        taken,
    )
