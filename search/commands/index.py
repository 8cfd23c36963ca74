"""`crossgraph index`: photos in, an index out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from search.commands.shared.embedded_shards import Sharding, check_sharding, run_sharded
from search.commands.shared.index_checks import (
    check_encoders,
    check_known,
    check_options,
    check_text,
    check_watch,
)
from search.commands.shared.index_lines import (
    plan_lines,
    print_built,
    print_reembedded,
    print_text,
)
from search.commands.shared.index_options import (
    Address,
    Annotations,
    BatchSize,
    ClipEncoders,
    Exclude,
    FromShards,
    Include,
    OnDevice,
    Part,
    Plan,
    Prune,
    Ray,
    Reembed,
    RetryFailed,
    Shards,
    Source,
    Text,
    Watch,
    Workers,
)
from search.commands.shared.options import (
    Checkpoint,
    Device,
    ImageWeights,
    NewIndexFolder,
    Quiet,
    TextWeights,
    unnamed_index,
)
from search.models import loading
from search.models.clip_models import clip_arguments

if TYPE_CHECKING:
    from indexer.indexing_model import IndexingModel

__all__ = ["index"]

Progress = Callable[[int, int, str], object]


def index(
    source: Source = None,
    annotations: Annotations = None,
    exclude: Exclude = None,
    include: Include = None,
    index: NewIndexFolder = unnamed_index,
    plan: Plan = False,
    prune: Prune = False,
    retry_failed: RetryFailed = False,
    text: Text = False,
    reembed: Reembed = False,
    watch: Watch = False,
    encoders: ClipEncoders = None,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    device: OnDevice = Device.auto,
    batch_size: BatchSize = None,
    shards: Shards = None,
    part: Part = None,
    ray: Ray = False,
    address: Address = None,
    workers: Workers = None,
    from_shards: FromShards = None,
    quiet: Quiet = False,
) -> None:
    """Add photos to an index, or bring it up to date: only what changed is read again.

    For example:

      crossgraph index ~/Pictures --index photos.index

      crossgraph index --index photos.index --plan

      crossgraph index --from-shards shards --index photos.index

      crossgraph index ~/Pictures --encoders clip:google/siglip2-base-patch16-224
    """
    sharding = Sharding(shards, from_shards, part, ray, address, workers)
    others = annotations or batch_size or plan or prune or reembed or watch or exclude or include
    check_sharding(sharding, source or (), bool(others), retry_failed)
    check_options(source or exclude or include, annotations, plan, reembed, retry_failed)
    check_watch(watch, plan, reembed, prune)
    check_text(text, watch or plan or shards is not None)
    check_encoders(encoders, bool(checkpoint or image_weights or text_weights), device.value)
    if not source and not reembed and not from_shards:
        check_known(index)
    walk = {"exclude": exclude, "include": include}
    if plan:
        _print_plan(index, source or (), prune=prune, retry_failed=retry_failed, **walk)
        return
    from search.models.for_indexing import indexing_model

    weights = {"image_weights": image_weights, "text_weights": text_weights}
    loaded_by: dict[str, Any] = {"checkpoint": checkpoint, **weights, "device": device.value}
    is_remembered = not (checkpoint or reembed or shards)
    loaded_by |= clip_arguments(encoders, index if is_remembered else None)
    tell = _nothing if quiet else _say
    model = loading.LazyModel(lambda: indexing_model(**loaded_by, tell=tell, warn=_say))
    options: dict[str, Any] = {"annotations": annotations or (), "prune": prune, **walk}
    build = partial(
        _build, index, source or (), model, set(), quiet, batch_size=batch_size, **options
    )
    with _kept():
        if sharding.is_asked:
            rest = {"retry_failed": retry_failed, "quiet": quiet}
            run_sharded(sharding, index, source or (), model, loaded_by, **rest)
        elif reembed:
            with _shown(index, "embedding", quiet) as progress:
                _reembed(index, model, batch_size, prune, progress)
        else:
            build(retry=retry_failed)
        if text:
            _read_text(index, quiet)
    if watch:
        from search.commands.shared.watching import keep_up

        keep_up(index, source or (), build)


def _read_text(index: Path, quiet: bool) -> None:
    from indexer import read_text

    with _shown(index, "reading text", quiet) as progress:
        print_text(index, read_text(index, progress=progress))


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
    """Return what tells of progress: here, and to whoever looks at the index."""
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
    model: IndexingModel,
    told: set[str],
    quiet: bool,
    *,
    retry: bool = False,
    **options: Any,  # noqa: ANN401
) -> None:
    from indexer import build_index

    with _shown(index, "indexing", quiet) as progress:
        report = build_index(index, source, model, retry_failed=retry, progress=progress, **options)
        print_built(index, report, told)


def _reembed(
    index: Path,
    model: IndexingModel,
    batch_size: int | None,
    prune: bool,
    progress: Progress,
) -> None:
    from indexer import reembed

    report = reembed(index, model, batch_size=batch_size, prune=prune, progress=progress)
    print_reembedded(index, report)
    if not report.switched:
        raise typer.Exit(1)
