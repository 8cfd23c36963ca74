"""Which exceptions are shown as one line, which with a traceback, and with what exit code."""

from __future__ import annotations

import gc
from collections.abc import Callable

import pytest

from fusion.fusion_error import FusionError
from search.terminal.boundary import run
from store import CrossgraphError, IndexNotFound, QueryError


class NamedError(FusionError, ValueError):
    """Represents an error that one of our packages defines."""


def raising(error: BaseException) -> Callable[..., None]:
    def app(**_: object) -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (NamedError("two\n  lines"), 1, "error: two lines"),
        (CrossgraphError("no"), 1, "error: no"),
        (IndexNotFound("nowhere"), 1, "error: nowhere"),
        (QueryError("empty"), 2, "error: empty"),
        (FileNotFoundError(2, "No such file or directory", "a.json"), 1, "directory: a.json"),
        (PermissionError("no"), 1, "error: no"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
        (MemoryError(), 1, "error: there is not enough memory"),
        (RuntimeError("std::bad_alloc"), 1, "error: there is not enough memory"),
        (ImportError("x.so: failed to map segment from shared object"), 1, "not enough memory"),
    ],
)
def test_expected_errors_are_one_line(
    capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    assert run(raising(error), [], "crossgraph") == code
    out, err = capsys.readouterr()
    assert out == ""
    assert line in err
    assert err.count("\n") == 1


def test_bugs_keep_their_traceback() -> None:
    with pytest.raises(ValueError, match="matmul"):
        run(raising(ValueError("matmul")), [], "crossgraph")


def test_the_debug_variable_shows_where_an_error_came_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CROSSGRAPH_DEBUG", "1")
    assert run(raising(NamedError("oh")), [], "crossgraph") == 1
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert err.endswith("error: oh\n")


def test_an_exit_code_is_passed_on() -> None:
    assert run(lambda **_: None, [], "crossgraph") == 0
    assert run(lambda **_: 3, [], "crossgraph") == 3


@pytest.mark.parametrize(("arguments", "frozen"), [(None, 1), ([], 0)])
def test_cycles_are_left_alone_only_when_the_process_ends(
    monkeypatch: pytest.MonkeyPatch, arguments: list[str] | None, frozen: int
) -> None:
    calls: list[None] = []
    monkeypatch.setattr(gc, "freeze", lambda: calls.append(None))
    assert run(lambda **_: 0, arguments, "crossgraph") == 0
    assert len(calls) == frozen
