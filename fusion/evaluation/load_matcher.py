"""The matcher of a checkpoint folder, whatever kind of model it holds."""

from __future__ import annotations

from pathlib import Path

from fusion.checkpoint import (
    Checkpoint,
    CheckpointError,
    load_network,
    read_checkpoint,
    shipped_checkpoint,
)
from fusion.evaluation.graph_matcher import GraphMatcher
from fusion.evaluation.matcher import Matcher
from fusion.evaluation.pair_matcher import PairMatcher

__all__ = ["load_matcher", "load_pair_matcher"]


def load_matcher(folder: Path | None = None) -> Matcher:
    """Load the matcher of a checkpoint folder, whatever its kind; None for the shipped checkpoint.

    Raises:
        CheckpointError: the folder is not a complete checkpoint.
    """
    checkpoint = read_checkpoint(folder or shipped_checkpoint())
    if checkpoint.kind == "crossgraph":
        return GraphMatcher(load_network(checkpoint), checkpoint.encoders, checkpoint.fingerprint)
    return load_pair_matcher(checkpoint)


def load_pair_matcher(checkpoint: Checkpoint) -> Matcher:
    """Return the matcher of a model that scores pairs directly (article, concat, average).

    Raises:
        CheckpointError: the checkpoint is damaged.
    """
    try:
        return PairMatcher.from_checkpoint(checkpoint)
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        first_line = str(error).splitlines()[0]
        raise CheckpointError(f"{checkpoint.folder} is damaged: {first_line}") from error
