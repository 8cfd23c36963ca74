"""The examples of docs/python.md, run as they stand."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from search.models import loading
from tests.integration.colours import ColourModel, paint
from tests.integration.integrations.made_index import make_index

GUIDE = Path(__file__).parents[2] / "docs" / "python.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.M | re.S)
FRAMEWORKS = ("langchain_core", "llama_index")

SAID = {
    "a dog on a red sofa": r"0\.99 .*red\.png\n0\.88 .*half\.png\n",
    "mixed = ": r"\['green\.png', 'grey\.png', 'half\.png'\]",
    "result.understood": r"red last summer\ntime last summer June to August 2026 taken >= 2026-06",
    "search_many": r"red red\.png\ngreen green\.png\nblue half\.png\n",
    "hits.missing": r"False \[\]",
    "embed_text": r"\(2, 3\)",
    "index.add": r"2 added, 0 could not be read",
    "ThreadPoolExecutor": r"\['red\.png', 'green\.png', 'half\.png', 'grey\.png'\]",
    "asyncio.gather": r"red\.png half\.png",
    "QueryError": r"wdith.*width",
    "langchain": r"0\.99\d* .*red\.png\n0\.90\d* .*half\.png",
    "llama_index": r"0\.99\d* .*red\.png\n0\.90\d* .*half\.png",
}
"""Words of an example to what it prints, of an index of painted photos."""


def named(example: str) -> str:
    return next(words for words in reversed(SAID) if words in example)


@pytest.mark.parametrize("example", EXAMPLES, ids=named)
def test_an_example_runs(
    example: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for framework in FRAMEWORKS:
        if framework in example and find_spec(framework) is None:
            pytest.skip(f"{framework} is not installed")
    make_index(tmp_path)
    shutil.move(tmp_path / "index", tmp_path / "photos.index")
    for several in ("a.index", "b.index"):
        shutil.copytree(tmp_path / "photos.index", tmp_path / several)
    (tmp_path / "more-photos").mkdir()
    paint(tmp_path / "new.png", "grey", "grey", "grey")
    paint(tmp_path / "more-photos" / "b.png", "blue", "grey")
    monkeypatch.chdir(tmp_path)
    model: Any = ColourModel()
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: model)
    exec(compile(example, str(GUIDE), "exec"), {"__name__": "__main__"})
    assert re.search(SAID[named(example)], capsys.readouterr().out, re.S)


def test_every_example_is_known() -> None:
    assert [named(example) for example in EXAMPLES] == list(SAID)
