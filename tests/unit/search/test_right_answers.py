"""The sources of words and foreign captions, and which are refused."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from fusion.data.features import PairData
from search.evaluation.evaluation import EvaluationError
from search.evaluation.named_collections import Captioned
from search.evaluation.searches.right_answers import foreign_captions, keywords_of, read_categories


def data(names: list[str], texts: list[str], rows: list[int]) -> PairData:
    photos = SimpleNamespace(paths=[f"photos/{name}" for name in names])
    captions = SimpleNamespace(
        texts=texts, photo_rows=np.array(rows), caption_ids=np.arange(len(texts)) + 500
    )
    return cast(PairData, SimpleNamespace(photos=photos, captions=captions))


HERE = data(["a.jpg", "b.jpg"], ["a dog", "a cat", "a cat asleep"], [0, 1, 1])
THERE = data(["b.jpg", "c.jpg"], ["a cat", "a train", "a red train"], [0, 1, 1])


def written(to: Path, content: object) -> Captioned:
    to.write_text(json.dumps(content), encoding="utf-8")
    return Captioned("any", Path("photos"), Path("captions.json"), to)


def test_foreign_captions_are_of_photos_that_are_not_here() -> None:
    found = foreign_captions(HERE, [HERE, THERE])
    assert found.texts == ["a train", "a red train"]  # b.jpg is in both collections
    assert found.photos.tolist() == [0, 0]
    assert found.caption_ids.tolist() == [501, 502]
    assert foreign_captions(THERE, [HERE, THERE]).texts == ["a dog"]


def test_one_collection_has_no_foreign_captions() -> None:
    assert len(foreign_captions(HERE, [HERE]).texts) == 0


def test_categories_are_read_by_file_name(tmp_path: Path) -> None:
    instances = {
        "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 7, "bbox": [0, 0, 1, 1]}],
        "categories": [{"id": 7, "name": "dog"}],
    }
    categories = read_categories(written(tmp_path / "instances.json", instances))
    assert categories == {"a.jpg": ("dog",), "b.jpg": ()}
    labels_from, keywords = keywords_of(HERE, Path("photos"), categories)
    assert labels_from == "instances"
    assert [(each.word, each.labels.tolist()) for each in keywords] == [("dog", [1, 0])]


def test_without_instances_words_are_of_captions() -> None:
    assert read_categories(Captioned("any", Path("photos"), Path("captions.json"))) is None
    assert keywords_of(HERE, Path("photos"), None) == ("captions", [])


def test_a_captions_file_has_no_instances(tmp_path: Path) -> None:
    captions = {
        "images": [{"id": 1, "file_name": "a.jpg"}],
        "annotations": [{"id": 1, "image_id": 1, "caption": "a dog"}],
    }
    with pytest.raises(EvaluationError, match=r"captions\.json has no categories"):
        read_categories(written(tmp_path / "captions.json", captions))


def test_instances_of_other_photos_are_refused() -> None:
    with pytest.raises(EvaluationError, match="name none of its 2 photos"):
        keywords_of(HERE, Path("photos"), {"z.jpg": ("dog",)})
