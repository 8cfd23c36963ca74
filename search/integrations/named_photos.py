"""Photos looked up by name: a path, the end of one, or a file's name."""

from __future__ import annotations

from search.printable import printable
from store import Index, QueryError
from store.catalog.selection import Condition
from store.photo_names import base_name

__all__ = ["photo_named"]

SHOWN = 5
_MOST = 1000
_WILD = str.maketrans({"*": "?", "\\": "?"})


def photo_named(index: Index, name: str) -> int:
    """Return the id of the one photo with a name.

    Args:
        index: an open index.
        name: a path, the end of one, or a file's name, as the index or an answer writes it; letters
            A-Z in either case.

    Raises:
        QueryError: no photo has it, or several do; the message lists similar ones.
    """
    wanted = name.strip()
    if not wanted:
        raise QueryError("the name is empty, expected a file's name or a path")
    last = base_name(wanted)
    if not (candidates := _like(index, last)):
        stem = last.rsplit(".", 1)[0]
        raise QueryError(
            f"the index has no photo named {wanted[:200]!r}{_choices(_like(index, stem))}"
        )
    exact = [candidate for candidate in candidates if _ends(candidate[1], wanted)]
    if len(exact) == 1:
        return exact[0][0]
    if not exact:
        raise QueryError(f"the index has no photo named {wanted[:200]!r}{_choices(candidates)}")
    raise QueryError(
        f"{len(exact)} photos are named {wanted[:200]!r}: give image_id{_choices(exact)}"
    )


def _like(index: Index, part: str) -> list[tuple[int, str]]:
    """Return ids and shown paths of photos whose file name contains this part."""
    # A non-text byte of a name is shown as its number but is one character in the file's name.
    pattern = part.split("\\")[0].translate(_WILD) or "?"
    named = Condition("name", "~", f"*{pattern}*")
    ids = [int(image_id) for image_id in index.matching(named)[:_MOST]]
    return [(photo.image_id, printable(photo.path)) for photo in index.photos(ids)]


def _ends(path: str, wanted: str) -> bool:
    """Return whether a path equals a name or ends with it, in whole parts.

    >>> _ends("/photos/a/IMG_1.jpg", "a/img_1.jpg"), _ends("/photos/a/IMG_1.jpg", "1.jpg")
    (True, False)
    """
    whole, end = path.casefold(), printable(wanted).casefold().lstrip("/")
    return whole.lstrip("/") == end or whole.endswith((f"/{end}", f"!{end}"))


def _choices(photos: list[tuple[int, str]]) -> str:
    if not photos:
        return ""
    some = "; ".join(f"{image_id} is {path[-200:]}" for image_id, path in photos[:SHOWN])
    more = f" and {len(photos) - SHOWN} more" if len(photos) > SHOWN else ""
    return f": {some}{more}"
