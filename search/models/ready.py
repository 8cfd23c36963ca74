"""Preparing a model in seconds, without torch, if it is not prepared on this machine yet.

This works for models with the layers of the shipped one, on the packaged encoders; torch prepares
others (`search/models/prepared.py`).
"""

from __future__ import annotations

from pathlib import Path

__all__ = ["make_ready"]


def make_ready(checkpoint: str | Path | None) -> str | None:
    """Prepare a checkpoint's model without torch, unless it is prepared.

    Args:
        checkpoint: its folder; None for the one that comes with the package.

    Returns:
        The fingerprint under which the cache keeps it. None if it is left to torch: a model with
        other layers or encoders, weights that may only be on their hub, a cache that cannot be
        written.

    Raises:
        CheckpointError: the checkpoint cannot be read.
        WeightsMismatch: an encoder's file is damaged.
        ExtraMissing: it is left to torch, which is not installed.
        WeightsNotFound, ModelUnavailable: the same, without torch, for one of the other two
            reasons.
    """
    from fusion.runtime.model_errors import WeightsNotFound
    from fusion.runtime.prepare.prepare_model import NotOfTheTemplate, prepare_model
    from search.models.cache_folders import exported_models_cache
    from search.models.training_packages import (
        missing_training_packages,
        require_training_packages,
    )

    cache = exported_models_cache()
    try:
        return prepare_model(None if checkpoint is None else Path(checkpoint), cache)
    except NotOfTheTemplate as error:
        require_training_packages(f"{error}, so preparing it")
    except WeightsNotFound:
        if missing_training_packages():
            raise
    except OSError as error:
        if missing_training_packages():
            from store import errors

            raise errors.ModelUnavailable(
                f"the model cannot be prepared in {cache} ({error.strerror or error}): set "
                "CROSSGRAPH_CACHE to a folder that can be written and has 300 MB of room"
            ) from error
    return None
