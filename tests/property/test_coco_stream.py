"""A COCO file gives the same whether it is read whole or entry by entry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from indexer.sources import CocoSource, coco
from store import SourceError

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
IDS = st.one_of(st.integers(0, 4), st.sampled_from(["0", "a"]))
VALUES = st.one_of(st.none(), st.booleans(), st.integers(-9, 9), st.floats(-9, 9), TEXTS)


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
            "images": entries(id=IDS, file_name=TEXTS, width_=VALUES),
            "annotations": entries(
                image_id=IDS, caption_=st.one_of(TEXTS, VALUES), category_id_=st.integers(0, 2),
                segmentation_=st.lists(st.lists(st.floats(0, 9))),
            ),
        },
        optional={"categories": entries(id=st.integers(0, 2), name=TEXTS), "info": VALUES},
    ),
    st.dictionaries(st.sampled_from(["images", "annotations", "info"]), st.just([])),
    VALUES,
    st.lists(VALUES, max_size=2),
)  # fmt: skip


def read(path: Path) -> object:
    try:
        found = CocoSource(path)
    except SourceError as error:
        assert "\n" not in str(error)
        return "refused"  # of several reasons each finds its own first
    return found.captions, found.categories, found.file_names


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(document=DOCUMENTS, mark=st.booleans())
def test_both_readers_agree(tmp_path: Path, document: object, mark: bool) -> None:
    path = tmp_path / "notes.json"
    path.write_text(json.dumps(document), encoding="utf-8-sig" if mark else "utf-8")
    with pytest.MonkeyPatch.context() as patched:
        whole = read(path)
        patched.setattr(coco, "LARGE_BYTES", -1)
        assert read(path) == whole


@pytest.mark.parametrize("text", ["", "{not json", '{"images": [', b"\xff\xfe\x00", '{"a": 1} x'])
def test_what_is_no_json_is_refused_in_one_line(
    tmp_path: Path, text: str | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coco, "LARGE_BYTES", -1)
    path = tmp_path / "notes.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError, match=r"notes\.json is no COCO file: it is not JSON") as caught:
        CocoSource(path)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_large_file_takes_little_more_than_what_is_kept_of_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.coco_memory", "80"],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    found = json.loads(done.stdout)
    assert found["photos"] > 40_000
    assert found["grown_over_kept"] < 1.5
