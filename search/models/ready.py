"""A model made ready in seconds, without torch, where it was not made ready on this machine yet.

That is done for models with the layers of the one that comes with crossgraph, on the packaged
encoders; torch prepares others (`search/models/prepared.py`).
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["make_ready"]


def make_ready(checkpoint: str | Path | None) -> str | None:
    """Prepare a checkpoint's model without torch, unless it is prepared.

    Args:
        checkpoint: its folder; None for the one that comes with the package.

    Returns:
        The fingerprint by which the cache has it. None where it is left to torch: a model of other
        layers or encoders, weights that only their hub may have, a cache that cannot be written.

    Raises:
        CheckpointError: the checkpoint cannot be read.
        WeightsMismatch: an encoder's file is damaged.
    """
    from fusion.runtime.prepare.prepare_model import NotOfTheTemplate, prepare_model
    from search.models.cache_folders import exported_models_cache

    try:
        return prepare_model(
            None if checkpoint is None else Path(checkpoint), exported_models_cache()
        )
    except (NotOfTheTemplate, OSError):  # of which WeightsNotFound is one
        return None
