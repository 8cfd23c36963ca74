"""Errors of a model, raised as an error of the common tree."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from fusion.fusion_error import FusionError

__all__ = ["model_errors_told"]


@contextmanager
def model_errors_told() -> Generator[None]:
    """Turn model errors of `fusion` in a block into `ModelUnavailable`, with the same text."""
    try:
        yield
    except FusionError as error:
        from store.errors import ModelUnavailable

        raise ModelUnavailable(str(error)) from error
