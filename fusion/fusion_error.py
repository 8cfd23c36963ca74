"""The root of what this package tells people of; it knows nothing of the packages above it."""

from __future__ import annotations

from typing import ClassVar

__all__ = ["FusionError"]


class FusionError(Exception):
    """Something went wrong for a reason that a person can do something about.

    Attributes:
        exit_code: with which a command ends.
    """

    exit_code: ClassVar[int] = 1
