"""Capacity planning beyond one machine, as tables: `python -m search.scale_plan`.

It prints what `docs/scale.md` shows. Every assumption is an option, such as `--core-hour 0.03`, and
`--photos` sets other sizes.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from functools import partial

from search.capacity.scale_model import HOURS_A_MONTH, Assumed, Search, Stages, reckoned, searched
from search.capacity.scale_rates import POINTS, RATES, Rates

__all__ = ["SIZES", "tables"]

SIZES = (1_000_000, 100_000_000, 1_000_000_000)

Column = tuple[str, Callable[[Stages, Search], str]]


def tables(rates: Rates, assumed: Assumed, sizes: Sequence[int]) -> dict[str, str]:
    """Return the tables by name, as Markdown."""
    plans = [(reckoned(size, rates, assumed), searched(size, rates)) for size in sizes]
    by_name = {
        name: _table(
            ["photos", *(head for head, _ in columns)],
            ([f"{plan.photos:,}", *(cell(plan, search) for _, cell in columns)]
             for plan, search in plans),
        )
        for name, columns in _columns(rates, assumed).items()
    }  # fmt: skip
    return {**by_name, "Reckoned and measured": _checked(rates, assumed)}


def _columns(rates: Rates, assumed: Assumed) -> dict[str, list[Column]]:
    return {
        "Embedding": [
            ("core-hours, photos of 224 pixels", lambda p, _: _number(p.core_hours)),
            (f"on {assumed.cores} cores", lambda p, _: _time(p.core_hours / assumed.cores)),
            ("money", lambda p, _: _money(p.core_hours * assumed.core_hour)),
            ("core-hours, 12 megapixels", lambda p, _: _number(p.large_core_hours)),
            ("money", lambda p, _: _money(p.large_core_hours * assumed.core_hour)),
            *(_gpu_columns(assumed) if rates.gpu_photos_per_second else ()),
            ("to read", lambda p, _: _bytes(p.read_bytes)),
            (f"at {assumed.network_gbit:g} Gbit/s", lambda p, _: _time(p.read_hours)),
        ],
        "Merging": [
            ("shards", lambda p, _: _bytes(p.shard_bytes)),
            ("rows, by one writer", lambda p, _: _time(p.merge_hours)),
            ("file of vectors", lambda p, _: _time(p.file_hours)),
            ("memory for that", lambda p, _: _bytes(p.file_memory_bytes)),
            ("or into PostgreSQL, with its graph", lambda p, _: _time(p.push_hours)),
            ("kept there", lambda p, _: _bytes(p.postgres_bytes)),
        ],
        "Keeping and searching": [
            ("index", lambda p, _: _bytes(p.index_bytes)),
            ("its disk, a month",
             lambda p, _: _money(p.index_bytes / 1e9 * assumed.disk_gb_month)),
            ("lists", lambda _, s: f"{s.lists:,}"),
            ("vectors compared", lambda _, s: f"{s.compared:,.0f}"),
            ("a warm query", lambda _, s: f"{s.query_ms:,.0f} ms"),
            ("memory for that", lambda _, s: _bytes(s.memory_bytes)),
            ("that memory, a month", lambda _, s: _money(
                s.memory_bytes / 1e9 * assumed.memory_gb_hour * HOURS_A_MONTH)),
        ],
    }  # fmt: skip


def _gpu_columns(assumed: Assumed) -> list[Column]:
    return [
        ("GPU-hours", lambda p, _: _number(p.gpu_hours or 0)),
        (f"on {assumed.gpus} GPUs", lambda p, _: _time((p.gpu_hours or 0) / assumed.gpus)),
        ("money", lambda p, _: _money((p.gpu_hours or 0) * assumed.gpu_hour)),
    ]


def _checked(rates: Rates, assumed: Assumed) -> str:
    rows = []
    for point in POINTS:
        plan, search = reckoned(point.photos, rates, assumed), searched(point.photos, rates)
        merge_seconds = 3600 * (plan.merge_hours + plan.file_hours)
        pairs = (
            (f"{_number(merge_seconds)} s", f"{_number(point.merge_seconds)} s"),
            (_bytes(plan.index_bytes), _bytes(point.index_bytes)),
            (f"{search.query_ms:,.1f} ms", f"{point.query_ms:,.1f} ms"),
        )
        rows.append([f"{point.photos:,}", *(f"{one} and {other}" for one, other in pairs)])
    return _table(["photos", "merging", "index", "a warm query"], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(value: float) -> str:
    """Return a number with two significant digits, and all digits before the point.

    >>> _number(9.6234), _number(961.2), _number(961234.5)
    ('9.6', '961', '961,234')
    """
    return f"{value:.2g}" if value < 100 else f"{value:,.0f}"


def _time(hours: float) -> str:
    """Return a time in a suitable unit.

    >>> _time(0.02), _time(3.333), _time(100)
    ('1.2 min', '3.3 h', '4.2 days')
    """
    if hours < 1:
        return f"{_number(60 * hours)} min"
    return f"{_number(hours)} h" if hours < 48 else f"{_number(hours / 24)} days"


def _bytes(count: float) -> str:
    """Return an amount in a suitable unit.

    >>> _bytes(36e6), _bytes(3.63e9), _bytes(3.63e12)
    ('36 MB', '3.6 GB', '3.6 TB')
    """
    for limit, unit in ((1e9, "MB"), (1e12, "GB"), (1e15, "TB")):
        if count < limit:
            return f"{_number(count / limit * 1000)} {unit}"
    return f"{_number(count / 1e15)} PB"


def _money(amount: float) -> str:
    """Return a price without a currency.

    >>> _money(0.384), _money(1234.5)
    ('0.38', '1,234')
    """
    return _number(amount)


def _above_nothing(text: str, kind: Callable[[str], float]) -> float:
    try:
        value = kind(text)
    except ValueError:
        value = 0
    if not 0 < value < math.inf:
        what = "whole number" if kind is int else "number"
        raise argparse.ArgumentTypeError(f"{text}: expected a {what} above 0")
    return value


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m search.scale_plan", description=__doc__)
    count = partial(_above_nothing, kind=int)
    parser.add_argument("--photos", type=count, nargs="+", default=SIZES, help="how many")
    for field in fields(Assumed):
        default = getattr(Assumed(), field.name)
        name = "--" + field.name.replace("_", "-")
        kind = partial(_above_nothing, kind=type(default))
        parser.add_argument(name, type=kind, default=default, help=f"default: {default}")
    options = vars(parser.parse_args())
    sizes = options.pop("photos")
    for name, table in tables(RATES, Assumed(**options), sizes).items():
        sys.stdout.write(f"{name}:\n\n{table}\n")
