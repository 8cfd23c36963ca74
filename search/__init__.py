"""What answers people: queries to hits, results as text and pages, measures, the command line.

`open_index` is the whole Python interface; `SearchRequest` and `SearchResult` are what every
surface goes through. Everything below may be imported here (`indexer`, `fusion`, `store`); nothing
there imports this package. torch and FAISS are imported by the functions that need them, so that
`crossgraph --help` and a usage error answer at once.
"""

from search.engine import SearchIndex
from search.explain import Explanation
from search.loading import open_index
from search.request import SearchRequest, Term
from search.result import Hit, SearchResult

__all__ = [
    "Explanation",
    "Hit",
    "SearchIndex",
    "SearchRequest",
    "SearchResult",
    "Term",
    "open_index",
]
