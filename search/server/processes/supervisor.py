"""The process that keeps a number of others serving on one socket.

It is our own, since uvicorn's restarts a worker silently as often as it dies, and closes
connections in use when workers are replaced.
"""

from __future__ import annotations

import multiprocessing
import signal
import socket
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any

from search.server.processes.worker_process import ServingPlan, WorkerProcess
from store import CrossgraphError

__all__ = ["Supervisor", "WorkerFailed"]

SETTLED_SECONDS = 10.0
"""If a worker dies after it ran for this long, starting it was not the reason."""

LONGEST_WAIT = 30.0
SECONDS_TO_END = 1.5
"""Seconds beyond those that requests get, after which a worker is killed."""

ENDING = (signal.SIGTERM, signal.SIGINT)


class WorkerFailed(CrossgraphError):
    """A worker could not start to serve."""


class Supervisor:
    """Starts workers, restarts those that die, replaces them, and stops them.

    SIGTERM and SIGINT stop them. SIGHUP replaces them one by one, starting each new one before the
    old one goes, so that no request fails.

    Args:
        count: number of workers, at least 1.
        plan: what they serve.
        listening: the socket that they share; closed at the end.
        tell: called with a line about each that had to be restarted.
        dead: called with the process id of each that ended.
    """

    def __init__(
        self,
        count: int,
        plan: ServingPlan,
        listening: socket.socket,
        tell: Callable[[str], object],
        dead: Callable[[int], object],
    ) -> None:
        self._count = count
        self._plan = plan
        self._listening = listening
        self._tell = tell
        self._dead = dead
        self._workers: list[WorkerProcess] = []
        self._to_replace: list[WorkerProcess] = []
        self._is_anew = False  # whether workers import the program themselves
        self._wait_seconds = 0.0
        self._due: list[float] = []  # when workers are to be started

    def run(self, ready: Callable[[], None]) -> None:
        """Serve until a signal ends it.

        Args:
            ready: called once all workers answer.

        Raises:
            WorkerFailed: one of the first could not start.
        """
        with _signals() as signals:
            try:
                for _ in range(self._count):
                    self._start()
                if self._began(signals):
                    ready()
                    self._go_on(signals)
            finally:
                self._end()

    def _began(self, signals: Connection) -> bool:
        """Wait until all answer; return whether they do and no signal came first."""
        while not all(worker.ready for worker in self._workers):
            if self._next(signals) in ENDING:
                return False
            for worker in self._ended():
                raise WorkerFailed(worker.why)
        return True

    def _go_on(self, signals: Connection) -> None:
        while (number := self._next(signals)) not in ENDING:
            if number is not None:
                self._roll()
            for worker in self._ended():
                self._replace_lost(worker)

    def _next(self, signals: Connection) -> int | None:
        """Wait for an event, and return the signal if it was one."""
        pipes = {worker.pipe: worker for worker in self._workers if not worker.silent}
        sentinels = [worker.process.sentinel for worker in self._workers]
        began = time.monotonic()
        longest = self._plan.silent_seconds / 4
        seconds = max(0.0, min([longest, *(due - began for due in self._due)]))
        watched: list[Any] = [signals, *pipes, *sentinels]
        happened = wait(watched, seconds)
        self._end_silent(slept=time.monotonic() - began > 2 * longest)
        for pipe, worker in pipes.items():
            if pipe in happened and worker.hear():
                self._put_in_place(worker)
        for due in [each for each in self._due if each <= time.monotonic()]:
            self._due.remove(due)
            self._start()
        return signals.recv() if signals in happened else None

    def _end_silent(self, *, slept: bool) -> None:
        """End silent workers: they are stopped, or hang.

        Args:
            slept: whether this process itself was stopped, during which it heard no worker.
        """
        seconds = self._plan.silent_seconds
        for worker in self._workers:
            if slept:
                worker.heard = time.monotonic()
            elif worker.is_silent_for(seconds):
                worker.end(f"it gave no sign of life for {seconds:g} seconds")

    def _start(self, replaces: WorkerProcess | None = None) -> None:
        self._workers.append(
            WorkerProcess(self._plan, self._listening, replaces, anew=self._is_anew)
        )

    def _put_in_place(self, worker: WorkerProcess) -> None:
        """Put a ready worker in place: its predecessor may go, and the next is replaced."""
        if worker.replaces is not None:
            worker.replaces.drain()
            worker.replaces = None
            self._roll_next()

    def _roll(self) -> None:
        self._is_anew = True
        at_it = any(worker.replaces for worker in self._workers)
        self._to_replace = [worker for worker in self._workers if not worker.leaving]
        if not at_it:
            self._roll_next()

    def _roll_next(self) -> None:
        while self._to_replace:
            old = self._to_replace.pop(0)
            if old in self._workers and not old.leaving:
                self._start(old)
                return

    def _ended(self) -> Generator[WorkerProcess]:
        """Yield ended workers, each after it was removed."""
        for worker in [each for each in self._workers if not each.process.is_alive()]:
            worker.bury()
            self._workers.remove(worker)
            self._dead(worker.process.pid or 0)
            yield worker

    def _replace_lost(self, worker: WorkerProcess) -> None:
        if worker.leaving or any(other.replaces is worker for other in self._workers):
            return
        if worker.replaces is not None and worker.replaces in self._workers:
            self._to_replace.clear()
            self._tell(f"workers were not replaced, and the old ones go on: {worker.why}")
            return
        if worker.replaces is not None and self._to_replace:
            self._to_replace.clear()
            self._tell(f"the other workers were not replaced: {worker.why}")
        settled = worker.ready and time.monotonic() - worker.started > SETTLED_SECONDS
        self._wait_seconds = 0.0 if settled else min(LONGEST_WAIT, 2 * self._wait_seconds + 0.5)
        when = f"in {self._wait_seconds:g} seconds" if self._wait_seconds else "now"
        self._tell(f"worker {worker.process.pid} is restarted {when}: {worker.why}")
        self._due.append(time.monotonic() + self._wait_seconds)

    def _end(self) -> None:
        self._listening.close()
        for worker in self._workers:
            worker.pipe.close()  # which tells it to stop
        until = time.monotonic() + self._plan.seconds_to_stop + SECONDS_TO_END
        for worker in self._workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()


@contextmanager
def _signals() -> Generator[Connection]:
    """Return a pipe from which the signals that come can be read."""
    ours, theirs = multiprocessing.Pipe(duplex=False)
    handled = [*ENDING, *([signal.SIGHUP] if hasattr(signal, "SIGHUP") else [])]
    before = {each: signal.signal(each, lambda number, _: theirs.send(number)) for each in handled}
    try:
        yield ours
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
