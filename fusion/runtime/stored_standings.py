"""The regressions of `fusion/runtime/standing.py` as stored in a checkpoint's configuration.

They are not among the weights, so fitting them again leaves the file of weights unchanged. The
model's fingerprint follows them, as it follows everything in the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.standing import FACTS, SENTENCE_FACTS, STAGES, Standing

__all__ = ["EARLIER_PREFIX", "STANDING", "read_standings", "stored_standings"]

STANDING = "standing"
"""The configuration's key."""

EARLIER_PREFIX = "standing_"
"""Prefix of the tensors that hold the regressions in checkpoints of earlier versions."""
EARLIER_BREVITY = 7
"""Position of the brevity among their facts."""
EARLIER_SHAPE = (SENTENCE_FACTS, SENTENCE_FACTS, 2 * SENTENCE_FACTS)
PARTS = len(Standing._fields)


def stored_standings(standings: Mapping[str, Standing]) -> dict[str, list[Any]]:
    """Return the regressions of both stages as JSON has them."""
    return {stage: standings[stage].as_lists() for stage in STAGES}


def read_standings(
    config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]
) -> dict[str, Standing]:
    """Return a checkpoint's regressions by stage; unfitted ones if it has none.

    Args:
        config: the checkpoint's `config`.
        tensors: its tensors by name.

    Raises:
        ValueError: they are damaged, or of another number of facts.
    """
    if STANDING in config:
        stored = config[STANDING]
        if not isinstance(stored, Mapping) or any(
            not isinstance(stored.get(stage), list) or len(stored[stage]) != PARTS
            for stage in STAGES
        ):
            raise ValueError(f"its standing lacks one of {', '.join(STAGES)} with {PARTS} parts")
        return {stage: Standing.of(*stored[stage]) for stage in STAGES}
    return {stage: _earlier(stage, tensors) for stage in STAGES}


def _earlier(stage: str, tensors: Mapping[str, NDArray[Any]]) -> Standing:
    """Return a regression of an earlier version, which had the facts of sentences for all queries.

    Its other terms were the products of all facts with the brevity. So probabilities stay the same
    for sentences and for single words; queries of two or three words are judged as one word is.
    """
    names = [f"{EARLIER_PREFIX}{stage}_{part}" for part in Standing._fields]
    if not all(name in tensors for name in names):
        return Standing.unfitted()
    mean, spread, weights, offset = (np.asarray(tensors[name], np.float32) for name in names)
    if (len(mean), len(spread), len(weights)) != EARLIER_SHAPE:
        raise ValueError(f"{names[0]} and the like are not of {EARLIER_SHAPE} numbers")
    plain, times_brevity = weights[:SENTENCE_FACTS], weights[SENTENCE_FACTS:]
    brevity = (np.array([0, 1]) - mean[EARLIER_BREVITY]) / spread[EARLIER_BREVITY]
    sentences, words = (plain + each * times_brevity for each in brevity)
    more = FACTS - SENTENCE_FACTS
    return Standing.of(
        np.append(mean, np.zeros(more)),
        np.append(spread, np.ones(more)),
        np.concatenate([sentences, words, np.zeros(more + 1)]),
        float(offset),
    )
