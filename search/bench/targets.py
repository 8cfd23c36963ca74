"""The limit and the aim of each figure, and how the measured value compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["LIMITS", "Figure", "Limit"]


@dataclass(frozen=True)
class Limit:
    """What a figure is compared with.

    Attributes:
        text: says what is measured, with `{}` for each size.
        must: the value that has to be reached.
        aim: the value that is aimed at.
        above: whether more is better; otherwise less is.
        unit: of all three numbers; empty for a ratio.
        digits: digits after the decimal point.
        sizes: sizes of collections that the limit applies to; figures of others are not judged.
        aim_text: how the aim is written if not as a number.
    """

    text: str
    must: float
    aim: float
    above: bool = False
    unit: str = ""
    digits: int = 2
    sizes: tuple[int, ...] = ()
    aim_text: str = ""

    def written(self, value: float) -> str:
        """Return a value of the figure with its unit.

        >>> Limit("", 12, 5, unit="ms", digits=1).written(4.32)
        '4.3 ms'
        """
        return f"{value:,.{self.digits}f} {self.unit}".rstrip()

    def bound(self, value: float) -> str:
        """Return a limit as readers see it.

        >>> Limit("", 0.95, 0.98, above=True).bound(0.95), Limit("", 12, 5, unit="ms").bound(12.0)
        ('> 0.95', '< 12 ms')
        """
        return f"{'>' if self.above else '<'} {value:g} {self.unit}".rstrip()

    def met(self, value: float, wanted: float) -> bool:
        """Return whether a value meets the limit."""
        return value > wanted if self.above else value < wanted


LIMITS = {
    "cold": Limit(
        "a cold `search` on {} images, the whole process, over `import torch`",
        0.3,
        0.15,
        sizes=(10_000,),
    ),
    "warm": Limit(
        "a warm query on {} images, text to re-ranked top 10, over the text encoder alone "
        "(ONNX Runtime)",
        2.5,
        1.8,
        sizes=(10_000,),
    ),
    "warm_torch": Limit(
        "a warm query on {} images with torch, over the text encoder alone (torch)",
        4,
        2.5,
        sizes=(10_000,),
    ),
    "rerank": Limit("re-ranking {} candidates", 12, 5, unit="ms", digits=1, sizes=(100,)),
    "index_small": Limit(
        "indexing 224-pixel photos, over the image encoder alone on ready tensors (the quicker "
        "runtime)",
        0.85,
        0.95,
        above=True,
    ),
    "index_large": Limit(
        "indexing 12-megapixel JPEGs, over decoding them at full size and nothing else",
        1.0,
        1.8,
        above=True,
    ),
    "query_growth": Limit(
        "a warm query on {} images, over the same on {}", 1.5, 1.2, sizes=(1_000_000, 10_000)
    ),
    "recall": Limit(
        "recall@100 on {} images against an exact search, caption queries",
        0.95,
        0.98,
        above=True,
        digits=3,
        sizes=(1_000_000,),
    ),
    "bytes": Limit(
        "stored bytes an image, of {}: vectors, region nodes, catalogue",
        2.5,
        1.5,
        unit="KB",
        sizes=(1_000_000,),
    ),
    "index_memory": Limit(
        "memory while indexing {} photos, growth after the first {}",
        100,
        10,
        unit="MB",
        digits=0,
        sizes=(100_000, 5_000),
        aim_text="flat (< 10 MB)",
    ),
    "index_memory_encoder": Limit(
        "memory while indexing {} photos with the real encoder, growth after the first {}",
        100,
        10,
        unit="MB",
        digits=0,
        sizes=(1_300, 300),
        aim_text="flat (< 10 MB)",
    ),
    "search_memory": Limit(
        "memory of a search process on {} images, over the bytes of their vectors",
        1.5,
        0.6,
        sizes=(1_000_000,),
    ),
}
"""By key, in the order in which they are shown. KB and MB are powers of ten."""


@dataclass(frozen=True)
class Figure:
    """A measured figure.

    Attributes:
        key: its limit's key.
        found: the measured value, in the limit's unit.
        detail: what it was computed from, in a few words.
        sizes: sizes it was measured at, as many as its limit's text has placeholders.
        raw: everything measured for it.
    """

    key: str
    found: float
    detail: str
    sizes: tuple[int, ...] = ()
    raw: Mapping[str, object] = field(default_factory=dict)

    @property
    def limit(self) -> Limit:
        """The limit it is compared with."""
        return LIMITS[self.key]

    @property
    def text(self) -> str:
        """Return what was measured, including the sizes."""
        return self.limit.text.format(*(f"{size:,}" for size in self.sizes))

    @property
    def verdict(self) -> str:
        """Return `aim`, `must` or `missed`; `other size` if the limit applies to other sizes."""
        if self.sizes != self.limit.sizes:
            return "other size"
        if self.limit.met(self.found, self.limit.aim):
            return "aim"
        return "must" if self.limit.met(self.found, self.limit.must) else "missed"

    @property
    def cells(self) -> tuple[str, str, str, str, str, str]:
        """Return the table's cells: what, must, aim, found, met, and what it was computed from."""
        limit = self.limit
        aim = limit.aim_text or limit.bound(limit.aim)
        value = limit.written(self.found)
        return self.text, limit.bound(limit.must), aim, value, self.verdict, self.detail
