"""The cost curve as a picture: milliseconds over images, both logarithmic, as SVG text."""

from __future__ import annotations

import math
from collections.abc import Sequence

from search.bench.scale import SizeRow
from search.output.svg import document, line, point, rule, text

__all__ = ["cost_curve_svg"]

WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 56, 540, 56, 366
INSET, LINE_HEIGHT = 32, 17
SERIES = {
    "query": ("whole query, re-ranked", "#c86a2a", "none"),
    "store": ("its search step", "#3b83d1", "none"),
    "faiss": ("FAISS flat", "#5a9a4c", "6 4"),
    "numpy": ("numpy product", "#9a6bb5", "6 4"),
    "rclip": ("read from SQLite each time", "#b04a5a", "6 4"),
}
"""Name, colour and dashes."""


def cost_curve_svg(rows: Sequence[SizeRow]) -> str:
    """Draw the milliseconds of a query, of its search step and of the peers against images.

    Args:
        rows: one per size, ascending, at least one.
    """
    values = {
        name: [row.query_ms if name == "query" else row.search_ms[name] for row in rows]
        for name in SERIES
    }
    every = [value for series in values.values() for value in series]
    low, high = math.floor(math.log10(min(every))), math.ceil(math.log10(max(every)))
    high = max(high, low + 1)
    xs = _across([row.built.count for row in rows])
    parts, ends = _axes(rows, xs, low, high), []
    for name, (label, colour, dashes) in SERIES.items():
        ys = [_up(value, low, high) for value in values[name]]
        parts.append(line(xs, ys, colour, dashes))
        parts += [point(x, y, colour) for x, y in zip(xs, ys, strict=True)]
        ends.append((ys[-1], f"{label}, {values[name][-1]:,.1f}", colour))
    lowest = -math.inf
    for y, label, colour in sorted(ends):
        lowest = max(y, lowest + LINE_HEIGHT)
        parts.append(text(RIGHT + 8, lowest + 4, label, anchor="start", fill=colour))
    return document("What a query costs by the size of a collection", WIDTH, HEIGHT, parts)


def _across(sizes: Sequence[int]) -> list[float]:
    """Return each size's horizontal position; the middle for a single one."""
    low, high = math.log10(sizes[0]), math.log10(sizes[-1])
    shares = [(math.log10(size) - low) / (high - low) if high > low else 0.5 for size in sizes]
    return [LEFT + INSET + share * (RIGHT - LEFT - 2 * INSET) for share in shares]


def _up(value: float, low: int, high: int) -> float:
    return BOTTOM - (math.log10(value) - low) / (high - low) * (BOTTOM - TOP)


def _axes(rows: Sequence[SizeRow], xs: Sequence[float], low: int, high: int) -> list[str]:
    parts = [
        text(LEFT - 44, TOP - 30, "milliseconds a query (logarithmic)", anchor="start"),
        text((LEFT + RIGHT) / 2, BOTTOM + 44, "images (logarithmic)"),
    ]
    for power in range(low, high + 1):
        y = _up(10.0**power, low, high)
        parts += [rule(LEFT, RIGHT, y), text(LEFT - 8, y + 4, f"{10.0**power:g}", anchor="end")]
    parts += [text(x, BOTTOM + 20, f"{row.built.count:,}") for x, row in zip(xs, rows, strict=True)]
    return parts
