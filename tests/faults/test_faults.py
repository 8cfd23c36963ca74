"""An indexing run that is killed, or runs out of disk, at any of its calls loses nothing.

A share of the points, evenly; `python -m tests.faults` tries them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from store.photo_names import base_name
from tests.faults.points import START_STATES, Stage, stages, thinned
from tests.faults.shim import Mode, compile_shim, why_not

pytestmark = pytest.mark.skipif(why_not() is not None, reason=str(why_not()))

POINTS_OF_EACH = 10


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    folder = tmp_path_factory.mktemp("faults").resolve()
    with stages(compile_shim(folder), folder / "work") as made:
        yield made


def test_the_undisturbed_run_tells_what_it_did_in_the_order_of_its_files(
    ready: dict[str, Stage],
) -> None:
    for stage in ready.values():
        todo = stage.todo()
        assert [last for _, last in stage.told] == [
            base_name(todo[done - 1]) for done, _ in stage.told
        ]
        assert len(stage.told) > 3
        assert stage.told[-1][0] == len(todo)


@pytest.mark.parametrize("mode", Mode, ids=lambda mode: mode.name.lower())
@pytest.mark.parametrize("state", START_STATES)
def test_nothing_is_lost_and_nothing_half_written_is_served(
    ready: dict[str, Stage],
    state: str,
    mode: Mode,
    record_property: Callable[[str, object], None],
) -> None:
    calls = ready[state].calls(mode)
    points = thinned(len(calls), POINTS_OF_EACH)
    record_property("points", f"{len(points)} of {len(calls)}")
    wrong = {
        f"{n} {calls[n - 1]}": found for n in points if (found := ready[state].problems(mode, n))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("writer", "mode", "caught"),
    [
        ("two_transactions", Mode.KILL, "are not those of its content"),
        ("tells_too_early", Mode.KILL, "told as done, not there"),
        ("rewrites_in_place", Mode.KILL, "then: lost"),
        ("rewrites_in_place", Mode.TORN, "then: IndexDamaged"),
        ("leaves_a_temporary_file", Mode.KILL, "summary.N.part"),
        ("swallows_a_full_disk", Mode.FULL, "the run: "),
    ],
)
def test_a_writer_with_a_mistake_is_caught(
    ready: dict[str, Stage], writer: str, mode: Mode, caught: str
) -> None:
    stage = ready["update"].with_run(f"tests.faults.broken:{writer}")
    count = len(stage.calls(mode))
    # Each mistake is at the end of its run or in its first half.
    points = [*range(count, count - 4, -1), *range(1, count // 2, 4)]
    assert any(caught in problem for n in points for problem in stage.problems(mode, n))
