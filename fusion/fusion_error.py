"""The root of this package's error tree; it depends on none of the packages above it."""

from __future__ import annotations

from typing import ClassVar

__all__ = ["FusionError"]


class FusionError(Exception):
    """Something went wrong that the user can fix.

    Attributes:
        exit_code: the exit status of a command that ends with this error.
    """

    exit_code: ClassVar[int] = 1
