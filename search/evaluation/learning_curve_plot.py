"""The learning curve as SVG text, which needs no library and is the same for the same rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from search.output.svg import document, line, point, rule, text

__all__ = ["learning_curve_svg"]

WIDTH, HEIGHT = 720, 400
LEFT, RIGHT, TOP, BOTTOM = 48, 570, 56, 346
INSET, LINE_HEIGHT, STEP = 32, 17, 20
COLOURS = {"R@10": "#3b83d1", "R@1": "#c86a2a"}
STAGES = {"reranked": ("re-ranked", "none", -9), "first_stage": ("first stage", "6 4", 18)}
"""Name, dashes, and how far below a point its value stands."""


def learning_curve_svg(rows: Sequence[Mapping[str, Any]]) -> str:
    """Draw text to image R@1 and R@10 of both stages over the logarithm of training photos.

    Args:
        rows: rows of `search.evaluation.learning_curve.learning_curve`, one or more.
    """
    sizes = [row["photos"] for row in rows]
    xs = _across(sizes)
    best = max(row[stage]["text_to_image"]["R@10"] for row in rows for stage in STAGES)
    top = max(math.ceil(best / STEP), 1) * STEP
    parts, ends = _axes(sizes, xs, top), []
    for measure, colour in COLOURS.items():
        for stage, (name, dashes, below) in STAGES.items():
            recalls = [row[stage]["text_to_image"][measure] for row in rows]
            ys = [_up(recall, top) for recall in recalls]
            parts.append(line(xs, ys, colour, dashes))
            for x, y, recall in zip(xs, ys, recalls, strict=True):
                parts.append(point(x, y, colour))
                parts.append(text(x, y + below, f"{recall:.1f}", fill=colour))
            ends.append((ys[-1], f"{measure}, {name}", colour))
    lowest = -math.inf
    for y, label, colour in sorted(ends):
        lowest = max(y, lowest + LINE_HEIGHT)
        parts.append(text(RIGHT + 8, lowest + 4, label, anchor="start", fill=colour))
    return document("Recall against training photos", WIDTH, HEIGHT, parts)


def _across(sizes: Sequence[int]) -> list[float]:
    """Return the horizontal position of each number of photos; the middle for a single one."""
    low, high = math.log2(min(sizes)), math.log2(max(sizes))
    shares = [(math.log2(size) - low) / (high - low) if high > low else 0.5 for size in sizes]
    return [LEFT + INSET + share * (RIGHT - LEFT - 2 * INSET) for share in shares]


def _up(recall: float, top: int) -> float:
    return BOTTOM - recall / top * (BOTTOM - TOP)


def _axes(sizes: Sequence[int], xs: Sequence[float], top: int) -> list[str]:
    parts = [
        text(LEFT - 36, TOP - 30, "text to image recall, %", anchor="start"),
        text((LEFT + RIGHT) / 2, BOTTOM + 44, "training photos (logarithmic)"),
    ]
    for recall in range(0, top + 1, STEP):
        y = _up(recall, top)
        parts.append(rule(LEFT, RIGHT, y))
        parts.append(text(LEFT - 8, y + 4, str(recall), anchor="end"))
    parts += [text(x, BOTTOM + 20, f"{size:,}") for x, size in zip(xs, sizes, strict=True)]
    return parts
