"""Mutation testing: `python -m benchmarks.mutations [MODULE ...]` prints the mutants that survive.

One thing in a module is changed, such as `<` to `<=`, and the tests that `mutation_targets` lists
for the module are run: if none fails, there is behaviour that no test covers. Changes are drawn at
random, always the same for a seed. Those that make no difference are listed in
`equivalent_mutants.txt`, each with its reason, and do not count. The working tree is not changed,
and each change is tried in a process of its own, which is forked once everything but the project is
imported.

Exits with 1 if the tests of any module caught less than 85 %.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks.mutants import Mutant, mutants
from benchmarks.mutation_child import run_tests
from benchmarks.mutation_targets import TARGETS

__all__: list[str] = []

ROOT = Path(__file__).parents[1]
LEAST = 0.85
SLOWER, MORE_SECONDS = 10, 30.0
"""With a change, tests may take this many times as long and this many seconds more, before they
count as hanging, which counts as caught."""

EQUIVALENTS = Path(__file__).with_name("equivalent_mutants.txt")


def equivalents(module: str) -> set[str]:
    """Return the changes of a module that make no difference: lines `MODULE: CHANGE  # REASON`."""
    lines = EQUIVALENTS.read_text(encoding="utf-8").splitlines()
    begin = f"{module}: "
    return {line.removeprefix(begin).split("  # ")[0] for line in lines if line.startswith(begin)}


def drawn(module: str, sample: int, seed: int) -> list[Mutant]:
    """Return so many random changes of a module, excluding equivalent ones."""
    same = equivalents(module)
    source = (ROOT / module).read_text(encoding="utf-8")
    every = [each for each in mutants(source) if each.change not in same]
    chosen = random.Random(f"{seed} {module}").sample(range(len(every)), min(sample, len(every)))
    return [every[number] for number in sorted(chosen)]


@dataclass
class Trial:
    """Tests that run in a child process.

    Attributes:
        child: the process id.
        until: the deadline, by the monotonic clock.
        mutant: the change; None for the module as it is.
    """

    child: int
    until: float
    mutant: Mutant | None

    def outcome(self) -> bool | None:
        """Return whether a test failed or the tests timed out; None while they are running."""
        ended, status = os.waitpid(self.child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status) != 0
        if time.monotonic() < self.until:
            return None
        os.killpg(self.child, signal.SIGKILL)
        os.waitpid(self.child, 0)
        return True


def begun(module: str, mutant: Mutant | None, seconds: float, modules: Path | None = None) -> Trial:
    """Start the tests of a module in a child process, in which the module is changed."""
    child = os.fork()
    if child == 0:
        code = 99
        try:
            os.setpgid(0, 0)
            tree = None if mutant is None else mutant.tree
            code = run_tests(ROOT, module, tree, TARGETS[module], modules)
        finally:
            os._exit(code)
    return Trial(child, time.monotonic() + seconds, mutant)


def ended(trials: list[Trial]) -> tuple[Trial, bool]:
    """Wait for one of the trials to end, remove it from the list, and return it and its outcome."""
    while True:
        for trial in trials:
            if (outcome := trial.outcome()) is not None:
                trials.remove(trial)
                return trial, outcome
        time.sleep(0.02)


def unchanged_seconds(module: str) -> float:
    """Return how long a module's tests take, once the third-party modules they need are imported.

    Raises:
        SystemExit: the tests of the unchanged module fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        modules = Path(folder) / "modules"
        for _ in range(2):
            began = time.monotonic()
            if ended([begun(module, None, 900.0, modules)])[1]:
                sys.exit(f"the tests of {module} fail as it is: {' '.join(TARGETS[module])}")
            seconds = time.monotonic() - began
            for name in modules.read_text(encoding="utf-8").split():
                try:
                    __import__(name)
                except Exception:  # each child tries the import itself
                    continue
    return seconds


def measure(module: str, sample: int, seed: int, jobs: int) -> tuple[int, list[Mutant]]:
    """Return how many changes of a module were tried, and those that no test noticed."""
    limit = SLOWER * unchanged_seconds(module) + MORE_SECONDS
    waiting = drawn(module, sample, seed)
    tried, running, survived = len(waiting), [], []
    while waiting or running:
        if waiting and len(running) < jobs:
            running.append(begun(module, waiting.pop(0), limit))
            continue
        trial, is_caught = ended(running)
        if not is_caught and trial.mutant is not None:
            survived.append(trial.mutant)
    return tried, sorted(survived, key=lambda mutant: mutant.line)


def main() -> None:
    """Print a line for each module, and each change that no test noticed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("modules", nargs="*", help="paths of modules; all where none is given")
    parser.add_argument("--sample", type=int, default=20, help="changes of each module")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1, help="changes tried at once")
    options = parser.parse_args()
    os.chdir(ROOT)
    weak = 0
    sys.stdout.write(f"{'module':48} mutants  killed  percent\n")
    for module in options.modules or TARGETS:
        tried, survived = measure(module, options.sample, options.seed, options.jobs)
        part = 1 - len(survived) / max(tried, 1)
        weak += part < LEAST
        sys.stdout.write(f"{module:48} {tried:7} {tried - len(survived):7} {100 * part:7.0f} %\n")
        for mutant in survived:
            sys.stdout.write(f"    line {mutant.line}: {mutant.change}\n")
        sys.stdout.flush()
    sys.exit(1 if weak else 0)


if __name__ == "__main__":
    main()
