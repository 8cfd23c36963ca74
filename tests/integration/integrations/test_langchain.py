"""The retriever against LangChain's own tests of retrievers, and what its documents say."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_core", reason="the extra langchain is not installed")
pytest.importorskip("langchain_tests", reason="LangChain's own tests are not installed")

from langchain_core.runnables import RunnableLambda
from langchain_tests.integration_tests import RetrieversIntegrationTests

from search import SearchIndex, open_index
from search.integrations.langchain import CrossgraphRetriever
from tests.integration.colours import ColourModel
from tests.integration.integrations.made_index import make_index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    with open_index(make_index(tmp_path), model=ColourModel()) as opened:
        yield opened


@pytest.mark.anyio
class TestStandard(RetrieversIntegrationTests):
    """LangChain's."""

    @pytest.fixture(autouse=True)
    def _opened(self, index: SearchIndex) -> None:
        self.index = index

    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"

    @property
    def retriever_constructor(self) -> type[CrossgraphRetriever]:
        return CrossgraphRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"index": self.index}

    @property
    def retriever_query_example(self) -> str:
        return "something red"


def test_a_document_is_a_photo_with_its_captions_and_facts(index: SearchIndex) -> None:
    first, second = CrossgraphRetriever(index=index, k=2).invoke("red")
    hit = index.search("red", k=1)[0]
    assert (first.id, first.page_content) == (str(hit.image_id), "a red wall\npaint")
    assert first.metadata == {
        "path": str(hit.path),
        "image_id": hit.image_id,
        "rank": 1,
        "score": pytest.approx(7.804, abs=0.001),
        "probability": pytest.approx(hit.probability, abs=1e-6),
        "captions": ["a red wall", "paint"],
        "categories": ["wall"],
        "group": "good",
        # What the files say; these say nothing.
        "camera": None,
        "taken": None,
        "title": None,
        "rating": None,
        "latitude": None,
        "longitude": None,
        "tags": [],
        "people": [],
        "place": [],
    }
    assert second.page_content == "half.png"


def test_options_are_those_of_a_search_and_a_call_overrides_them(index: SearchIndex) -> None:
    retriever = CrossgraphRetriever(index=index, options={"where": "category = sky"})
    assert [found.page_content for found in retriever.invoke("red")] == ["half.png"]
    assert len(retriever.invoke("red", where="")) == 4


def test_it_is_part_of_a_chain_awaited_too(index: SearchIndex) -> None:
    chain = CrossgraphRetriever(index=index, k=1) | RunnableLambda(lambda found: found[0].id)
    expected = str(index.search("green", k=1)[0].image_id)
    assert chain.invoke("green") == expected == asyncio.run(chain.ainvoke("green"))


def test_it_opens_an_index(tmp_path: Path) -> None:
    folder = make_index(tmp_path / "other")
    retriever = CrossgraphRetriever.open(folder, k=3, model=ColourModel())
    assert len(retriever.invoke("red")) == 3
    retriever.index.close()
