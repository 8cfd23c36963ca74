"""Fuzzing one target: inputs are read in a process of their own, which may crash, hang or swell."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from tests.fuzz.targets import TARGETS
from tests.waiting import PATIENCE_SECONDS

MAX_SECONDS = 5.0  # of the processor, for one input
MAX_GROWTH_BYTES = 2**30
MAX_FAILURES = 10  # the rest are most often the same ones again


@dataclass
class Findings:
    """What came of fuzzing a target."""

    name: str
    inputs: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    peak_bytes: int = 0

    def __str__(self) -> str:
        counted = ", ".join(f"{count:,} {name}" for name, count in sorted(self.outcomes.items()))
        return (
            f"{self.name}: {self.inputs:,} inputs ({counted}) in {self.seconds:.0f} s, slowest "
            f"{self.slowest_seconds:.2f} s, memory +{self.peak_bytes / 2**20:.0f} MiB"
        )


def fuzz(
    name: str, inputs: int, seed: int, keep: Path | None = None, max_seconds: float | None = None
) -> Findings:
    """Read that many wrong inputs, or those that the time allows.

    Args:
        name: of the target.
        inputs: how many.
        seed: the same one gives the same inputs.
        keep: a folder for inputs that failed; a new temporary one if None.
        max_seconds: stop after these.
    """
    findings = Findings(name)
    started = time.monotonic()
    ends = started + max_seconds if max_seconds is not None else float("inf")
    seeds = TARGETS[name].seeds()
    with tempfile.TemporaryDirectory() as folder:
        current = Path(folder) / "input"
        while not _is_over(findings, inputs, ends):
            problem = _watch(findings, seeds, (seed, inputs), current, ends)
            if problem:
                keep = keep or Path(tempfile.mkdtemp(prefix="fuzz-"))
                keep.mkdir(parents=True, exist_ok=True)
                kept = keep / f"{name}-{seed}-{findings.inputs - 1}"
                shutil.copy(current, kept)
                findings.failures.append(f"{problem} (input: {kept})")
    findings.seconds = time.monotonic() - started
    return findings


def _is_over(findings: Findings, inputs: int, ends: float) -> bool:
    too_many = len(findings.failures) >= MAX_FAILURES
    return too_many or findings.inputs >= inputs or time.monotonic() >= ends


def _watch(
    findings: Findings, seeds: list[bytes], plan: tuple[int, int], current: Path, ends: float
) -> str:
    """Let a new process go on until it is done or something fails; say what failed."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    arguments = (findings.name, seeds, plan, findings.inputs, str(current), theirs)
    worker = context.Process(target=_work, args=arguments, daemon=True)
    worker.start()
    theirs.close()
    try:
        if not ours.poll(PATIENCE_SECONDS):
            raise RuntimeError("the fuzzing process did not start")
        ours.recv()
        while not _is_over(findings, plan[1], ends):
            problem = _take(findings, ours)
            if problem:
                return problem
        return ""
    except EOFError:
        worker.join()
        findings.inputs += 1
        findings.outcomes["crashed"] += 1
        return f"crash: the process ended with {worker.exitcode}"
    finally:
        worker.kill()
        worker.join()
        ours.close()


def _take(findings: Findings, ours: Connection) -> str:
    if not ours.poll(PATIENCE_SECONDS):
        findings.inputs += 1
        findings.outcomes["hung"] += 1
        return f"hang: not done after {PATIENCE_SECONDS:.0f} s"
    outcome, problem, seconds, growth = ours.recv()
    findings.inputs += 1
    findings.outcomes[outcome] += 1
    findings.slowest_seconds = max(findings.slowest_seconds, seconds)
    findings.peak_bytes = max(findings.peak_bytes, growth)
    if growth > MAX_GROWTH_BYTES:
        problem = f"memory: {growth / 2**20:.0f} MiB"
    if seconds > MAX_SECONDS:
        problem = f"slow: {seconds:.1f} s of the processor"
    return str(problem)


def _work(
    name: str,
    seeds: list[bytes],
    plan: tuple[int, int],
    first: int,
    current: str,
    theirs: Connection,
) -> None:
    target = TARGETS[name]
    seed, inputs = plan
    # libtiff writes to stderr what it thinks of each input.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    target.read(seeds[0])  # what is imported late is no growth
    before = _peak_bytes()
    theirs.send("ready")
    for number in range(first, inputs):
        rng = np.random.default_rng([seed, number])
        content = target.mutate(seeds[rng.integers(0, len(seeds))], seeds, rng)
        Path(current).write_bytes(content)
        started = time.process_time()
        outcome, problem = "failed", ""
        try:
            outcome = target.read(content)
        except BaseException:  # whatever it is, it is what we look for
            problem = traceback.format_exc(limit=-3).strip().replace("\n", " | ")
        theirs.send((outcome, problem, time.process_time() - started, _peak_bytes() - before))
        if problem:
            return


def _peak_bytes() -> int:
    status = Path("/proc/self/status")
    if status.exists():  # getrusage on Linux begins with the peak of the process that began this
        return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
