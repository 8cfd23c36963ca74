"""The retriever as LlamaIndex uses one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("llama_index.core", reason="the extra llama-index is not installed")

from llama_index.core.postprocessor import SimilarityPostprocessor
from llama_index.core.schema import ImageNode, MetadataMode, QueryBundle

from search import SearchIndex, open_index
from search.integrations.llama_index import CrossgraphRetriever
from tests.integration.colours import ColourModel
from tests.integration.integrations.made_index import make_index


@pytest.fixture
def index(tmp_path: Path) -> Iterator[SearchIndex]:
    with open_index(make_index(tmp_path), model=ColourModel()) as opened:
        yield opened


def test_a_node_is_a_photo_with_its_captions_and_facts(index: SearchIndex) -> None:
    first, second = CrossgraphRetriever(index, k=2).retrieve("red")
    hit = index.search("red", k=1)[0]
    assert isinstance(first.node, ImageNode)
    assert (first.node_id, first.score) == (str(hit.image_id), hit.probability)
    assert first.node.get_content(MetadataMode.NONE) == "a red wall\npaint"
    assert (first.node.image_path, first.node.image_mimetype) == (str(hit.path), "image/png")
    assert first.node.resolve_image() == str(hit.path)
    assert (first.metadata["categories"], first.metadata["score"]) == (
        ["wall"],
        pytest.approx(7.804, abs=0.001),
    )
    assert second.text == "half.png"


def test_awaited_it_gives_the_same(index: SearchIndex) -> None:
    retriever = CrossgraphRetriever(index)
    found = asyncio.run(retriever.aretrieve(QueryBundle("green")))
    assert found == retriever.retrieve("green")
    assert len(found) == 4


def test_a_cut_off_of_its_own_leaves_out_what_is_not_likely(index: SearchIndex) -> None:
    found = CrossgraphRetriever(index).retrieve("red")
    kept = SimilarityPostprocessor(similarity_cutoff=0.5).postprocess_nodes(found)
    likely = index.search("red", min_probability=0.5)
    assert [node.node_id for node in kept] == [str(hit.image_id) for hit in likely]
    assert 0 < len(kept) < len(found)


def test_it_opens_an_index_and_passes_options_on(tmp_path: Path) -> None:
    folder = make_index(tmp_path / "other")
    options = {"where": "category = sky"}
    retriever = CrossgraphRetriever.open(folder, options=options, model=ColourModel())
    assert [node.text for node in retriever.retrieve("red")] == ["half.png"]
    retriever.index.close()
