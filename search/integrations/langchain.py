"""A LangChain retriever whose documents are photos; needs the extra `langchain`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from search.engine.open_index import open_index
from search.engine.search_index import SearchIndex
from search.integrations.facts import metadata_of, text_of
from search.result import Hit

try:
    from langchain_core.callbacks import (
        AsyncCallbackManagerForRetrieverRun,
        CallbackManagerForRetrieverRun,
    )
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever
    from pydantic import Field
except ImportError as error:
    raise ImportError(
        f"search.integrations.langchain needs LangChain ({error}): pip install "
        '"crossgraph[langchain]"'
    ) from None

__all__ = ["CrossgraphRetriever"]


class CrossgraphRetriever(BaseRetriever):
    """Returns the photos of an index that answer a query best, as documents, nearest first.

    A document's `page_content` is the photo's captions, a line each, or its file name if it has
    none; its `id` is the photo's. `metadata` has the fields of `search.integrations.facts.NAMES`,
    such as path, image_id, score, probability, captions and taken.

    >>> retriever = CrossgraphRetriever.open("photos.index", k=4)  # doctest: +SKIP
    >>> retriever.invoke("a dog on a red sofa")  # doctest: +SKIP

    Attributes:
        index: an open index; whoever opened it closes it.
        k: number of photos; `invoke(query, k=2)` overrides it, and likewise options.
        options: further options of `SearchIndex.search`, such as `{"where": "taken >= 2020"}`.
    """

    index: SearchIndex
    k: int = 10
    options: dict[str, Any] = Field(default_factory=dict)

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
        return cls(index=open_index(folder, **how), k=k, options=options or {})

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        **options: Any,  # noqa: ANN401
    ) -> list[Document]:
        arguments = {**self.options, **options}
        return [_document(hit) for hit in self.index.search(query, k or self.k, **arguments)]

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
        **options: Any,  # noqa: ANN401
    ) -> list[Document]:
        arguments = {**self.options, **options}
        return [_document(hit) for hit in await self.index.asearch(query, k or self.k, **arguments)]


def _document(hit: Hit) -> Document:
    return Document(id=str(hit.image_id), page_content=text_of(hit), metadata=metadata_of(hit))
