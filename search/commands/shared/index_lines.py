"""What `crossgraph index` prints: what there is to do, and what was done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from search.printable import printable
from search.status.index_status import passed_over_line

if TYPE_CHECKING:
    from indexer import BuildReport, Plan, ReembedReport, TextReport

__all__ = ["plan_lines", "print_built", "print_reembedded", "print_text", "print_vectors_note"]

SHOWN = 3  # names of annotated photos that are missing


def plan_lines(plan: Plan) -> Iterator[str]:
    """Return what there is to do, one line per photo, and a last line with totals."""
    yield from (f"new\t{printable(file.path)}" for file in plan.new)
    yield from (f"changed\t{printable(file.path)}" for file in plan.changed)
    for move in plan.moved.values():
        yield f"moved\t{printable(move.before.path)}\t{printable(move.after.path)}"
    yield from (f"gone\t{printable(file.path)}" for file in plan.gone.values())
    for file in plan.unreachable.values():
        yield f"unreachable\t{printable(file.path)}"
    counts = {
        "new": len(plan.new),
        "changed": len(plan.changed),
        "moved": len(plan.moved),
        "gone": len(plan.gone),
        "unreachable": len(plan.unreachable),
        "unchanged": plan.unchanged,
        "known to be broken": len(plan.broken),
    }
    if plan.reread:
        counts["of these read again by a newer reader"] = len(plan.reread)
    if plan.described:
        counts["of these whose metadata is read again"] = len(plan.described)
    yield ", ".join(f"{count} {what}" for what, count in counts.items())


def print_built(index: Path, report: BuildReport, told: set[str]) -> None:
    """Print the results of a run.

    Args:
        index: the index's folder.
        report: what it did.
        told: lines on files left out that earlier runs printed; this run's are added.
    """
    lines = [f"left out: {path}: {reason}" for path, reason in report.quarantined]
    lines += [f"damaged: {path}: {damage}" for path, damage in report.damaged]
    lines += report.notes
    if report.passed_over:
        lines.append(passed_over_line(report.passed_over))
    for line in lines:
        if line not in told:
            typer.echo(printable(line), err=True)
    told.update(lines)
    if report.missing:
        some = ", ".join(report.missing[:SHOWN]) + (", ..." if len(report.missing) > SHOWN else "")
        line = f"{len(report.missing)} annotated photos are not in the index: {some}"
        typer.echo(printable(line), err=True)
    if report.unreachable:
        typer.echo(
            f"{report.unreachable} photos cannot be reached at the moment, such as on a disk "
            "that is not mounted; they stay (--prune drops them)",
            err=True,
        )
    if report.vectors_note:
        print_vectors_note(report.vectors_note)
    counts = {
        "added": report.added,
        "updated": report.updated,
        "moved": report.moved,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "left out": len(report.quarantined),
        "annotated": report.annotated,
    }
    if report.described:
        counts["of these with metadata read again"] = report.described
    done = ", ".join(f"{count} {what}" for what, count in counts.items())
    typer.echo(f"{index}: {done}, {report.seconds:.1f} seconds")


def print_text(index: Path, report: TextReport) -> None:
    """Print in how many photos text was found, and how long it took."""
    each = report.seconds / report.read if report.read else 0.0
    unseen = f", {report.unread} cannot be reached at the moment" if report.unread else ""
    typer.echo(
        f"{index}: text looked for in {report.read} photos and read in {report.with_text}{unseen}, "
        f"{report.seconds:.1f} seconds, {each:.2f} a photo"
    )


def print_vectors_note(note: str) -> None:
    """Print why the file of vectors could not be written, and what that means."""
    typer.echo(
        f"the file of vectors could not be written ({note}): all photos are in the index, but a "
        "search starts more slowly until it can",
        err=True,
    )


def print_reembedded(index: Path, report: ReembedReport) -> None:
    """Print the results of a run that embedded again with another model."""
    for path, reason in report.unread:
        typer.echo(printable(f"left out: {path}: {reason}"), err=True)
    if not report.switched:
        typer.echo(
            f"{len(report.unread)} photos could not be read, so the old model goes on answering: "
            "mount the disk they are on and run this again, or drop them with --prune",
            err=True,
        )
    done = "the new model answers" if report.switched else "the old model still answers"
    typer.echo(
        f"{index}: {report.embedded} embedded again, {report.removed} removed, {done}, "
        f"{report.seconds:.1f} seconds"
    )
