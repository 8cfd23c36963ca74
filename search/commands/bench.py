"""`crossgraph bench`: what everything costs, beside what it may cost."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from search.commands.shared.options import Quiet

if TYPE_CHECKING:
    from collections.abc import Generator

    from search.bench.run import Outcome
    from search.bench.setting import Amounts

__all__ = ["bench"]


def bench(
    photos: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Any folder of photos, some hundred at least.")
    ],
    annotations: Annotated[
        Path | None,
        typer.Option(
            metavar="JSON",
            help="Their captions (COCO), which are asked for; without it, captions and words that "
            "the model was trained on.",
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="Less of everything: under 5 minutes, not under 40.")
    ] = False,
    sizes: Annotated[
        str | None,
        typer.Option(
            metavar="N,N,...",
            help="Sizes of the made collections; default 10000,100000,1000000, or 2000,10000.",
        ),
    ] = None,
    only: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP",
            help="cold, query, indexing, scale or memory; may be given often. Default: all.",
        ),
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Gets what is made, which is used again the next time; some 8 GB for a million "
            "images. Default: a temporary one.",
        ),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the temporary folder.")] = False,
    json: Annotated[
        Path | None, typer.Option(metavar="OUT", help="Write everything that was measured.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(metavar="OUT.svg", help="Draw the time of a query over the sizes."),
    ] = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the README's tables.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Measure what everything costs, each figure as a ratio beside what it must be.

    Large collections are made: up to 2,000 of the photos are embedded, and each further row is a
    mixture of two or three of these with a little noise. Times of made collections are true, and
    so is recall as far as the mixtures are like photos. A figure whose limit speaks of another size
    is shown but not judged. A limit that is missed is told and is no failure; exit code 1 means
    that something could not be measured.

    For example:

    crossgraph bench --photos photos --quick
    """
    from search.bench.machine import machine, machine_line
    from search.bench.report import as_json
    from search.bench.run import run_bench
    from search.bench.setting import FULL, QUICK, Setting

    amounts = _sized(QUICK if quick else FULL, sizes)
    groups = _groups(only)
    with nullcontext(work) if work is not None else _temporary(keep) as folder:
        setting = Setting(photos, annotations, folder, amounts, quiet)
        found = machine()
        setting.say(machine_line(found))
        outcome = run_bench(setting, groups)
    if json is not None:
        json.write_text(as_json(outcome, amounts, found), encoding="utf-8")
    if plot is not None:
        _draw(plot, outcome)
    if markdown:
        from search.bench.report import as_markdown

        typer.echo(as_markdown(outcome, found))
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
        typer.echo(f"{plot} was not drawn: nothing was measured by size", err=True)
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
            f"--sizes {sizes} is not different numbers of images, as 2000,9000"
        )
    return replace(amounts, sizes=tuple(numbers))


def _groups(only: list[str] | None) -> list[str]:
    from search.bench.run import GROUPS

    unknown = sorted(set(only or ()) - set(GROUPS))
    if unknown:
        raise typer.BadParameter(f"--only {unknown[0]}: expected one of {', '.join(GROUPS)}")
    return only or list(GROUPS)
