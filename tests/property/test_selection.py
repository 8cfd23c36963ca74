"""Filters chosen by SQL are those that plain Python chooses, and searches stay within them."""

from __future__ import annotations

import fnmatch
import operator
import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from store import Index, PhotoFile, QueryError
from store.catalog.selection import (
    FIELDS,
    AllOf,
    AnyOf,
    Condition,
    Expression,
    Has,
    Not,
    operators_of,
)
from store.columns.codec import time_to_row

COUNT, DIM = 60, 16
RANDOM = np.random.default_rng(3)
START = datetime(2023, 12, 30)
FOLDERS = ("/photos/Rome 100%", "/photos/b_c", "/photos")
CAMERAS = (None, "Canon EOS 5D", "canon eos 5d", 'a "6x7"; --')
NAMES = ("dog", "cat", "Dog", "traffic light")

PHOTOS = [
    PhotoFile(
        f"{FOLDERS[n % 3]}/{NAMES[n % 4]}_{n}{('.jpg', '.JPEG', '')[n % 3]}",
        "/photos",
        int(RANDOM.integers(0, 5)),
        n,
        f"{n:02x}",
        *(int(side) for side in RANDOM.integers(1, 4, 2)),
        taken=None if n % 5 == 0 else START + timedelta(days=n % 7, seconds=n % 2),
        camera=CAMERAS[n % 4],
    )
    for n in range(1, COUNT + 1)
]
CATEGORIES = {n: list(NAMES[: n % 4]) for n in range(1, COUNT + 1)}
CAPTIONS = {n: [f"A {NAMES[n % 4]} at 100%", "x_y*z"][: n % 3] for n in range(1, COUNT + 1)}
VECTORS = RANDOM.integers(-2, 3, (COUNT, DIM)).astype(np.float32)  # many equal scores
PLAIN: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index.create(tmp_path_factory.mktemp("photos") / "index", "f1", DIM) as index:
        nodes = np.zeros((COUNT, 1, 1), dtype=np.float16)
        assert index.put_images(PHOTOS, VECTORS, nodes) == list(range(1, COUNT + 1))
        index.put_categories(CATEGORIES, origin="o")
        index.put_captions(CAPTIONS, origin="o")
        yield index


def facts(number: int) -> dict[str, Any]:
    """What each field is of a photo; a list where there may be several, None where unknown."""
    file = PHOTOS[number - 1]
    folder, _, name = file.path.rpartition("/")
    wider = file.width_px - file.height_px
    return {
        "id": number,
        "width": file.width_px,
        "height": file.height_px,
        "megapixels": file.width_px * file.height_px / 1e6,
        "size": file.size_bytes,
        "taken": None if file.taken is None else time_to_row(file.taken),
        "orientation": "landscape" if wider > 0 else "portrait" if wider else "square",
        "camera": file.camera,
        "source": file.source,
        "path": file.path,
        "folder": folder,
        "name": name,
        "suffix": name.rpartition(".")[2] if "." in name else "",
        "category": CATEGORIES[number],
        "caption": CAPTIONS[number],
    }


def fits(held: Any, condition: Condition) -> bool:
    value = condition.value
    if not isinstance(value, str):
        return PLAIN[condition.operator](held, value)
    if condition.operator != "~":
        return PLAIN[condition.operator](held.lower(), value.lower())
    if not {"*", "?"} & set(value):
        return value.lower() in held.lower()
    whole = re.escape(value.lower()).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(whole, held.lower(), re.DOTALL) is not None


def true_of(expression: Expression, photo: dict[str, Any]) -> bool | None:
    """Whether an expression is true; None where that is not known."""
    if isinstance(expression, Has):
        return photo[expression.field] not in (None, [])
    if isinstance(expression, Not):
        inner = true_of(expression.of, photo)
        return None if inner is None else not inner
    if isinstance(expression, Condition):
        held = photo[expression.field]
        if isinstance(held, list) and expression.operator == "!=":
            return all(fits(one, expression) for one in held)
        if isinstance(held, list):
            return any(fits(one, expression) for one in held)
        return None if held is None else fits(held, expression)
    parts = [true_of(part, photo) for part in expression.of]
    decides = isinstance(expression, AnyOf)  # what one part alone decides
    return decides if decides in parts else None if None in parts else not decides


ALL_FACTS = {number: facts(number) for number in range(1, COUNT + 1)}


def values_of(field: str) -> st.SearchStrategy[Any]:
    held = [photo[field] for photo in ALL_FACTS.values()]
    flat = [one for some in held for one in (some if isinstance(some, list) else [some])]
    known = sorted({value for value in flat if value is not None})
    if FIELDS[field].kind == "number":
        return st.sampled_from(known) | st.integers(-3, 70) | st.floats(-3, 70)
    parts = st.sampled_from(known).flatmap(
        lambda text: st.slices(len(text)).map(lambda part: text[part])
    )
    made = st.sampled_from(["*dog*", "?og*", "100%", "_", "*", "%", "x_y*z", "'", "\\", "*.jp?g"])
    return st.sampled_from(known) | parts | made


READ_FROM_FILES = {
    "album", "city", "country", "description", "latitude", "lens", "longitude", "person", "place",
    "rating", "region", "tag", "text", "title",
}  # fmt: skip
"""Fields of metadata, which the photos here have none of."""


