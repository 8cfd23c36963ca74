"""`crossgraph bench`: what everything costs, compared with limits."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from search.commands.shared.bench_options import (
    Annotations,
    Json,
    Keep,
    Markdown,
    Only,
    Photos,
    Plot,
    Quick,
    Sizes,
    Work,
)
from search.commands.shared.options import Quiet

if TYPE_CHECKING:
    from collections.abc import Generator

    from search.bench.run import Outcome
    from search.bench.setting import Amounts

__all__ = ["bench"]


def bench(
    photos: Photos,
    annotations: Annotations = None,
    quick: Quick = False,
    sizes: Sizes = None,
    only: Only = None,
    work: Work = None,
    keep: Keep = False,
    json: Json = None,
    plot: Plot = None,
    markdown: Markdown = False,
    quiet: Quiet = False,
) -> None:
    """Measure what everything costs, each figure as a ratio with its limit.

    Large collections are synthetic: up to 2,000 of the photos are embedded, and each further row is
    a mixture of two or three of them with a little noise. Their times are real, and so is recall as
    far as the mixtures resemble photos. A figure whose limit is for another size is shown but not
    judged. A missed limit is reported and is not a failure; exit code 1 means
    that something could not be measured.

    For example:

    crossgraph bench --photos photos --quick
    """
    from search.bench.machine import machine, machine_line
    from search.bench.report import as_json
    from search.bench.run import run_bench
    from search.bench.setting import FULL, QUICK, Setting
    from search.models.training_packages import require_training_packages

    amounts = _sized(QUICK if quick else FULL, sizes)
    groups = _groups(only)
    require_training_packages("crossgraph bench, which measures torch for comparison,")
    with nullcontext(work) if work is not None else _temporary(keep) as folder:
        setting = Setting(photos, annotations, folder, amounts, quiet)
        computer = machine()
        setting.say(machine_line(computer))
        outcome = run_bench(setting, groups)
    if json is not None:
        json.write_text(as_json(outcome, amounts, computer), encoding="utf-8")
    if plot is not None:
        _draw(plot, outcome)
    if markdown:
        from search.bench.report import as_markdown

        typer.echo(as_markdown(outcome, computer))
    else:
        _print(outcome)
    if outcome.failed:
        raise typer.Exit(1)


def _print(outcome: Outcome) -> None:
    from rich.console import Console

    from search.bench.report import as_lines, as_tables, failures

    console = Console()
    if not console.is_terminal:
        for line in as_lines(outcome):
            typer.echo(line)
        return
    for table in as_tables(outcome):
        console.print(table)
    for line in failures(outcome):
        typer.echo(line)


def _draw(plot: Path, outcome: Outcome) -> None:
    from search.bench.cost_plot import cost_curve_svg

    if not outcome.sizes:
        typer.echo(f"{plot} was not drawn: no figures by size were measured", err=True)
        return
    plot.write_text(cost_curve_svg(outcome.sizes), encoding="utf-8")


@contextmanager
def _temporary(keep: bool) -> Generator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="crossgraph-bench-"))
    try:
        yield folder
    finally:
        if keep:
            typer.echo(f"what was made is in {folder}", err=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _sized(amounts: Amounts, sizes: str | None) -> Amounts:
    if sizes is None:
        return amounts
    parts = sizes.split(",")
    numbers = sorted({int(part) for part in parts if part.isdecimal()})
    if len(numbers) < len(parts) or numbers[0] < 1:
        raise typer.BadParameter(
            f"--sizes {sizes}: expected different numbers of images, such as 2000,9000"
        )
    return replace(amounts, sizes=tuple(numbers))


def _groups(only: list[str] | None) -> list[str]:
    from search.bench.run import GROUPS

    unknown = sorted(set(only or ()) - set(GROUPS))
    if unknown:
        raise typer.BadParameter(f"--only {unknown[0]}: expected one of {', '.join(GROUPS)}")
    return only or list(GROUPS)
