"""Runs tasks in children of their own that are killed, or run out of disk, at a chosen call."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["Fault", "ForkServer", "Mode", "Outcome", "compile_shim", "why_not"]

ROOT = Path(__file__).parents[2]
FLAGS = ("-O1", "-U_FORTIFY_SOURCE", "-shared", "-fPIC")


class Mode(IntEnum):
    """What happens at the n-th call; each mode counts the calls that it can do that at.

    The numbers are those of `enum mode` in shim.c.
    """

    KILL = 1
    """Killed before the call; counts every call that changes the disk."""
    TORN = 2
    """Killed after half of the bytes; counts writes."""
    FULL = 3
    """No space from here on; counts what needs space. A write that has room for half takes it."""
    FULL_ONCE = 4
    """No space for this one call, then there is again."""

    @property
    def kills(self) -> bool:
        """Say whether the process ends there."""
        return self in (Mode.KILL, Mode.TORN)


@dataclass(frozen=True)
class Fault:
    """At the n-th call (from 1) that changes something below `folder`; 0 only counts."""

    folder: Path
    n: int
    mode: Mode


@dataclass(frozen=True)
class Outcome:
    """How a task ended.

    Attributes:
        answer: what it gave, None where it did not come to its end.
        told: what it told before its end.
        signal: the one that killed it, 0 if none did.
        error: class and message of what Python raised, empty if nothing.
        kinds: names of that error's class and those it descends from.
        count: how many calls were counted, 0 if it was killed.
        calls: these calls, each with the file's path within the folder.
    """

    answer: Any = None
    told: tuple[Any, ...] = ()
    signal: int = 0
    error: str = ""
    kinds: tuple[str, ...] = ()
    count: int = 0
    calls: tuple[str, ...] = ()


def why_not() -> str | None:
    """Return the reason why there can be no shim here, None where there can."""
    if sys.platform != "linux":
        return f"faults are injected through LD_PRELOAD and /proc, which {sys.platform} lacks"
    if shutil.which("cc") is None:
        return "faults are injected by a C library, and there is no compiler `cc`"
    return None


def compile_shim(folder: Path) -> Path:
    """Compile shim.c into a folder and give the library.

    Raises:
        RuntimeError: the compiler refused it; has its words.
    """
    library = folder / "shim.so"
    source = Path(__file__).with_name("shim.c")
    command = ["cc", *FLAGS, "-o", str(library), str(source), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")
    return library


class ForkServer:
    """A process with the shim in it, which forks a child for every task; a context manager."""

    def __init__(self, library: Path) -> None:
        threads = {name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env={**os.environ, **threads, "LD_PRELOAD": str(library), "PYTHONPATH": str(ROOT)},
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def run(self, task: str, *, fault: Fault | None = None, **arguments: object) -> Outcome:
        """Run `module:function` in a child: it gets `tell` and these arguments, through JSON.

        Raises:
            RuntimeError: the server itself ended.
        """
        at = fault and {"folder": str(fault.folder), "n": fault.n, "mode": int(fault.mode)}
        request = {"task": task, "arguments": arguments, "fault": at}
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request, default=str) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the fork server ended at {task}; its words are on stderr")
        reply = json.loads(line)
        lists = {name: tuple(reply.get(name, ())) for name in ("told", "kinds", "calls")}
        return Outcome(**{**reply, **lists})