def test_every_field_is_tried_here_or_known_to_be_read_from_files() -> None:
    assert FIELDS.keys() - ALL_FACTS[1].keys() == READ_FROM_FILES


@st.composite
def conditions(draw: st.DrawFn) -> Expression:
    field = draw(st.sampled_from(sorted(ALL_FACTS[1])))
    if draw(st.booleans()) and draw(st.booleans()):
        return Has(field)
    chosen: Any = draw(st.sampled_from(operators_of(FIELDS[field].kind)))
    return Condition(field, chosen, draw(values_of(field)))


EXPRESSIONS = st.recursive(
    conditions(),
    lambda part: (
        st.builds(Not, part)
        | st.builds(AllOf, st.lists(part, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(part, max_size=3).map(tuple))
    ),
    max_leaves=6,
)


@settings(max_examples=300, deadline=None)
@given(expression=EXPRESSIONS)
def test_sql_chooses_what_plain_python_chooses(index: Index, expression: Expression) -> None:
    wanted = [n for n, photo in ALL_FACTS.items() if true_of(expression, photo)]
    found = index.matching(expression)
    assert found.dtype == np.int64
    assert found.tolist() == wanted


@settings(max_examples=60, deadline=None)
@given(expression=EXPRESSIONS, k=st.integers(0, COUNT), seed=st.integers(0, 9))
@pytest.mark.parametrize("few", [1, 2000])  # by the index in memory, or from the catalog
def test_to_search_within_is_to_search_and_then_choose(
    index: Index, expression: Expression, k: int, seed: int, few: int
) -> None:
    query = np.random.default_rng(seed).integers(-2, 3, DIM).astype(np.float32)
    chosen = index.matching(expression)
    ids, scores = index.search(query, COUNT)
    kept = np.isin(ids, chosen)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("store.vectors.cache.FEW", few)
        found, their = index.search(query, k, within=chosen)
    assert found.tolist() == ids[kept][:k].tolist()
    assert their.tolist() == scores[kept][:k].tolist()


def test_folders_and_names_of_odd_paths(tmp_path: Path) -> None:
    paths = ["/d.jpg", "/a/.x", "/a.b/c", os.fsdecode(b"/a/\xff.TAR.gz"), "/photos/2024/e.jpg"]
    sources = ["/", "/a", "/a.b", "/a", "/photos"]
    with Index.create(tmp_path / "index", "f1", 2) as index:
        files = [
            PhotoFile(path, source, 1, 2, "00", 3, 4)
            for path, source in zip(paths, sources, strict=True)
        ]
        index.put_images(files, np.ones((5, 2), np.float32), np.zeros((5, 1, 1), np.float16))
        for field, value, found in (
            ("folder", "/", [1]),
            ("folder", "/a", [2, 4]),
            ("folder", "/photos/2024", [5]),
            ("source", "/photos", [5]),
            ("path", "/a.b/c", [3]),
            ("name", ".x", [2]),
            ("suffix", "", [3]),
            ("suffix", "gz", [4]),
            ("suffix", "x", [2]),
        ):
            assert index.matching(Condition(field, "=", value)).tolist() == found, (field, value)


def test_no_part_is_true_of_all_or_of_none(index: Index) -> None:
    assert len(index.matching(AllOf(()))) == COUNT
    assert index.matching(AnyOf(())).tolist() == []
    assert index.search(VECTORS[0], 5, within=[])[0].tolist() == []


def test_a_pattern_is_one_of_the_whole_text(index: Index) -> None:
    whole = [n for n, photo in ALL_FACTS.items() if fnmatch.fnmatchcase(photo["name"], "dog_?.*")]
    found = index.matching(Condition("name", "~", "dog_?.*")).tolist()
    assert set(whole) <= set(found)
    assert len(found) < len(index.matching(Condition("name", "~", "dog")))


@pytest.mark.parametrize(
    "value", ["'; DROP TABLE images; --", '" OR 1 = 1', "\x00", "\ud800", "é" * 5000, "%" * 5000]
)
def test_hostile_values_are_values(index: Index, value: str) -> None:
    for field in ("camera", "path", "name", "suffix", "category", "caption"):
        assert index.matching(Condition(field, "=", value)).tolist() == []
        index.matching(Condition(field, "~", value))
    assert len(index) == COUNT


@pytest.mark.parametrize(
    ("field", "asked", "value"),
    [
        ("camera; --", "=", "x"),
        ("sha256", "=", "x"),
        ("camera", "OR 1 =", "x"),
        ("camera", "<", "x"),
        ("camera", "=", 1),
        ("width", "=", "x"),
        ("width", "~", 1),
        ("width", "=", 2**63),
    ],
)
def test_conditions_that_make_no_sense_are_refused(field: str, asked: Any, value: Any) -> None:
    with pytest.raises(ValueError, match=re.escape(field)):
        Condition(field, asked, value)
    with pytest.raises(ValueError, match="no such field"):
        Has("path; --")


def test_too_large_a_filter_is_refused(index: Index) -> None:
    one: Expression = Condition("width", ">", 0)
    assert len(index.matching(AnyOf((one,) * 256))) == COUNT
    deep = one
    for _ in range(5000):
        deep = Not(deep)
    for filter_ in (AnyOf((one,) * 257), deep):
        with pytest.raises(QueryError, match="256 conditions, or is nested more than 64 deep"):
            index.matching(filter_)
