"""The results as a table, as lines, as Markdown for the README, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from search.bench.machine import machine_line
from search.bench.run import Outcome
from search.bench.scale import SizeRow
from search.bench.setting import Amounts

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["as_json", "as_lines", "as_markdown", "as_tables"]

HEADINGS = ("", "must", "aim", "found", "met", "measured")
SIZE_HEADINGS = (
    "images",
    "to build, s",
    "bytes an image",
    "whole query, ms",
    "search step, ms",
    "FAISS flat, ms",
    "numpy, ms",
    "read from SQLite each time, ms",
    "searched by",
)
WAYS = ("store", "faiss", "numpy", "rclip")


def as_lines(outcome: Outcome) -> Iterator[str]:
    """Return a line per figure and per size, with tabs between cells, and one per failed group."""
    for figure in outcome.figures:
        yield "\t".join(figure.cells)
    for row in outcome.sizes:
        named = zip(SIZE_HEADINGS, size_cells(row), strict=True)
        yield "\t".join(f"{name} {cell}" for name, cell in named)
    yield from failures(outcome)


def as_tables(outcome: Outcome) -> Iterator[Table]:
    """Return the same as tables for a terminal."""
    from rich.markup import escape
    from rich.table import Table

    both: tuple[tuple[Sequence[str], list[Sequence[str]]], ...] = (
        (HEADINGS, [figure.cells for figure in outcome.figures]),
        (SIZE_HEADINGS, [size_cells(row) for row in outcome.sizes]),
    )
    for headings, rows in both:
        if rows:
            table = Table(*headings)
            for row in rows:
                table.add_row(*map(escape, row))
            yield table


def as_markdown(outcome: Outcome, machine: dict[str, object]) -> str:
    """Return the README's tables, with the machine in a line before them.

    Args:
        outcome: what was measured.
        machine: the result of `search.bench.machine.machine`.
    """
    parts = [f"Measured on: {machine_line(machine)}."]
    if outcome.figures:
        parts.append(_table(HEADINGS, [figure.cells for figure in outcome.figures]))
    if outcome.sizes:
        parts.append(_table(SIZE_HEADINGS, [size_cells(row) for row in outcome.sizes]))
    parts += failures(outcome)
    return "\n\n".join(parts)


def as_json(outcome: Outcome, amounts: Amounts, machine: dict[str, object]) -> str:
    """Return everything measured, in milliseconds, bytes and seconds as the names say."""
    figures = [
        {
            "key": figure.key,
            "text": figure.text,
            "must": figure.limit.must,
            "aim": figure.limit.aim,
            "better": "above" if figure.limit.above else "below",
            "unit": figure.limit.unit,
            "found": figure.found,
            "met": figure.verdict,
            "detail": figure.detail,
            "sizes": figure.sizes,
            "raw": figure.raw,
        }
        for figure in outcome.figures
    ]
    sizes = [
        {
            **asdict(row.built),
            "bytes_an_image": row.bytes_an_image,
            "query_ms": row.query_ms,
            "search_ms": row.search_ms,
        }
        for row in outcome.sizes
    ]
    whole = {
        "machine": machine,
        "amounts": asdict(amounts),
        "figures": figures,
        "sizes": sizes,
        "failed": outcome.failed,
    }
    return json.dumps(whole, indent=1) + "\n"


def size_cells(row: SizeRow) -> tuple[str, ...]:
    """Return the measurements of one size, in the order of the headings."""
    return (
        f"{row.built.count:,}",
        f"{row.build_seconds:,.0f}",
        f"{row.bytes_an_image:,.0f}",
        f"{row.query_ms:.1f}",
        *(f"{row.search_ms[way]:,.1f}" for way in WAYS),
        row.built.kind,
    )


def failures(outcome: Outcome) -> list[str]:
    """Return a line for each group that could not be measured."""
    return [f"{group} could not be measured: {why}" for group, why in outcome.failed.items()]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines)
