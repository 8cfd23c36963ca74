"""The folders of photos that the state machine works in, and what lies in them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from tests.property.painted import FILES

__all__ = ["SIDES", "Folders", "Place"]

SIDES = ("one", "two")

Place = tuple[str, str]
"""A side, and a file's name in its folder."""


class Folders:
    """One folder a side; every file that is written gets a time of its own.

    Attributes:
        roots: side to where its folder lies, or lay.
        files: side to name and content, None for what is no photo; wherever the folder is.
        away: sides whose folder is not there.
    """

    def __init__(self, work: Path) -> None:
        self.roots = {side: work / side for side in SIDES}
        self.files: dict[str, dict[str, str | None]] = {side: {} for side in SIDES}
        self.away: set[str] = set()
        self._work = work
        self._second = 1_700_000_000
        self._relocations = 0
        for root in self.roots.values():
            root.mkdir()

    def write(self, side: str, name: str, content: str | None) -> None:
        path = self.roots[side] / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"no photo" if content is None else FILES[content])
        self.files[side][name] = content
        self.touch(side, name)

    def touch(self, side: str, name: str) -> None:
        self._second += 1
        os.utime(self.roots[side] / name, (self._second, self._second))

    def delete(self, side: str, name: str) -> None:
        (self.roots[side] / name).unlink()
        del self.files[side][name]

    def move(self, before: Place, after: Place) -> None:
        target = self.roots[after[0]] / after[1]
        target.parent.mkdir(exist_ok=True)
        (self.roots[before[0]] / before[1]).replace(target)
        self.files[after[0]][after[1]] = self.files[before[0]].pop(before[1])

    def unplug(self, side: str, *, empty: bool) -> None:
        """Take the folder away, and leave an empty one in its place or none."""
        self.roots[side].rename(self._work / f"{side} away")
        self.away.add(side)
        if empty:
            self.roots[side].mkdir()

    def plug_in(self, side: str) -> None:
        shutil.rmtree(self.roots[side], ignore_errors=True)
        (self._work / f"{side} away").rename(self.roots[side])
        self.away.remove(side)

    def relocate(self, side: str) -> tuple[str, str]:
        """Rename the folder, and give its old path and the new one."""
        old = self.roots[side]
        self._relocations += 1
        self.roots[side] = old.rename(self._work / f"{side} {self._relocations}")
        return str(old), str(self.roots[side])

    def present(self) -> list[Place]:
        """Return every file that is there."""
        return [(s, name) for s in SIDES if s not in self.away for name in sorted(self.files[s])]

    def on_disk(self, sides: Iterable[str] = SIDES) -> dict[str, str | None]:
        """Return path and content of every file that is there, side by side, by path."""
        return {
            str(self.roots[side] / name): self.files[side][name]
            for side in sides
            for _, name in (place for place in self.present() if place[0] == side)
        }

    def vanished(self, sides: Iterable[str]) -> list[str]:
        """Return the folders that are not there, or empty."""
        return [str(self.roots[s]) for s in sides if s in self.away or not self.files[s]]
