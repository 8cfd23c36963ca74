"""Every point of every mode: `python -m tests.faults`; prints how many were tried.

Ends with 1 if anything is wrong, and says what and at which call.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.points import START_STATES, stages, thinned
from tests.faults.shim import Mode, compile_shim, why_not


def main() -> int:
    """Try the points, all of them or a number of each mode."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--most", type=int, default=sys.maxsize, help="points of each mode, evenly")
    most = parser.parse_args().most
    reason = why_not()
    if reason is not None:
        parser.error(reason)
    started = time.monotonic()
    tried = wrong = 0
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        library = compile_shim(Path(folder))
        with stages(library, Path(folder).resolve() / "work") as ready:
            for state in START_STATES:
                for mode in Mode:
                    calls = ready[state].calls(mode)
                    points = thinned(len(calls), most)
                    bad = 0
                    for n in points:
                        problems = ready[state].problems(mode, n)
                        bad += bool(problems)
                        for problem in problems:
                            _say(f"{state} {mode.name} {n} ({calls[n - 1]}): {problem}")
                    _say(f"{state} {mode.name}: {len(points)} of {len(calls)} points, {bad} wrong")
                    tried += len(points)
                    wrong += bad
    _say(f"{tried} points in {time.monotonic() - started:.0f} s, {wrong} wrong")
    return int(wrong > 0)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
