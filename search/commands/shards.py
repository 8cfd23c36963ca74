"""`crossgraph shards`: embedding on many machines, and merging into one index."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.embedded_shards import Sharding, check_sharding, run_sharded
from search.commands.shared.index_options import (
    Address,
    Part,
    Ray,
    RetryFailed,
    Workers,
)
from search.commands.shared.index_pass import ChosenModel
from search.commands.shared.model_options import with_model_options
from search.commands.shared.options import (
    NewIndexFolder,
    Quiet,
    unnamed_index,
)

__all__ = ["shards"]

HELP = """Embed photos on many machines, and put what comes of it into one index.

For example:

  crossgraph shards write ~/Pictures --out shards

  crossgraph shards merge shards --index photos.index
"""

shards = typer.Typer(name="shards", help=HELP, no_args_is_help=True)


@shards.command("write")
@with_model_options
def write(
    *,
    source: Annotated[
        list[str],
        typer.Argument(
            help="Folders of photos, tar and Parquet files of them, patterns such as "
            "'part-{000..099}.tar', and addresses such as s3://..."
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(metavar="OUT", help="Gets the files; existing ones are kept."),
    ],
    part: Part = None,
    ray: Ray = False,
    address: Address = None,
    workers: Workers = None,
    retry_failed: RetryFailed = False,
    chosen: ChosenModel,
    quiet: Quiet = False,
) -> None:
    """Embed photos into shard files in a folder, without an index.

    For example:

      crossgraph shards write ~/Pictures --out shards

      crossgraph shards write ~/Pictures --out shards --part 1/2
    """
    sharding = Sharding(out, None, part, ray, address, workers)
    check_sharding(sharding, source, others=False, retry_failed=retry_failed)
    run_sharded(sharding, None, source, chosen, retry_failed=retry_failed, quiet=quiet)


@shards.command("merge")
@with_model_options
def merge(
    *,
    out: Annotated[
        Path, typer.Argument(metavar="OUT", help="The folder that `shards write` filled.")
    ],
    index: NewIndexFolder = unnamed_index,
    chosen: ChosenModel,
    quiet: Quiet = False,
) -> None:
    """Add embedded photos to an index, skipping those that it already has.

    For example:

      crossgraph shards merge shards --index photos.index
    """
    sharding = Sharding(None, out, None, ray=False, address=None, workers=None)
    run_sharded(sharding, index, (), chosen, retry_failed=False, quiet=quiet)
