"""`crossgraph push`: an index into a database, from which several servers answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from search.commands.shared.options import IndexFolder, Quiet, unnamed_index

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["push"]


def push(
    to: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            envvar="CROSSGRAPH_VECTORS",
            help="The database, such as postgresql://USER@HOST/DATABASE.",
        ),
    ],
    index: IndexFolder = unnamed_index,
    name: Annotated[
        str | None,
        typer.Option(
            metavar="COLLECTION",
            help="Which of the indexes in that database; default: photos, or ?collection=NAME.",
        ),
    ] = None,
    quiet: Quiet = False,
) -> None:
    """Copy an index into PostgreSQL with pgvector, which then answers in its place.

    Searches there go on meanwhile and are switched over once all of it is written. If interrupted,
    it resumes when it is run again. Needs: pip install "crossgraph[pgvector]".

    For example:

    crossgraph push --index photos.index --to postgresql://me@db.example.org/photos
    """
    from search.terminal.progress import ProgressReport
    from store import IndexReader
    from store.opening import postgres_installed

    postgres_installed()
    from store.postgres.address import Address
    from store.postgres.push import push as write

    address = Address.parse(to, name)
    with IndexReader.open(index) as opened, ProgressReport("pushing", quiet=quiet) as progress:
        queries = None if opened.has_recall_queries() else _captions(opened.model.fingerprint)
        pushed = write(opened, address, queries=queries, progress=progress.update)
    recall = pushed.recall_at_100
    told = "recall@100 not measured" if recall is None else f"recall@100 {100 * recall:.1f} %"
    typer.echo(
        f"{address.shown}: generation {pushed.generation} answers: {pushed.photos} photos, {told}, "
        f"written in {pushed.copy_seconds:.1f} s, graph built and measured in "
        f"{pushed.build_seconds:.1f} s"
    )


def _captions(fingerprint: str) -> NDArray[np.float32] | None:
    """Return vectors of the model's training captions; None if it is not prepared."""
    from fusion.runtime.onnx_indexing_model import find_indexing_model
    from search.models.cache_folders import exported_models_cache

    model = find_indexing_model(exported_models_cache(), fingerprint)
    return None if model is None else model.recall_queries()
