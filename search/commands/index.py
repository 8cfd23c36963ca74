"""`crossgraph index`: photos in, an index out."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from search import loading
from search.commands.options import (
    Checkpoint,
    ImageWeights,
    IndexFolder,
    Quiet,
    TextWeights,
    default_index,
)

if TYPE_CHECKING:
    from indexer import BuildReport, Plan, ReembedReport
    from search.progress import ProgressReport

__all__ = ["index"]


class Device(StrEnum):
    """Where photos are encoded."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


SHOWN = 3  # names of photos that annotations speak of and nobody has


def index(
    source: Annotated[
        list[Path] | None,
        typer.Argument(help="Folders of photos, any depth; default: all that the index knows."),
    ] = None,
    annotations: Annotated[
        list[Path] | None,
        typer.Option(metavar="JSON", help="COCO captions or instances; may be given often."),
    ] = None,
    index: IndexFolder = default_index,
    plan: Annotated[
        bool, typer.Option("--plan", help="Say what would be done, a line a photo; do nothing.")
    ] = False,
    prune: Annotated[
        bool,
        typer.Option("--prune", help="Drop photos of folders and disks that are not there, too."),
    ] = False,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Read files again that could not be read before.")
    ] = False,
    reembed: Annotated[
        bool,
        typer.Option(
            "--reembed",
            help="Embed all photos of the index anew with another model, which answers once all "
            "are done; until then the old one does.",
        ),
    ] = False,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    device: Annotated[
        Device,
        typer.Option(help="Where photos are encoded; auto takes a GPU where torch can use one."),
    ] = Device.auto,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, help="Photos encoded together; default: what the model does best."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Add photos to an index, or bring it up to date: only what changed is read again.

    For example:

    crossgraph index ~/Pictures --index photos.index

    crossgraph index --index photos.index --plan
    """
    _check_options(source, annotations, plan, reembed, retry_failed)
    if not source and not reembed:
        _check_known(index)
    if plan:
        from indexer import plan_index

        for line in _lines(plan_index(index, source or (), prune=prune, retry_failed=retry_failed)):
            typer.echo(line)
        return
    from search.prepared import photo_model
    from search.progress import ProgressReport

    model = loading.LazyModel(
        lambda: photo_model(
            checkpoint,
            image_weights=image_weights,
            text_weights=text_weights,
            device=device.value,
            tell=_nothing if quiet else _say,
            warn=_say,
        )
    )
    try:
        with ProgressReport("indexing", quiet=quiet) as progress:
            if reembed:
                _reembed(index, model, batch_size, prune, progress)
            else:
                _build(
                    index,
                    source or (),
                    model,
                    annotations=annotations or (),
                    batch_size=batch_size,
                    prune=prune,
                    retry_failed=retry_failed,
                    progress=progress,
                )
    except KeyboardInterrupt:
        typer.echo("what was done is kept: the same command goes on from there", err=True)
        raise


def _check_known(index: Path) -> None:
    from store import Index

    if not Index.exists(index):
        raise typer.BadParameter(
            f"no SOURCE is given, and {index} is no index that knows its folders: say where the "
            "photos are, such as `crossgraph index ~/Pictures`"
        )


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _nothing(_: str) -> None:
    pass


def _check_options(
    source: list[Path] | None,
    annotations: list[Path] | None,
    plan: bool,
    reembed: bool,
    retry_failed: bool,
) -> None:
    if reembed and (source or annotations or plan or retry_failed):
        raise typer.BadParameter(
            "--reembed embeds the photos that the index has: leave out folders, --annotations, "
            "--plan and --retry-failed, and index those afterwards"
        )
    if plan and annotations:
        raise typer.BadParameter("--plan tells of photos only: leave out --annotations")


def _build(index: Path, source: Any, model: Any, **options: Any) -> None:  # noqa: ANN401
    from indexer import build_index

    _print(index, build_index(index, source, model, **options))


def _reembed(
    index: Path,
    model: Any,  # noqa: ANN401
    batch_size: int | None,
    prune: bool,
    progress: ProgressReport,
) -> None:
    from indexer import reembed

    report = reembed(index, model, batch_size=batch_size, prune=prune, progress=progress)
    _print_reembedded(index, report)
    if not report.switched:
        raise typer.Exit(1)


def _lines(plan: Plan) -> Iterator[str]:
    """Give what there is to do, a line a photo, and a last line that counts."""
    yield from (f"new\t{file.path}" for file in plan.new)
    yield from (f"changed\t{file.path}" for file in plan.changed)
    yield from (f"moved\t{move.before.path}\t{move.after.path}" for move in plan.moved.values())
    yield from (f"gone\t{file.path}" for file in plan.gone.values())
    yield from (f"unreachable\t{file.path}" for file in plan.unreachable.values())
    counts = {
        "new": len(plan.new),
        "changed": len(plan.changed),
        "moved": len(plan.moved),
        "gone": len(plan.gone),
        "unreachable": len(plan.unreachable),
        "unchanged": plan.unchanged,
        "known to be broken": len(plan.broken),
    }
    yield ", ".join(f"{count} {what}" for what, count in counts.items())


def _print(index: Path, report: BuildReport) -> None:
    for path, reason in report.quarantined:
        typer.echo(f"left out: {path}: {reason}", err=True)
    if report.missing:
        some = ", ".join(report.missing[:SHOWN]) + (", ..." if len(report.missing) > SHOWN else "")
        typer.echo(f"{len(report.missing)} annotated photos are not in the index: {some}", err=True)
    if report.unreachable:
        typer.echo(
            f"{report.unreachable} photos cannot be seen just now, such as on a disk that is not "
            "mounted; they stay (--prune drops them)",
            err=True,
        )
    if report.vectors_note:
        typer.echo(
            f"the file of vectors could not be written ({report.vectors_note}): all photos are in "
            "the index, but a search starts more slowly until it can",
            err=True,
        )
    counts = {
        "added": report.added,
        "updated": report.updated,
        "moved": report.moved,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "left out": len(report.quarantined),
        "annotated": report.annotated,
    }
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    typer.echo(f"{index}: {told}, {report.seconds:.1f} seconds")


def _print_reembedded(index: Path, report: ReembedReport) -> None:
    for path, reason in report.unread:
        typer.echo(f"left out: {path}: {reason}", err=True)
    if not report.switched:
        typer.echo(
            f"{len(report.unread)} photos could not be read, so the old model goes on answering: "
            "mount the disk they are on and run this again, or drop them with --prune",
            err=True,
        )
    done = "the new model answers" if report.switched else "the old model answers still"
    typer.echo(
        f"{index}: {report.embedded} embedded anew, {report.removed} removed, {done}, "
        f"{report.seconds:.1f} seconds"
    )
