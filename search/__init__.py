"""What people use: queries to hits, results as text and pages, measures, the command line.

`open_index` is the whole Python interface; `SearchRequest` and `SearchResult` are what every
surface goes through. Every lower package may be imported here (`indexer`, `fusion`, `store`);
nothing there imports this package. torch and FAISS are imported by the functions that need them, so
that `crossgraph --help` and a usage error print at once; so are the errors, which come from
`store`.
"""

import typing

from search.engine.open_index import open_index
from search.engine.search_index import SearchIndex
from search.explanation import Explanation
from search.query.request import SearchRequest
from search.query.term import Term
from search.result import Hit, SearchResult

if typing.TYPE_CHECKING:
    __version__: str
    from store.errors import (
        CrossgraphError,
        ExtraMissing,
        IndexBusy,
        IndexClosed,
        IndexDamaged,
        IndexNotFound,
        IndexNotWritable,
        IndexTooNew,
        ModelMismatch,
        ModelUnavailable,
        QueryError,
        SourceError,
    )

__all__ = [
    "CrossgraphError",
    "Explanation",
    "ExtraMissing",
    "Hit",
    "IndexBusy",
    "IndexClosed",
    "IndexDamaged",
    "IndexNotFound",
    "IndexNotWritable",
    "IndexTooNew",
    "ModelMismatch",
    "ModelUnavailable",
    "QueryError",
    "SearchIndex",
    "SearchRequest",
    "SearchResult",
    "SourceError",
    "Term",
    "open_index",
]


def __getattr__(name: str) -> object:
    """Return the version or an error class; those come from `store`, which imports FAISS."""
    if name == "__version__":
        return _installed_version()
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from store import errors

    return getattr(errors, name)


def _installed_version() -> str:
    """Return the installed package's version; `0+unknown` where it runs without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("crossgraph")
    except PackageNotFoundError:
        return "0+unknown"
