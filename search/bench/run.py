"""Groups of figures, measured one after the other; a failure does not affect the others."""

from __future__ import annotations

import importlib
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

from search.bench import subject
from search.bench.made import Collections
from search.bench.scale import SizeRow
from search.bench.setting import Setting
from search.bench.targets import LIMITS, Figure
from search.terminal.boundary import DEBUG_VARIABLE

__all__ = ["GROUPS", "Outcome", "run_bench"]

GROUPS = ("cold", "query", "indexing", "scale", "memory")
"""Modules of this package."""


@dataclass
class Outcome:
    """The results of a run.

    Attributes:
        figures: those with limits, in the order of the limits.
        sizes: measurements of each size of collection, ascending; for the curve.
        failed: group -> why it could not be measured, or not completely, in one line.
    """

    figures: list[Figure] = field(default_factory=list)
    sizes: list[SizeRow] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


def run_bench(setting: Setting, groups: Sequence[str] = GROUPS) -> Outcome:
    """Measure some groups of figures, in the order of `GROUPS`.

    Raises:
        SourceError: the folder has no photos.
        CollectionError: the annotations cannot be read.
    """
    subject.check(setting)
    setting.work.mkdir(parents=True, exist_ok=True)
    collections, outcome = Collections(setting, subject.load_model()), Outcome()
    for group in GROUPS:
        if group in groups:
            _run_group(group, collections, outcome)
    outcome.figures.sort(key=lambda figure: list(LIMITS).index(figure.key))
    return outcome


def _run_group(group: str, collections: Collections, outcome: Outcome) -> None:
    try:
        for figure in importlib.import_module(f"search.bench.{group}").measure(collections):
            if isinstance(figure, Figure):
                outcome.figures.append(figure)
            else:
                outcome.sizes.append(figure)
    except Exception as error:  # whatever it was, the other groups can still be measured
        reason = " ".join(str(error).split()) or "no reason given"
        outcome.failed[group] = f"{type(error).__name__}: {reason}"
        collections.setting.say(f"{group} failed: {outcome.failed[group]}")
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
