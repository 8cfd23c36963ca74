"""Why the file of a photo is not shown, whoever asks for it."""

from __future__ import annotations

from store import CrossgraphError

__all__ = ["PhotoForbidden", "PhotoNotFound"]


class PhotoNotFound(CrossgraphError):
    """The index has no such photo, or its file is not there."""


class PhotoForbidden(CrossgraphError):
    """The catalog names a file that may not be shown: outside the folders, or no photo by name."""
