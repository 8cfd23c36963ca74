"""A LlamaIndex retriever whose nodes are photos; needs the extra `llama-index`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from search.engine.open_index import open_index
from search.engine.search_index import SearchIndex
from search.integrations.facts import metadata_of, text_of
from search.printable import valid_text
from search.result import Hit

try:
    from llama_index.core.base.base_retriever import BaseRetriever
    from llama_index.core.callbacks import CallbackManager
    from llama_index.core.schema import ImageNode, NodeWithScore, QueryBundle
except ImportError as error:
    raise ImportError(
        f"search.integrations.llama_index needs LlamaIndex ({error}): pip install "
        '"crossgraph[llama-index]"'
    ) from None

__all__ = ["CrossgraphRetriever"]


class CrossgraphRetriever(BaseRetriever):
    """Returns the photos of an index that answer a query best, as image nodes, nearest first.

    A node's text is the photo's captions, a line each, or its file name if it has none; its id is
    the photo's. The score is the hit's probability, 0 to 1, which LlamaIndex's cut-offs use;
    `metadata` has the fields of `search.integrations.facts.NAMES`, such as path, image_id, the
    score for this query, captions and taken.

    >>> retriever = CrossgraphRetriever.open("photos.index", k=4)  # doctest: +SKIP
    >>> retriever.retrieve("a dog on a red sofa")  # doctest: +SKIP

    Args:
        index: an open index; whoever opened it closes it.
        k: number of photos.
        options: further options of `SearchIndex.search`, such as `{"where": "taken >= 2020"}`.
        callback_manager: LlamaIndex's.
        verbose: LlamaIndex's.
    """

    def __init__(
        self,
        index: SearchIndex,
        k: int = 10,
        options: dict[str, Any] | None = None,
        callback_manager: CallbackManager | None = None,
        *,
        verbose: bool = False,
    ) -> None:
        super().__init__(callback_manager=callback_manager, verbose=verbose)
        self.index = index
        self.k = k
        self.options = options or {}

    @classmethod
    def open(
        cls,
        folder: str | Path,
        *,
        k: int = 10,
        options: dict[str, Any] | None = None,
        **how: Any,  # noqa: ANN401
    ) -> Self:
        """Open an index and wrap it; raises as `search.open_index`, which describes `how`."""
        return cls(open_index(folder, **how), k, options)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        result = self.index.search(query_bundle.query_str, self.k, **self.options)
        return [_node(hit) for hit in result]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        result = await self.index.asearch(query_bundle.query_str, self.k, **self.options)
        return [_node(hit) for hit in result]


def _node(hit: Hit) -> NodeWithScore:
    node = ImageNode(
        id_=str(hit.image_id),
        text=text_of(hit),
        image_path=valid_text(hit.name),
        metadata=metadata_of(hit),
    )
    return NodeWithScore(node=node, score=hit.probability)
