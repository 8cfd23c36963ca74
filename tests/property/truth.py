"""What an index has to hold, as plain dictionaries: the model that the state machine compares with.

Contents are names of painted photos; None is a file that is no photo.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

__all__ = ["UNKNOWN", "Indexed", "Truth", "lies_in"]

UNKNOWN = ""
"""The content of a photo that was embedded anew after it had changed: it has to be read again."""


@dataclass(frozen=True)
class Indexed:
    """A photo of the index.

    Attributes:
        image_id: None where it is not known yet, as of a photo that is to be added.
        content: what it was when it was indexed.
        shown: fingerprint of a model to the content that the model's vector and nodes are of.
    """

    image_id: int | None
    content: str
    shown: Mapping[str, str]


@dataclass
class Truth:
    """Path to photo, the paths in quarantine, and the model that answers."""

    active: str
    known: dict[str, Indexed] = field(default_factory=dict)
    broken: set[str] = field(default_factory=set)

    def roots(self, sources: Sequence[str]) -> list[str]:
        """Return those folders that the index knows."""
        paths = [*self.known, *self.broken]
        return [root for root in sources if any(lies_in(path, root) for path in paths)]

    def indexed(
        self,
        found: Mapping[str, str | None],
        roots: Sequence[str],
        vanished: Sequence[str],
        *,
        prune: bool,
    ) -> Truth:
        """Return what is to be after indexing.

        Args:
            found: the files of the sources, in the order in which they are looked through.
            roots: the sources.
            vanished: those of them that are not there.
            prune: whether what lies in those is gone.
        """

        def stays(path: str) -> bool:
            apart = not any(lies_in(path, root) for root in roots)
            return apart or (not prune and any(lies_in(path, root) for root in vanished))

        after = Truth(self.active, broken={path for path in self.broken if stays(path)})
        after.broken |= {path for path, content in found.items() if content is None}
        absent = {path: photo for path, photo in self.known.items() if path not in found}
        absent = {p: photo for p, photo in absent.items() if p not in after.broken}
        movable = {
            path: photo
            for path, photo in absent.items()
            if any(lies_in(path, root) for root in roots)
        }
        for path, content in found.items():
            if content is None:
                continue
            before = self.known.get(path)
            fresh = Indexed(None, content, {self.active: content})
            if before is not None:
                same = before.content == content
                after.known[path] = before if same else replace(fresh, image_id=before.image_id)
                continue
            fitting = [p for p, photo in movable.items() if photo.content == content]
            if fitting:
                oldest = min(fitting, key=lambda p: movable[p].image_id or 0)
                after.known[path] = movable.pop(oldest)
                del absent[oldest]
            else:
                after.known[path] = fresh
        after.known |= {path: photo for path, photo in absent.items() if stays(path)}
        return after

    def reembedded(
        self, disk: Mapping[str, str | None], fingerprint: str, *, prune: bool
    ) -> tuple[Truth, bool]:
        """Return what is there when all is embedded anew, and whether the new model may answer."""
        after = Truth(self.active, broken=set(self.broken))
        unread = []
        for path, photo in self.known.items():
            kept = {
                f: content for f, content in photo.shown.items() if f in {self.active, fingerprint}
            }
            if fingerprint in kept:
                after.known[path] = replace(photo, shown=kept)
            elif path not in disk:
                unread.append(path)
                after.known[path] = replace(photo, shown=kept)
            else:
                content = disk[path]
                if content is None:
                    after.broken.add(path)
                    continue
                held = photo.content if photo.content == content else UNKNOWN
                kept[fingerprint] = content
                after.known[path] = replace(photo, content=held, shown=kept)
        if prune:
            for path in unread:
                del after.known[path]
        return after, prune or not unread

    def answered_by(self, fingerprint: str) -> Truth:
        """Return the same with another model, and without the embeddings of all others."""
        known = {
            path: replace(photo, shown={fingerprint: photo.shown[fingerprint]})
            for path, photo in self.known.items()
        }
        return Truth(fingerprint, known, self.broken)

    def relocated(self, old: str, new: str) -> Truth:
        """Return the same with a folder elsewhere."""

        def there(path: str) -> str:
            return new + path[len(old) :] if lies_in(path, old) else path

        return Truth(
            self.active,
            {there(path): photo for path, photo in self.known.items()},
            {there(path) for path in self.broken},
        )


def lies_in(path: str, folder: str) -> bool:
    """Say whether a path lies in a folder."""
    return path.startswith(folder + "/")
