"""The demo: index the photos that installed packages contain, and search them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from search.demo.photo_sets import PHOTO_SETS, PhotoSet, installed_photos
from search.engine.open_index import open_index
from search.engine.search_index import SearchIndex
from search.output.page import Answer, Credit, write_page
from store.errors import CrossgraphError

if TYPE_CHECKING:
    from indexer import BuildReport
    from indexer.indexing_model import IndexingModel

__all__ = ["QUERIES", "Demo", "DemoError", "gather", "run_demo"]

QUERIES = (
    "a castle on a hill",
    "tents at night",
    "a sunset over the water",
    "a city from above",
    "a man in a red shirt above a canyon",
    "a room with a table and chairs",
    "a football team celebrating in a stadium",
)
"""Queries that these photos answer and, last, one that they do not answer."""


class DemoError(CrossgraphError, ValueError):
    """None of the packages with photos is installed."""


@dataclass(frozen=True)
class Demo:
    """What the demo did.

    Attributes:
        answers: queries with their hits, in the order they were asked.
        photos: how many were indexed.
        index: the index, for further searches with `search QUERY --index`.
        page: the page of results.
    """

    answers: tuple[Answer, ...]
    photos: int
    index: Path
    page: Path


def run_demo(
    folder: Path,
    model: IndexingModel,
    *,
    opened: Callable[[Path], SearchIndex] = open_index,
    k: int = 4,
    sets: Sequence[PhotoSet] = PHOTO_SETS,
    progress: Callable[..., None] | None = None,
) -> Demo:
    """Index the photos, ask all queries and write the page.

    Args:
        folder: gets `photos` (copies of the photos), `index` and `results.html`; made if missing.
        model: the indexing model.
        opened: opens the index for the queries.
        k: hits per query.
        sets: where to look for photos.
        progress: passed to the indexer.

    Raises:
        DemoError: no photos are installed.
    """
    photos = folder / "photos"
    count, sources = gather(photos, sets)
    report = _index(folder / "index", photos, model, progress)
    with opened(folder / "index") as index:
        name, answers = index.model.name, ask(index, QUERIES, k)
    page = folder / "results.html"
    seconds = f" in {report.seconds:.0f} seconds" if report.added else ""
    write_page(
        page,
        answers,
        title="crossgraph demo",
        intro=(
            f"{count} photos found in installed Python packages, indexed{seconds} with "
            f"{name}; the match is the model's calibrated probability. Nothing in the photos "
            "answers the last query."
        ),
        sources=sources,
    )
    return Demo(answers, count, folder / "index", page)


def ask(index: SearchIndex, queries: Sequence[str], k: int) -> tuple[Answer, ...]:
    """Run one query after the other."""
    answers = [(query, index.search(query, k=k)) for query in queries]
    return tuple(Answer(query, result, result.notes) for query, result in answers)


def gather(folder: Path, sets: Sequence[PhotoSet] = PHOTO_SETS) -> tuple[int, list[Credit]]:
    """Copy every installed photo into `folder`, and remove other files of earlier runs.

    They are copied since a server shows no file outside the index's folders.

    Returns:
        The number of photos, and their credits.
    """
    photos_of = {photo_set: installed_photos(photo_set) for photo_set in sets}
    if not any(photos_of.values()):
        packages = ", ".join(dict.fromkeys(photo_set.package for photo_set in sets))
        raise DemoError(
            "the demo shows photos of installed packages, and none of these is installed: "
            f'{packages}; `pip install "crossgraph[demo]"` brings them'
        )
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {
        f"{photo_set.package}-{path.name}": path
        for photo_set in sets
        for path in photos_of[photo_set]
    }
    ours = tuple(f"{photo_set.package}-" for photo_set in sets)
    for old in folder.iterdir():
        if old.is_symlink() or (old.name not in wanted and old.name.startswith(ours)):
            old.unlink()
    for name, path in wanted.items():
        copy = folder / name
        if not copy.is_file() or copy.stat().st_size != path.stat().st_size:
            shutil.copyfile(path, copy)
    return len(wanted), [
        _credit(photo_set, paths) for photo_set, paths in photos_of.items() if paths
    ]


def _credit(photo_set: PhotoSet, paths: Sequence[Path]) -> Credit:
    names = ", ".join(path.name for path in paths)
    return Credit(names, f"{photo_set.credit}, in {photo_set.package}", photo_set.licence)


def _index(
    index: Path,
    photos: Path,
    model: IndexingModel,
    progress: Callable[..., None] | None,
) -> BuildReport:
    from indexer import build_index

    return build_index(index, [photos], model, progress=progress)
