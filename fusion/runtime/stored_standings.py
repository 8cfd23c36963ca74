"""The regressions of `fusion/runtime/standing.py` as a checkpoint's configuration has them.

They are not among the weights, so they can be fitted again without a new file of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.standing import FACTS, SENTENCE_FACTS, STAGES, Standing

__all__ = ["EARLIER", "STANDING", "read_standings", "stored_standings"]

STANDING = "standing"
"""The configuration's key."""

EARLIER = "standing_"
"""How the names of tensors begin that have the regressions in checkpoints of earlier versions."""
EARLIER_BREVITY = 7


def stored_standings(standings: Mapping[str, Standing]) -> dict[str, list[Any]]:
    """Return the regressions of both stages as JSON has them."""
    return {stage: standings[stage].as_lists() for stage in STAGES}


def read_standings(
    config: Mapping[str, Any], tensors: Mapping[str, NDArray[Any]]
) -> dict[str, Standing]:
    """Return a checkpoint's regressions by stage; unfitted ones if it has none.

    Args:
        config: the checkpoint's `config`.
        tensors: its weights by name, float.

    Raises:
        ValueError: they have another number of facts.
        KeyError, TypeError: the configuration is damaged.
    """
    if STANDING in config:
        return {stage: Standing.of(*config[STANDING][stage]) for stage in STAGES}
    return {stage: _earlier(stage, tensors) for stage in STAGES}


def _earlier(stage: str, tensors: Mapping[str, NDArray[Any]]) -> Standing:
    """Return a regression of an earlier version, which had the facts of sentences for all queries.

    Its other terms were the products of all facts with the brevity. So it is the same for sentences
    and for single words, and nearly the same for queries of two or three words.
    """
    names = [f"{EARLIER}{stage}_{part}" for part in Standing._fields]
    if not all(name in tensors for name in names):
        return Standing.unfitted()
    mean, spread, weights, offset = (np.asarray(tensors[name], np.float32) for name in names)
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
