"""What commands that embed photos share: the model they load, and how a pass is reported."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from search.commands.shared.index_checks import check_encoders
from search.commands.shared.index_lines import print_built, print_reembedded
from search.models import loading
from search.models.clip_models import clip_arguments

if TYPE_CHECKING:
    from indexer import BuildReport
    from indexer.indexing_model import IndexingModel
    from store.types import Progress

__all__ = [
    "ChosenModel",
    "Pass",
    "kept_when_stopped",
    "lazy_model",
    "reembed_index",
    "shown_progress",
]


@dataclass(frozen=True)
class ChosenModel:
    """The options that say which model embeds, and where.

    Raises:
        typer.BadParameter: they do not go together.
    """

    checkpoint: Path | None
    encoders: str | None
    image_weights: Path | None
    text_weights: Path | None
    device: str

    def __post_init__(self) -> None:
        others = bool(self.checkpoint or self.image_weights or self.text_weights)
        check_encoders(self.encoders, others, self.device)

    def arguments(self, index: Path | None = None) -> dict[str, Any]:
        """Return the arguments of `search.models.for_indexing.indexing_model`.

        Args:
            index: the index whose CLIP-like model is used if none is named; None for no index.
        """
        remembered = None if self.checkpoint else index
        return {
            "checkpoint": self.checkpoint,
            "image_weights": self.image_weights,
            "text_weights": self.text_weights,
            "device": self.device,
            **clip_arguments(self.encoders, remembered),
        }


def lazy_model(loaded_by: dict[str, Any], quiet: bool) -> IndexingModel:
    """Return the indexing model, which is loaded when first used."""

    def load() -> IndexingModel:
        from search.models.for_indexing import indexing_model

        return indexing_model(**loaded_by, tell=_nothing if quiet else _say, warn=_say)

    return cast("IndexingModel", loading.LazyModel(load))


class Pass:
    """Brings an index up to date each time it is called.

    Args:
        index: its folder.
        sources: folders and files to index; none means all that the index knows.
        chosen: the model.
        quiet: no progress.
        **options: options of `indexer.build_index`.
    """

    def __init__(
        self, index: Path, sources: Sequence[str], chosen: ChosenModel, quiet: bool,
        **options: object,
    ) -> None:  # fmt: skip
        self._index, self._quiet = index, quiet
        model = lazy_model(chosen.arguments(index), quiet)
        self._build = partial(_build, index, sources, model, options)
        self._told: set[str] = set()

    def __call__(self, *, retry_failed: bool = False) -> None:
        """Index what changed, and report it."""
        with kept_when_stopped(), shown_progress(self._index, "indexing", self._quiet) as progress:
            report = self._build(retry_failed=retry_failed, progress=progress)
            print_built(self._index, report, self._told)


def _build(
    index: Path,
    sources: Sequence[str],
    model: IndexingModel,
    options: dict[str, Any],
    **more: Any,  # noqa: ANN401
) -> BuildReport:
    from indexer import build_index

    return build_index(index, sources, model, **options, **more)


def reembed_index(
    index: Path, chosen: ChosenModel, batch_size: int | None, prune: bool, quiet: bool
) -> None:
    """Embed the photos of an index again, and report it.

    Raises:
        typer.Exit: some could not be read, so the old model continues to answer.
    """
    from indexer import reembed

    model = lazy_model(chosen.arguments(), quiet)
    with kept_when_stopped(), shown_progress(index, "embedding", quiet) as progress:
        report = reembed(index, model, batch_size=batch_size, prune=prune, progress=progress)
        print_reembedded(index, report)
    if not report.switched:
        raise typer.Exit(1)


@contextmanager
def kept_when_stopped() -> Generator[None]:
    """Print, when the run is interrupted, that nothing is lost."""
    try:
        yield
    except KeyboardInterrupt:
        typer.echo("what was done is kept: the same command continues from there", err=True)
        raise


@contextmanager
def shown_progress(index: Path, what: str, quiet: bool) -> Generator[Progress]:
    """Return a function that reports progress: here, and to `crossgraph status`."""
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
