"""What is wrong with a model, told as an error that searches and indexes have."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from fusion.fusion_error import FusionError

__all__ = ["model_errors_told"]


@contextmanager
def model_errors_told() -> Generator[None]:
    """Raise what `fusion` says of a model in a block as `ModelUnavailable`, with the same text."""
    try:
        yield
    except FusionError as error:
        from store.errors import ModelUnavailable

        raise ModelUnavailable(str(error)) from error
