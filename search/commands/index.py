"""`crossgraph index`: photos in, an index out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer

from search.commands.shared.embedded_shards import Sharding, check_sharding, run_sharded
from search.commands.shared.index_checks import (
    check_known,
    check_options,
    check_text,
    check_watch,
)
from search.commands.shared.index_lines import plan_lines, print_text
from search.commands.shared.index_options import (
    Annotations,
    BatchSize,
    Exclude,
    FromShards,
    Include,
    OldAddress,
    OldPart,
    OldRay,
    OldWorkers,
    Plan,
    Prune,
    Reembed,
    RetryFailed,
    Shards,
    Source,
    Text,
    Watch,
)
from search.commands.shared.index_pass import (
    ChosenModel,
    Pass,
    kept_when_stopped,
    reembed_index,
    shown_progress,
)
from search.commands.shared.model_options import with_model_options
from search.commands.shared.options import (
    NewIndexFolder,
    Quiet,
    unnamed_index,
)
from search.commands.shared.watching import keep_up

__all__ = ["index"]

COMMAND_OF = {
    "reembed": "crossgraph reembed",
    "watch": "crossgraph watch",
    "shards": "crossgraph shards write SOURCE --out OUT",
    "from_shards": "crossgraph shards merge OUT",
}
"""Options of this command that have commands of their own."""


@with_model_options
def index(
    *,
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
    chosen: ChosenModel,
    batch_size: BatchSize = None,
    shards: Shards = None,
    part: OldPart = None,
    ray: OldRay = False,
    address: OldAddress = None,
    workers: OldWorkers = None,
    from_shards: FromShards = None,
    quiet: Quiet = False,
) -> None:
    """Add photos to an index, or bring it up to date: only what changed is read again.

    For example:

      crossgraph index ~/Pictures --index photos.index

      crossgraph index --index photos.index --plan

      crossgraph index ~/Pictures --encoders clip:google/siglip2-base-patch16-224
    """
    sharding = Sharding(shards, from_shards, part, ray, address, workers)
    others = annotations or batch_size or plan or prune or reembed or watch or exclude or include
    check_sharding(sharding, source or (), bool(others), retry_failed)
    check_options(source or exclude or include, annotations, plan, reembed, retry_failed)
    check_watch(watch, plan, reembed, prune)
    check_text(text, watch or plan or shards is not None)
    if not source and not reembed and not from_shards:
        check_known(index)
    walk = {"exclude": exclude, "include": include}
    if plan:
        _print_plan(index, source or (), prune=prune, retry_failed=retry_failed, **walk)
        return
    if not quiet:
        _hint(reembed=reembed, watch=watch, shards=shards, from_shards=from_shards)
    more = {"annotations": annotations or (), "batch_size": batch_size, "prune": prune, **walk}
    run_pass = Pass(index, source or (), chosen, quiet, **more)
    if sharding.is_asked:
        run_sharded(sharding, index, source or (), chosen, retry_failed=retry_failed, quiet=quiet)
    elif reembed:
        reembed_index(index, chosen, batch_size, prune, quiet)
    else:
        run_pass(retry_failed=retry_failed)
    if text:
        with kept_when_stopped():
            _read_text(index, quiet)
    if watch:
        keep_up(index, source or (), run_pass)


def _hint(**given: object) -> None:
    """Print which command replaces a given option, kept from when there was only one command."""
    for option, command in COMMAND_OF.items():
        if given[option]:
            spelled = option.replace("_", "-")
            typer.echo(f"note: `{command}` is the command for what --{spelled} does", err=True)


def _read_text(index: Path, quiet: bool) -> None:
    from indexer import read_text

    with shown_progress(index, "reading text", quiet) as progress:
        print_text(index, read_text(index, progress=progress))


def _print_plan(
    index: Path,
    source: Sequence[str],
    *,
    prune: bool,
    retry_failed: bool,
    exclude: Sequence[str] | None,
    include: Sequence[str] | None,
) -> None:
    from indexer import plan_index

    plan = plan_index(
        index, source, exclude=exclude, include=include, prune=prune, retry_failed=retry_failed
    )
    for line in plan_lines(plan):
        typer.echo(line)
