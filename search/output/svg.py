"""Lines, points and texts of a plot as SVG: no library is needed."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["TEXT", "document", "line", "point", "rule", "text"]

FONT = "system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif"
# Midway between black and white: with no background, it is readable on light and dark pages.
TEXT = "#747c85"


def document(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    """Return the whole file."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{FONT}" font-size="13">\n'
        f"<title>{title}</title>\n" + "\n".join(parts) + "\n</svg>\n"
    )


def line(xs: Sequence[float], ys: Sequence[float], colour: str, dashes: str) -> str:
    """Return a line through points; `dashes` is `none`, or lengths as SVG writes them."""
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    return (
        f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
        f'stroke-dasharray="{dashes}"/>'
    )


def point(x: float, y: float, colour: str) -> str:
    """Return a dot."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{colour}"/>'


def rule(left: float, right: float, y: float) -> str:
    """Return a faint line across the plot."""
    return f'<path d="M{left} {y:.1f}H{right}" stroke="{TEXT}" stroke-opacity="0.3"/>'


def text(x: float, y: float, content: str, *, anchor: str = "middle", fill: str = TEXT) -> str:
    """Return a text; `anchor` says which part of it stands at x."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{fill}">{content}</text>'
