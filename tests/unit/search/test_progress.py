"""Without a terminal, progress is an occasional line, on stderr only."""

from __future__ import annotations

import pytest

from search.terminal import progress
from search.terminal.progress import Pace, ProgressReport


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


def test_rate_and_time_left_count_from_the_stages_first_report() -> None:
    now = 0.0
    pace = Pace(lambda: now)
    assert pace.tell(16, 1000) == ""  # includes the time in which the model was loaded
    now = 0.5
    assert pace.tell(20, 1000) == ""
    now = 4.0
    assert pace.tell(66, 1000) == "12/s, 1 min left"
    now = 5.0
    assert pace.tell(1, 10) == ""  # the next stage
    now = 7.0
    assert pace.tell(2, 10) == "0.5/s, 16 s left"
    now = 8.0
    assert pace.tell(2, None) == ""
    now = 10.0
    assert pace.tell(402, None) == "200/s"


def test_a_line_has_the_rate_and_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.0)
    monkeypatch.setattr(Pace, "tell", lambda *_: "12/s, 1 min left")
    with ProgressReport("indexing") as report:
        report.update(5, 20, "a.jpg")
    assert capsys.readouterr().err == "indexing: 5 of 20, 12/s, 1 min left a.jpg\n"
