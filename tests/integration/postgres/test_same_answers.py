"""A search over PostgreSQL answers as one of the index that was pushed, re-ranking included."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from fusion.retriever import Retriever
from search import SearchIndex, open_index
from search.query.request import SearchRequest
from search.query.term import Term
from store import Index, IndexNotWritable, IndexReader, PhotoFile
from store.postgres.address import Address
from store.postgres.postgres_reader import PostgresReader
from store.postgres.push import push
from tests.integration.made_retriever import PHOTOS, made_retriever
from tests.postgres_server import PostgresServer

ODD = {2: os.fsdecode(b"/photos/\xff\xfe.jpg")}
"""A name that is no Unicode."""

SAID = ("a red dog", "two cats on the river", "a dog along the red river!", "")
REQUESTS = (
    SearchRequest((Term("a red dog"),), k=7),
    SearchRequest((Term("a red dog"),), k=PHOTOS + 5, rerank=False),
    SearchRequest((Term("cats"), Term("a river", weight=2)), (Term("a dog"),), k=9),
    SearchRequest((Term("a dog"), Term(image_id=3)), k=5, candidates=20),
    SearchRequest((Term("cat"),), k=12, where="width > 30 and not caption ~ river"),
    SearchRequest((Term("cat"),), k=3, where="width > 1000"),
    SearchRequest((Term("dogs"),), k=9, fold_duplicates=True, min_probability=0.01),
    SearchRequest((Term("river"),), k=4, explain=True),
)


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    return made_retriever(tmp_path_factory.mktemp("bert"))


@pytest.fixture(scope="module")
def folder(retriever: Retriever, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos") / "index"
    photos = retriever.embed_images(list(range(PHOTOS)))  # type: ignore[arg-type]
    files = [
        PhotoFile(
            ODD.get(n, f"/photos/{n % 3}/img_{n}.jpg"),
            "/photos",
            n,
            n,
            f"{n:064x}",
            20 + n,
            50,
            taken=datetime(2024, 5, 1 + n % 9) if n % 2 else None,
            camera="Canon" if n % 3 else None,
            perceptual_hash=n // 4,
        )
        for n in range(PHOTOS)
    ]
    with Index.create(
        folder, retriever.fingerprint, retriever.dim, unit_dim=retriever.unit_dim
    ) as index:
        ids = index.put_images(files, photos.vectors, photos.packed)
        index.put_captions({i: [SAID[i % 4], SAID[i % 3]] for i in ids}, origin="test")
        index.put_categories({i: ["dog", "cat"][: i % 3] for i in ids}, origin="test")
        index.finish()
    return folder


@pytest.fixture(scope="module")
def address(folder: Path, postgres: PostgresServer) -> str:
    address = postgres.new_database()
    with Index.open(folder) as index:
        push(index, Address.parse(address))
    return address


@pytest.fixture
def both(
    folder: Path, address: str, retriever: Retriever
) -> Iterator[tuple[SearchIndex, SearchIndex]]:
    with (
        open_index(folder, model=retriever) as on_disk,
        open_index(vectors=address, model=retriever) as in_postgres,
    ):
        yield on_disk, in_postgres


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_hits_scores_and_probabilities_are_the_same(
    both: tuple[SearchIndex, SearchIndex], request_: SearchRequest
) -> None:
    wanted, found = (one.search(request_).to_dict() for one in both)
    assert found["hits"] or request_.where == "width > 1000"
    assert found["notes"] == wanted["notes"]
    assert found["hits"] == _rounded(wanted["hits"])


def test_words_are_found_in_captions_and_names(both: tuple[SearchIndex, SearchIndex]) -> None:
    request = SearchRequest((Term("rivers IMG"),), k=PHOTOS)
    wanted, found = (one.search(request) for one in both)
    assert {hit.image_id for hit in found} == {hit.image_id for hit in wanted}
    assert "river" in " ".join(found[0].captions)


@pytest.mark.parametrize("text", ["dog", "red dogs", "the river", "two cats IMG", "nothing here"])
@pytest.mark.parametrize("k", [1, 10, 2 * PHOTOS])
def test_words_have_the_same_order_and_scores(
    folder: Path, address: str, text: str, k: int
) -> None:
    with IndexReader.open(folder) as on_disk, PostgresReader.open(address) as in_postgres:
        wanted, found = (reader.search_texts(text, k) for reader in (on_disk, in_postgres))
        some = np.arange(1, PHOTOS, 3)
        those_wanted, those_found = (
            reader.search_texts(text, k, some) for reader in (on_disk, in_postgres)
        )
    assert found[0].tolist() == wanted[0].tolist()
    assert np.allclose(found[1], wanted[1], rtol=1e-4, atol=1e-6)
    assert those_found[0].tolist() == those_wanted[0].tolist()


def test_all_that_is_known_of_photos_is_the_same(folder: Path, address: str) -> None:
    with IndexReader.open(folder) as wanted, PostgresReader.open(address) as found:
        ids = [5, 3, 70, 999, 1]
        there = [5, 3, 70, 1]
        assert len(found) == len(wanted) == PHOTOS
        assert found.photos(ids) == wanted.photos(ids)
        assert found.photo_records(ids) == wanted.photo_records(ids)
        assert found.perceptual_hashes(ids) == wanted.perceptual_hashes(ids)
        assert np.array_equal(found.vectors(there), wanted.vectors(there))
        assert np.array_equal(found.nodes(there), wanted.nodes(there))
        assert found.ids_after(66, 3) == wanted.ids_after(66, 3) == [67, 68, 69]
        assert found.find_content(f"{4:064x}") == wanted.find_content(f"{4:064x}") == 5
        assert found.find_content("ff" * 32) is None
        assert found.counts() == wanted.counts()
        assert found.sources() == wanted.sources()
        assert found.category_counts(5) == wanted.category_counts(5)
        assert found.size_bytes() > PHOTOS * 100
        for reader in (found, wanted):
            with pytest.raises(KeyError, match="999"):
                reader.vectors(ids)
            with pytest.raises(KeyError, match="999"):
                reader.nodes(ids)


def test_photos_are_not_changed_there(both: tuple[SearchIndex, SearchIndex]) -> None:
    with pytest.raises(IndexNotWritable, match=r"is read-only: change the index"):
        both[1].remove([1])


def _rounded(hits: list[dict[str, object]]) -> object:
    def rounded(value: object) -> object:
        if isinstance(value, float):
            return pytest.approx(value, abs=2e-5)
        if isinstance(value, dict):
            return {name: rounded(each) for name, each in value.items()}
        return [rounded(each) for each in value] if isinstance(value, list) else value

    return rounded(hits)
