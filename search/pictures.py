"""Photos of the index made small enough to be shown elsewhere."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable

from indexer.decode import UnreadableImage, decode
from store import PhotoFile, QueryError

__all__ = ["LONGEST_PX", "picture"]

LONGEST_PX = 1024
JPEG_QUALITY = 85


def picture(file: PhotoFile, sources: Iterable[str], longest_px: int = LONGEST_PX) -> bytes:
    """Give a photo as a JPEG, turned as it is shown.

    Args:
        file: from the index.
        sources: the index's folders. Links that lead out of all of them are not followed: an index
            may come from a stranger, and what is shown may go to one.
        longest_px: its larger side at most; a smaller photo keeps its size.

    Raises:
        QueryError: the file is not there, is no photo any more, or lies elsewhere.
    """
    real = os.path.realpath(file.path)
    roots = [os.path.realpath(source).rstrip(os.sep) + os.sep for source in sources]
    if not any(real.startswith(root) for root in roots):
        raise QueryError(f"{file.path} leads out of the index's folders of photos")
    try:
        image = decode(real)
    except OSError as error:
        raise QueryError(f"{file.path}: {error.strerror or error}") from None
    except UnreadableImage as error:
        raise QueryError(f"{file.path} cannot be read: {error.reason}") from None
    image.thumbnail((longest_px, longest_px))
    content = io.BytesIO()
    image.save(content, "JPEG", quality=JPEG_QUALITY)
    return content.getvalue()
