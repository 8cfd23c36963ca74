"""The folder of uploaded photos: the index's own, and never a link to another."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from search.photo_files.without_links import BY_PARTS, folder_without_links
from store import IndexNotWritable

__all__ = ["delete_upload", "prepare_uploads", "real_uploads"]


def real_uploads(uploads: Path) -> str:
    """Return its real path, whatever links lead to the index; the folder itself is not a link."""
    return os.path.join(os.path.realpath(uploads.parent), uploads.name)


def prepare_uploads(uploads: Path) -> None:
    """Create the folder, and remove partial files that a killed server left in it.

    Raises:
        IndexNotWritable: it is a link, or cannot be created.
    """
    if uploads.is_symlink():
        raise IndexNotWritable(
            f"{uploads} is a link, but uploads are stored in a folder of the index's own: remove "
            "the link; to use another disk, mount it there"
        )
    try:
        uploads.mkdir(exist_ok=True)
    except OSError as error:
        raise IndexNotWritable(f"{uploads.name} cannot be created: {error.strerror}") from error
    for partial in uploads.glob(".*.partial"):
        with suppress(OSError):
            partial.unlink()


def delete_upload(uploads: Path, path: str) -> bool:
    """Delete the file of an uploaded photo; return whether it is gone.

    It stays if `uploads` or a folder in it is a link, since it may belong to somebody else.
    """
    parts = Path(path).relative_to(uploads).parts
    folder = os.path.join(real_uploads(uploads), *parts[:-1])
    try:
        if not BY_PARTS:
            if os.path.realpath(folder) != folder:
                return False
            os.unlink(os.path.join(folder, parts[-1]))
        else:
            with folder_without_links(folder) as number:
                os.unlink(parts[-1], dir_fd=number)
    except FileNotFoundError:
        return True
    except NotADirectoryError:  # raised for a link, since links are not followed
        return False
    return True
