"""`python -m tests.fuzz [decode|coco|...] --inputs 100000 --seed 0`: exit code 1 on a finding."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tests.fuzz.run import fuzz
from tests.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("targets", nargs="*", metavar="|".join(TARGETS), help="all if none")
    parser.add_argument("--inputs", type=int, default=100_000, help="for each target")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, help="folder for the inputs that failed")
    parser.add_argument("--seconds", type=float, help="stop each target after these")
    options = parser.parse_args()
    unknown = set(options.targets) - set(TARGETS)
    if unknown:
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    failed = False
    for name in options.targets or TARGETS:
        findings = fuzz(name, options.inputs, options.seed, options.keep, options.seconds)
        print(findings, *findings.failures, sep="\n  ", flush=True)  # noqa: T201
        failed = failed or bool(findings.failures)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
