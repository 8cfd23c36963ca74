"""`crossgraph doctor` on this machine, which can run the tests and so has all that is needed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from search.cli import main

pytestmark = pytest.mark.weights


def test_lines_and_json_say_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert main(["doctor", "--json"]) == 0
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [line.split()[0] for line in lines] == [found["state"] for found in findings]
    named = {found["name"] for found in findings}
    assert {"FAISS", "photos", "queries", "vectors", "threads", "shipped model"} <= named


def test_an_index_that_is_asked_for_and_not_there_ends_with_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["doctor", "--index", "photos.index"]) == 1
    assert capsys.readouterr().out.splitlines()[-1].startswith("missing index photos.index: ")
