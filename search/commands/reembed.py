"""`crossgraph reembed`: another model for an existing index."""

from __future__ import annotations

from search.commands.shared.index_options import BatchSize, Prune
from search.commands.shared.index_pass import ChosenModel, reembed_index
from search.commands.shared.model_options import with_model_options
from search.commands.shared.options import (
    IndexFolder,
    Quiet,
    unnamed_index,
)

__all__ = ["reembed"]


@with_model_options
def reembed(
    *,
    index: IndexFolder = unnamed_index,
    chosen: ChosenModel,
    batch_size: BatchSize = None,
    prune: Prune = False,
    quiet: Quiet = False,
) -> None:
    """Embed all photos of an index again with another model, which answers once all are done.

    Until then the old one answers. If interrupted, it resumes when it is run again.

    For example:

      crossgraph reembed --index photos.index --checkpoint my-model
    """
    reembed_index(index, chosen, batch_size, prune, quiet)
