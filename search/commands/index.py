"""`crossgraph index`: photos in, an index out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from search.commands.shared.embedded_shards import Sharding, check_sharding, run_sharded
from search.commands.shared.index_checks import check_known, check_options, check_watch
from search.commands.shared.index_lines import plan_lines, print_built, print_reembedded
from search.commands.shared.options import (
    Checkpoint,
    Device,
    ImageWeights,
    IndexFolder,
    Quiet,
    TextWeights,
    default_index,
)
from search.models import loading

__all__ = ["index"]

Progress = Callable[[int, int, str], object]


def index(
    source: Annotated[
        list[str] | None,
        typer.Argument(
            help="Folders of photos, tar and Parquet files of them, patterns such as "
            "'part-{000..099}.tar', addresses such as s3://...; default: all that the index knows."
        ),
    ] = None,
    annotations: Annotated[
        list[Path] | None,
        typer.Option(metavar="JSON", help="COCO captions or instances; may be given often."),
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Leave out folders and files called so, such as 'thumbs' or '*_small.jpg'; may be "
            "given often, and is remembered until it is given again ('' forgets it).",
        ),
    ] = None,
    include: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATTERN",
            help="Take in what would be left out, such as '@eaDir'; as --exclude otherwise.",
        ),
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
    watch: Annotated[
        bool,
        typer.Option(
            "--watch", help="Go on: wait for changes in the folders, and index them as they come."
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
    shards: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT",
            help="Embed into files in this folder and into no index; what is there is not done "
            "again.",
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(metavar="I/N", help="With --shards: do the I-th of N parts, such as 3/16."),
    ] = None,
    ray: Annotated[
        bool, typer.Option("--ray", help="With --shards: let workers of Ray do it.")
    ] = False,
    address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="With --ray: of a cluster, or auto for one that this machine is in; default: Ray "
            "is started here, and stopped at the end.",
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="With --ray: how many; default: what the machines have room for."),
    ] = None,
    from_shards: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Take what --shards wrote into the index."),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Add photos to an index, or bring it up to date: only what changed is read again.

    For example:

      crossgraph index ~/Pictures --index photos.index

      crossgraph index --index photos.index --plan

      crossgraph index --watch

      crossgraph index ~/Pictures --shards shards

      crossgraph index --from-shards shards --index photos.index
    """
    sharding = Sharding(shards, from_shards, part, ray, address, workers)
    check_sharding(
        sharding,
        source or (),
        bool(annotations or batch_size or plan or prune or reembed or watch or exclude or include),
        retry_failed,
    )
    check_options(source or exclude or include, annotations, plan, reembed, retry_failed)
    check_watch(watch, plan, reembed, prune)
    if not source and not reembed and not from_shards:
        check_known(index)
    walk = {"exclude": exclude, "include": include}
    if plan:
        _print_plan(index, source or (), prune=prune, retry_failed=retry_failed, **walk)
        return
    from search.models.for_indexing import indexing_model

    loaded_by: dict[str, Any] = {
        "checkpoint": checkpoint,
        "image_weights": image_weights,
        "text_weights": text_weights,
        "device": device.value,
    }
    model = loading.LazyModel(
        lambda: indexing_model(**loaded_by, tell=_nothing if quiet else _say, warn=_say)
    )
    told: set[str] = set()

    def build(*, retry: bool = False) -> None:
        with _shown(index, "indexing", quiet) as progress:
            _build(
                index,
                source or (),
                model,
                told,
                annotations=annotations or (),
                **walk,
                batch_size=batch_size,
                prune=prune,
                retry_failed=retry,
                progress=progress,
            )

    with _kept():
        if sharding.is_asked:
            run_sharded(
                sharding,
                index,
                source or (),
                model,
                loaded_by,
                retry_failed=retry_failed,
                quiet=quiet,
            )
        elif reembed:
            with _shown(index, "embedding", quiet) as progress:
                _reembed(index, model, batch_size, prune, progress)
        else:
            build(retry=retry_failed)
    if watch:
        from search.commands.shared.watching import keep_up

        keep_up(index, source or (), build)


def _print_plan(index: Path, source: Sequence[str], **options: Any) -> None:  # noqa: ANN401
    from indexer import plan_index

    plan = plan_index(index, source, **options)
    for line in plan_lines(plan):
        typer.echo(line)


@contextmanager
def _kept() -> Generator[None]:
    """Say, where somebody stops it, that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("what was done is kept: the same command goes on from there", err=True)
        raise


@contextmanager
def _shown(index: Path, what: str, quiet: bool) -> Generator[Progress]:
    """Give what tells of progress: here, and to whoever looks at the index."""
    from search.status.build_progress import BuildingFile
    from search.terminal.progress import ProgressReport

    with ProgressReport(what, quiet=quiet) as report, BuildingFile(index) as building:

        def progress(done: int, total: int, name: str) -> None:
            report(done, total, name)
            building.update(done, total)

        yield progress


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _nothing(_: str) -> None:
    pass


def _build(
    index: Path,
    source: Any,  # noqa: ANN401
    model: Any,  # noqa: ANN401
    told: set[str],
    **options: Any,  # noqa: ANN401
) -> None:
    from indexer import build_index

    print_built(index, build_index(index, source, model, **options), told)


def _reembed(
    index: Path,
    model: Any,  # noqa: ANN401
    batch_size: int | None,
    prune: bool,
    progress: Progress,
) -> None:
    from indexer import reembed

    report = reembed(index, model, batch_size=batch_size, prune=prune, progress=progress)
    print_reembedded(index, report)
    if not report.switched:
        raise typer.Exit(1)
