"""Errors for photo files that are not shown."""

from __future__ import annotations

from store import CrossgraphError

__all__ = ["PhotoForbidden", "PhotoNotFound"]


class PhotoNotFound(CrossgraphError):
    """The index has no such photo, or its file is missing."""


class PhotoForbidden(CrossgraphError):
    """The catalog names a file that must not be shown: outside the folders, or no photo by name."""
