"""What answers people: queries to hits, results as text and pages, measures, the command line.

`open_index` is the whole Python interface. Everything below may be imported here (`indexer`,
`fusion`, `store`); nothing there imports this package. torch and FAISS are imported by the
functions that need them, so that `crossgraph --help` and a usage error answer at once.
"""

from search.engine import Hit, SearchIndex, open_index
from search.explain import Explanation

__all__ = ["Explanation", "Hit", "SearchIndex", "open_index"]
