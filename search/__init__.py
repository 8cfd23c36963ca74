"""What people use: queries to hits, results as text and pages, measures, the command line.

`open_index` is the whole Python interface; `SearchRequest` and `SearchResult` are what every
surface goes through. Every lower package may be imported here (`indexer`, `fusion`, `store`);
nothing there imports this package. The names below are imported when they are first used, and torch
and FAISS by the functions that need them, so that `crossgraph --help` and a usage error print at
once, and a search can load its model while it imports the rest.
"""

import importlib
import typing

if typing.TYPE_CHECKING:
    from search.engine.open_index import open_index
    from search.engine.search_index import SearchIndex
    from search.explanation import Explanation
    from search.query.request import SearchRequest
    from search.query.term import Term
    from search.result import Hit, SearchResult

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


_MODULES = {
    "Explanation": "search.explanation",
    "Hit": "search.result",
    "SearchIndex": "search.engine.search_index",
    "SearchRequest": "search.query.request",
    "SearchResult": "search.result",
    "Term": "search.query.term",
    "open_index": "search.engine.open_index",
}
"""Where each name is; those that are not listed are errors of `store`."""


def __getattr__(name: str) -> object:
    """Import what is asked for: one of the names above, or the version."""
    if name == "__version__":
        return _installed_version()
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(importlib.import_module(_MODULES.get(name, "store.errors")), name)
    globals()[name] = value
    return value


def _installed_version() -> str:
    """Return the installed package's version; `0+unknown` where it runs without being installed."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("crossgraph")
    except PackageNotFoundError:
        return "0+unknown"
