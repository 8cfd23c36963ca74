"""Tries a run with a fault at any of its calls: run, read what is left, run again, compare."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.faults.checks import EMPTY
from tests.faults.shim import Fault, ForkServer, Mode, Outcome

__all__ = ["START_STATES", "Stage", "stages", "thinned"]

START_STATES = ("update", "first")
"""An index that knows the photos as they were before, or none at all."""

SOUND = "tests.faults.scenario:run"
KILLED = 9
OWN_ERRORS = {"CrossgraphError", "OSError"}


class Stage:
    """One starting state and what an undisturbed run makes of it.

    Args:
        server: runs everything, in children.
        root: where `photos` and their captions lie, as they are after people worked there.
        start: an index folder, which is copied for every point; None to begin without one.
        truth: sha256 to the model's vector and nodes.
        run: the task under test.

    Attributes:
        told: what the undisturbed run told: files done, and the last one's name.
    """

    def __init__(
        self,
        server: ForkServer,
        root: Path,
        start: Path | None,
        truth: dict[str, list[str]],
        run: str = SOUND,
    ) -> None:
        self._server = server
        self._root = root
        self._start = start
        self._truth = truth
        self._run = run
        self._index = root / "index"
        self._before = EMPTY
        if start is not None:
            self._before = self._ask(
                "tests.faults.checks:describe", index=self._copy(start, "seen")
            )
        undisturbed = self._disturbed(Fault(self._index, 0, Mode.KILL))
        if undisturbed.error or undisturbed.signal:
            raise RuntimeError(f"the undisturbed run failed: {undisturbed}")
        self._after = self._described()
        self.told = undisturbed.told

    def with_run(self, run: str) -> Stage:
        """Return the same with another task under test, such as a broken one."""
        return Stage(self._server, self._root, self._start, self._truth, run)

    def calls(self, mode: Mode) -> tuple[str, ...]:
        """Return the calls at which the mode can strike, in order, of an undisturbed run."""
        return self._disturbed(Fault(self._index, 0, mode)).calls

    def todo(self) -> list[str]:
        """Return the paths that the run reads, in its order: new, changed and newly broken ones."""
        same = {
            path
            for path, photo in self._after["photos"].items()
            if photo["id"] in {p["id"] for p in self._before["photos"].values()}
            and photo["sha256"] in {p["sha256"] for p in self._before["photos"].values()}
        }
        paths = {*self._after["photos"], *(path for path, _ in self._after["quarantine"])}
        return sorted(paths - same)

    def problems(self, mode: Mode, n: int) -> list[str]:
        """Say what is wrong after a fault at the n-th call; nothing, if all is well."""
        outcome = self._disturbed(Fault(self._index, n, mode))
        problems = [f"the run: {problem}" for problem in self._ending(outcome, mode)]
        problems += [f"then: {problem}" for problem in self._as_read(outcome)]
        again = self._try(self._run)
        if again.error or again.signal:
            return [*problems, f"run again: {again.error or f'signal {again.signal}'}"]
        try:
            now = self._described()
        except RuntimeError as error:
            return [*problems, f"run again: {error}"]
        return [*problems, *(f"run again: {p}" for p in self._differences(now, self._after))]

    # The steps

    def _disturbed(self, fault: Fault) -> Outcome:
        if self._start is None:
            shutil.rmtree(self._index, ignore_errors=True)
        else:
            self._copy(self._start, "index")
        return self._try(self._run, fault)

    def _try(self, task: str, fault: Fault | None = None) -> Outcome:
        return self._server.run(task, fault=fault, root=self._root, index=self._index)

    def _ending(self, outcome: Outcome, mode: Mode) -> list[str]:
        """Killed where it was to be; on a full disk, an error with its place, or all is done."""
        if mode.kills:
            ended = f"signal {outcome.signal} {outcome.error}"
            return [] if outcome.signal == KILLED else [f"was to be killed, ended with {ended}"]
        if outcome.signal:
            return [f"crashed with signal {outcome.signal}"]
        if outcome.error:
            problems = [] if OWN_ERRORS & set(outcome.kinds) else [f"no own error: {outcome.error}"]
            if str(self._index) not in outcome.error:
                problems.append(f"does not name the file: {outcome.error}")
            return problems
        # The vectors' file only saves time: a run that could not write it has done its work.
        # The file it could not vouch for may lie there, until the next run removes it.
        now = self._ask("tests.faults.checks:describe", index=self._copy(self._index, "seen"))
        aside = {"files": None, "verify": None}
        return self._differences(now | aside, self._after | aside)

    def _as_read(self, outcome: Outcome) -> list[str]:
        """Say what a reader finds, in a copy: reading mends, and the next run is to mend too."""
        if not self._index.exists():
            return ["the index folder is gone"] if self._start else []
        files = max((done for done, _ in outcome.told), default=0)
        found = self._server.run(
            "tests.faults.checks:inspect",
            index=self._copy(self._index, "seen"),
            root=self._root,
            before=self._before,
            after=self._after,
            truth=self._truth,
            done=self.todo()[:files],
        )
        if found.error or found.signal:
            return [found.error or f"the reader was killed by signal {found.signal}"]
        return list(found.answer)

    def _differences(self, now: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
        """Compare with the undisturbed run: all but the ids of photos that were new."""
        old = {photo["id"] for photo in self._before["photos"].values()}
        problems = []
        for key in wanted:
            if key == "photos":
                continue
            if now[key] != wanted[key]:
                problems.append(f"{key} {now[key]}, expected {wanted[key]}")
        for path in sorted({*now["photos"], *wanted["photos"]}):
            found, meant = (_without_id(s["photos"].get(path), old) for s in (now, wanted))
            if found != meant:
                problems.append(f"{path}: {found}, expected {meant}")
        return problems

    def _described(self) -> dict[str, Any]:
        return self._ask("tests.faults.checks:describe", index=self._index)

    def _ask(self, task: str, *, index: Path) -> dict[str, Any]:
        outcome = self._server.run(task, index=index, root=self._root)
        if outcome.answer is None:
            raise RuntimeError(f"{task}: {outcome.error or f'signal {outcome.signal}'}")
        answer: dict[str, Any] = outcome.answer
        return answer

    def _copy(self, folder: Path, name: str) -> Path:
        copy = self._root / name
        shutil.rmtree(copy, ignore_errors=True)
        return Path(shutil.copytree(folder, copy))


def _without_id(photo: dict[str, Any] | None, old: set[int]) -> dict[str, Any] | None:
    if photo is None or photo["id"] in old:
        return photo
    return {key: value for key, value in photo.items() if key != "id"}


@contextmanager
def stages(library: Path, root: Path) -> Iterator[dict[str, Stage]]:
    """Return a stage for every starting state, ready, and a server while the block runs."""
    with ForkServer(library) as server:
        truth: dict[str, list[str]] = {}
        for task in ("paint_before", "truth", "run", "paint_after", "truth"):
            index = {"index": str(root / "start")} if task == "run" else {}
            outcome = server.run(f"tests.faults.scenario:{task}", fault=None, root=root, **index)
            if outcome.error or outcome.signal:
                raise RuntimeError(f"{task} failed: {outcome}")
            truth |= outcome.answer if task == "truth" else {}
        yield {
            "update": Stage(server, root, root / "start", truth),
            "first": Stage(server, root, None, truth),
        }


def thinned(count: int, most: int) -> list[int]:
    """Return at most this many points, of 1 to `count`, evenly, the first and the last among them.

    >>> thinned(9, 3), thinned(2, 3)
    ([1, 5, 9], [1, 2])
    """
    if count <= most:
        return list(range(1, count + 1))
    return [1 + round(place * (count - 1) / (most - 1)) for place in range(most)]
