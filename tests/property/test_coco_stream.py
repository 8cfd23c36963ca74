"""A COCO file gives the same loaded whole and read entry by entry, wherever it is cut for that."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fusion.caption_files import coco_entries, json_lists
from fusion.caption_files.coco_entries import CocoFile
from fusion.caption_files.json_lists import Piece, pieces_of_object
from indexer.sources import CocoSource
from store import SourceError

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
ODD = st.sampled_from(["0", " 1", "1.0", "a", 1.0, 2.5, float("nan"), float("inf"), 10**30, -1])
IDS = st.one_of(st.integers(0, 4), ODD)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-9, 9), st.floats(), TEXTS, st.lists(TEXTS, max_size=2),
    st.dictionaries(st.sampled_from(["raw", "text", "x"]), TEXTS, max_size=2),
)  # fmt: skip


def entries(**fields: Any) -> Any:
    """Lists of objects that have these fields, mostly."""
    whole = st.fixed_dictionaries(
        {name: kind for name, kind in fields.items() if not name.endswith("_")},
        optional={name.rstrip("_"): kind for name, kind in fields.items() if name.endswith("_")},
    )
    return st.one_of(st.lists(whole, max_size=6), st.lists(VALUES, max_size=1), VALUES)


DOCUMENTS = st.one_of(
    st.fixed_dictionaries(
        {
            "images": entries(
                id=st.one_of(IDS, VALUES), file_name_=st.one_of(TEXTS, VALUES), coco_url_=TEXTS
            ),
            "annotations": entries(
                image_id_=st.one_of(IDS, VALUES), caption_=st.one_of(TEXTS, VALUES),
                category_id_=st.one_of(IDS, VALUES),
                segmentation_=st.lists(st.lists(st.floats(0, 9))),
                segments_info_=st.one_of(entries(category_id=IDS), VALUES),
            ),
        },
        optional={"categories": entries(id=IDS, name_=st.one_of(TEXTS, VALUES)), "info": VALUES},
    ),
    st.dictionaries(st.sampled_from(["images", "annotations", "info"]), st.just([])),
    VALUES,
    st.lists(VALUES, max_size=2),
)  # fmt: skip


def loaded(file: Any, encoding: str | None = None) -> Iterator[Piece]:
    """What `pieces_of_object` gives, of a file that is loaded whole by Python's own reader."""
    content = file.read()
    found = json.loads(content if encoding is None else content.decode(encoding, "replace"))
    if not isinstance(found, dict):
        raise TypeError(type(found).__name__)
    for key, value in found.items():
        if isinstance(value, list):
            yield Piece(key, "list", None)
            yield from (Piece(key, "entry", entry) for entry in value)
        else:
            yield Piece(key, "value", value)


def read(path: Path) -> object:
    try:
        found = CocoSource(path)
    except SourceError as error:
        assert "\n" not in str(error)
        assert str(path) in str(error)
        return "refused"  # of several reasons each finds its own first
    notes = [line for line in found.notes if "\n" not in line]
    return found.captions, found.categories, found.file_names, notes


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    document=DOCUMENTS,
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    chunk=st.sampled_from([1, 2, 7, 64, 2**20]),
    indent=st.sampled_from([None, 1]),
)
def test_both_readers_agree(
    tmp_path: Path, document: object, encoding: str, chunk: int, indent: int | None
) -> None:
    path = tmp_path / "notes.json"
    path.write_text(json.dumps(document, ensure_ascii=False, indent=indent), encoding=encoding)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_lists, "CHUNK_BYTES", chunk)
        loaded_whole = read(path)
        patched.setattr(coco_entries, "LARGE_BYTES", -1)
        assert read(path) == loaded_whole


def texts_of(document: object) -> Iterator[str]:
    if isinstance(document, str):
        yield document.strip().strip("\ufeff\0").strip()
    elif isinstance(document, dict | list):
        for value in document.values() if isinstance(document, dict) else document:
            yield from texts_of(value)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=DOCUMENTS)
def test_no_text_is_made_up_and_every_entry_is_taken_or_counted(
    tmp_path: Path, document: object
) -> None:
    path = tmp_path / "notes.json"
    path.write_text(json.dumps(document))
    try:
        source = CocoSource(path)
        file = CocoFile(path)
        taken = list(file.annotations())
    except SourceError:
        return
    said = {text for texts in source.captions.values() for text in texts}
    assert said <= set(texts_of(document))
    assert isinstance(document, dict)
    assert all(found.image_id in file.images for found in taken)
    about_images = [count for what, (count, _) in file.problems.items() if "annotations" in what]
    assert len(taken) + sum(about_images) == len(document["annotations"])


@given(
    content=st.one_of(
        st.text(st.sampled_from('{}[]",:0123456789.eE+-tfn aN\\u \n'), max_size=40),
        st.builds(json.dumps, st.dictionaries(TEXTS, VALUES, max_size=3)),
    ),
    cut=st.integers(0, 60),
    chunk=st.sampled_from([1, 3, 2**20]),
)
def test_what_json_refuses_is_refused_and_nothing_else(content: str, cut: int, chunk: int) -> None:
    text = content[:cut] if cut < 50 else content
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(json_lists, "CHUNK_BYTES", chunk)
        try:
            wanted: object = [part for part in loaded(io.BytesIO(text.encode()))]
        except (ValueError, TypeError) as error:
            wanted = type(error) is TypeError
        try:
            found: object = list(pieces_of_object(io.BytesIO(text.encode())))
        except (ValueError, TypeError) as error:
            found = type(error) is TypeError
    if isinstance(wanted, list) and isinstance(found, list):
        # Of members of one name the last one counts, which here is the last that comes.
        assert repr({p.key: p for p in found}) == repr({p.key: p for p in wanted})
    else:
        assert found == wanted


@pytest.mark.parametrize("text", ["", "{not json", '{"images": [', b"\xff\xfe\x00", '{"a": 1} x'])
def test_what_is_no_json_is_refused_in_one_line(tmp_path: Path, text: str | bytes) -> None:
    path = tmp_path / "notes.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError, match=r"notes\.json is no COCO file: it is not JSON") as caught:
        CocoSource(path)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_large_file_takes_little_more_than_what_is_kept_of_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.coco_memory", "80"],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    assert found["photos"] > 40_000
    assert found["grown_over_kept"] < 1.5
