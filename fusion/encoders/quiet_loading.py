"""Loads transformers models without output, and rejects incomplete ones."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

__all__ = ["hub_is_offline", "quiet_transformers", "require_all_tensors"]


def hub_is_offline() -> bool:
    """Return whether HF_HUB_OFFLINE forbids downloads, from any hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").strip().upper() in {"1", "ON", "YES", "TRUE"}


@contextmanager
def quiet_transformers() -> Iterator[None]:
    """Silence transformers' progress bars and reports while it loads; errors are still raised."""
    from transformers.utils import logging

    verbosity, bar = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bar:
            logging.enable_progress_bar()


def require_all_tensors(report: Mapping[str, Any]) -> None:
    """Reject a model with tensors missing from its file: transformers initialises them randomly.

    Args:
        report: the second value of `from_pretrained(output_loading_info=True)`.

    Raises:
        ValueError: tensors were missing; the message counts them and names the first.
    """
    missing = sorted(report["missing_keys"])
    if missing:
        raise ValueError(f"{len(missing)} tensors are missing, {missing[0]} first")
