"""`crossgraph watch`: an index that follows its folders."""

from __future__ import annotations

from search.commands.shared.index_checks import check_known
from search.commands.shared.index_options import (
    Annotations,
    BatchSize,
    Exclude,
    Include,
    RetryFailed,
    Source,
)
from search.commands.shared.index_pass import ChosenModel, Pass
from search.commands.shared.model_options import with_model_options
from search.commands.shared.options import (
    NewIndexFolder,
    Quiet,
    unnamed_index,
)
from search.commands.shared.watching import keep_up

__all__ = ["watch"]


@with_model_options
def watch(
    *,
    source: Source = None,
    annotations: Annotations = None,
    exclude: Exclude = None,
    include: Include = None,
    index: NewIndexFolder = unnamed_index,
    retry_failed: RetryFailed = False,
    chosen: ChosenModel,
    batch_size: BatchSize = None,
    quiet: Quiet = False,
) -> None:
    """Bring an index up to date, then watch its folders and index changes as they come.

    Photos on removable disks stay in the index.

    For example:

      crossgraph watch --index photos.index

      crossgraph watch ~/Pictures --index photos.index
    """
    if not source:
        check_known(index)
    options = {"annotations": annotations or (), "exclude": exclude, "include": include}
    run_pass = Pass(index, source or (), chosen, quiet, batch_size=batch_size, **options)
    run_pass(retry_failed=retry_failed)
    keep_up(index, source or (), run_pass)
