"""Away from a terminal progress is a line now and then, on stderr only."""

from __future__ import annotations

import pytest

from search import progress
from search.progress import ProgressReport


def test_lines_come_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with ProgressReport("indexing") as report:
        report.update(5, 20, "a.jpg")
        report(6)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["indexing: 5 of 20 a.jpg", "indexing: 6"]


def test_often_is_not_loud(capsys: pytest.CaptureFixture[str]) -> None:
    with ProgressReport("indexing") as report:
        for done in range(1000):
            report.update(done, 1000)
    assert capsys.readouterr().err == ""


def test_quiet_says_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    with ProgressReport("indexing", quiet=True) as report:
        report.update(5, 20)
    assert capsys.readouterr().err == ""
