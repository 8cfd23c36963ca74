"""`crossgraph index` with `--shards` and `--from-shards`: embedding and merging separately."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from search.commands.shared.index_lines import print_vectors_note
from search.commands.shared.index_pass import ChosenModel, kept_when_stopped, lazy_model
from search.printable import printable

if TYPE_CHECKING:
    from indexer.bulk import Embed, EmbeddedShardsWritten
    from indexer.indexing_model import IndexingModel
    from store.types import Progress


__all__ = ["Sharding", "check_sharding", "model_of_worker", "run_sharded"]


@dataclass(frozen=True)
class Sharding:
    """The options about embedded shards.

    Attributes:
        out: the folder to write shards to; None to write no shards.
        source: the folder to merge shards from; None to merge none.
        part: the part of the work, such as "3/16"; None for all.
        ray: whether Ray workers do it.
        address: address of a running Ray; None starts one.
        workers: number of workers; None for as many as there are processors or GPUs.
    """

    out: Path | None
    source: Path | None
    part: str | None
    ray: bool
    address: str | None
    workers: int | None

    @property
    def is_asked(self) -> bool:
        """Return whether shards are to be written or merged."""
        return bool(self.out or self.source)


def check_sharding(
    sharding: Sharding, given: Sequence[str], others: bool, retry_failed: bool
) -> None:
    """Raise an error for options that do not go together.

    Args:
        sharding: the options.
        given: the SOURCE arguments.
        others: whether --annotations, --batch-size, --exclude, --include, --plan, --prune,
            --reembed or --watch is given.
        retry_failed: whether --retry-failed is given.

    Raises:
        typer.BadParameter: says what to leave out, or to add.
    """
    alone = (
        "leave out --annotations, --batch-size, --exclude, --include, --plan, --prune, --reembed "
        "and --watch"
    )
    if sharding.out and sharding.source:
        raise typer.BadParameter("--shards writes shards and --from-shards merges them: give one")
    if (sharding.out or sharding.source) and others:
        raise typer.BadParameter(f"{'--shards' if sharding.out else '--from-shards'}: {alone}")
    if sharding.source and (given or retry_failed):
        raise typer.BadParameter(
            "--from-shards merges photos already embedded: leave out SOURCE and --retry-failed"
        )
    if sharding.out and not given:
        raise typer.BadParameter("--shards needs a SOURCE: say where the photos are")
    if not sharding.out and (sharding.ray or sharding.part):
        raise typer.BadParameter("--ray and --part say who writes shards: give --shards OUT, too")
    if not sharding.ray and (sharding.address or sharding.workers):
        raise typer.BadParameter("--address and --workers are for --ray: give that, too")


def share_of_work(text: str | None) -> tuple[int, int]:
    """Return I and N of "I/N"; 1 and 1 for None.

    Raises:
        typer.BadParameter: it is not of that form.

    >>> share_of_work("3/16"), share_of_work(None)
    ((3, 16), (1, 1))
    """
    if text is None:
        return 1, 1
    match = re.fullmatch(r"(\d{1,9})/(\d{1,9})", text)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise typer.BadParameter(f"--part {text}: expected I/N with I from 1 to N, such as 3/16")
    return int(match[1]), int(match[2])


def run_sharded(
    sharding: Sharding,
    index: Path | None,
    sources: Sequence[str],
    chosen: ChosenModel,
    *,
    retry_failed: bool,
    quiet: bool,
) -> None:
    """Write shards, or merge them into an index, and print what was done.

    Args:
        sharding: says whether to write or to merge.
        index: the index to merge into; None when writing shards.
        sources: the sources whose photos are embedded.
        chosen: the model that embeds them, here and in workers.
        retry_failed: as in `write_embedded_shards`.
        quiet: no progress.

    Raises:
        typer.Exit: some shards could not be read, or for some files none could be written; the
            others were merged, or written.
    """
    from search.terminal.progress import ProgressReport

    loaded_by = chosen.arguments(None if sharding.out else index)
    model = lazy_model(loaded_by, quiet)
    what = "embedding" if sharding.out else "merging shards"
    with kept_when_stopped(), ProgressReport(what, quiet=quiet) as progress:
        if sharding.out:
            _write(sharding.out, sharding, sources, model, loaded_by, retry_failed, progress)
        elif sharding.source and index:
            _merge(sharding.source, index, model, progress)


def _write(
    out: Path,
    sharding: Sharding,
    sources: Sequence[str],
    model: IndexingModel,
    loaded_by: Mapping[str, Any],
    retry_failed: bool,
    progress: Progress,
) -> None:
    from indexer.bulk import write_embedded_shards

    report = write_embedded_shards(
        out,
        sources,
        model,
        part=share_of_work(sharding.part),
        retry_failed=retry_failed,
        progress=progress,
        **({"embed": _ray(sharding, loaded_by)} if sharding.ray else {}),
    )
    _print_written(out, report)


def _ray(sharding: Sharding, loaded_by: Mapping[str, Any]) -> Embed:
    from indexer.bulk.ray_job import RayEmbed

    absolute = {
        name: value.absolute() if isinstance(value, Path) else value
        for name, value in loaded_by.items()
    }
    make = partial(model_of_worker, loaded_by=absolute)
    return RayEmbed(make, sharding.workers, sharding.address, gpu=loaded_by["device"] != "cpu")


def model_of_worker(threads: int, loaded_by: Mapping[str, Any]) -> IndexingModel:
    """Load the model in a worker, where nobody would read its messages."""
    from search.models.for_indexing import indexing_model

    return indexing_model(**loaded_by, threads=threads, tell=_nothing, warn=_nothing)


def _nothing(_: str) -> None:
    pass


def _print_written(out: Path, report: EmbeddedShardsWritten) -> None:
    for path, reason in report.left_out:
        typer.echo(printable(f"left out: {path}: {reason}"), err=True)
    counts = {
        "shards written": report.shards,
        "there already": report.kept,
        "of other parts": report.elsewhere,
        "photos embedded": report.photos,
        "left out": len(report.left_out),
    }
    done = ", ".join(f"{count} {what}" for what, count in counts.items())
    typer.echo(f"{out}: {done}, {report.seconds:.1f} seconds")
    if report.unopened:
        typer.echo(
            f"{report.unopened} tar or Parquet files could not be opened and have no shard yet: "
            "run the same command again",
            err=True,
        )
        raise typer.Exit(1)


def _merge(shards: Path, index: Path, model: IndexingModel, progress: Progress) -> None:
    from indexer.bulk import merge_embedded_shards

    report = merge_embedded_shards(shards, index, model, progress=progress)
    for path, reason in report.quarantined:
        typer.echo(printable(f"left out: {path}: {reason}"), err=True)
    for line in report.refused:
        typer.echo(printable(f"refused: {line}"), err=True)
    if report.vectors_note:
        print_vectors_note(report.vectors_note)
    counts = {
        "shards taken in": report.shards,
        "there already": report.kept,
        "refused": len(report.refused),
        "photos": report.photos,
        "left out": len(report.quarantined),
    }
    done = ", ".join(f"{count} {what}" for what, count in counts.items())
    typer.echo(f"{index}: {done}, {report.seconds:.1f} seconds")
    if report.refused:
        raise typer.Exit(1)
