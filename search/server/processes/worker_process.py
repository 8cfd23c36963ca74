"""One of several processes that serve on one socket: its handle, and what it runs."""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from select import select as wait_for_room
from typing import TYPE_CHECKING

from search.server.settings import Settings
from search.terminal.streams import guard_streams
from store import CrossgraphError

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

__all__ = ["ServingPlan", "WorkerProcess"]

READY = "ready"
"""What a worker sends once it serves; anything else is the line that says why it cannot."""

ALIVE = "alive"
"""What it sends about once a second from its event loop, unless it is stopped or hangs."""

SILENT_SECONDS = 30.0
"""Seconds after which a silent worker is ended: as long as the time limit of a request."""

DRAIN = "drain"
"""What it receives when another has taken its place. If the pipe is closed, it stops at once."""


@dataclass(frozen=True)
class ServingPlan:
    """What every worker serves.

    Attributes:
        settings: the server's settings.
        checkpoint: as in `search.open_index`, like the next two.
        image_weights: see there.
        text_weights: see there.
        seconds_to_stop: how long running requests may take when it stops.
        silent_seconds: seconds after which a silent worker is ended.
    """

    settings: Settings
    checkpoint: Path | None
    image_weights: Path | None
    text_weights: Path | None
    seconds_to_stop: int
    silent_seconds: float = SILENT_SECONDS


class WorkerProcess:
    """A worker as the supervisor sees it; started at once.

    Args:
        plan: what it serves.
        listening: the socket.
        replaces: the worker whose place it takes once it is ready.
        anew: whether it imports the program itself, which may have changed since others did.
    """

    def __init__(
        self,
        plan: ServingPlan,
        listening: socket.socket,
        replaces: WorkerProcess | None = None,
        *,
        anew: bool = False,
    ) -> None:
        context = _spawning() if anew else _forking()
        self.pipe, theirs = context.Pipe()
        self.process: BaseProcess = context.Process(target=_work, args=(plan, listening, theirs))
        with _interrupts_held():
            self.process.start()
        theirs.close()
        self.replaces = replaces
        self.started = time.monotonic()
        self.heard = self.started
        self.ready = False
        self.leaving = False
        self.silent = False
        self.complaint = ""

    def drain(self) -> None:
        """Let it end once all connected clients have been answered."""
        self.leaving = True
        with suppress(OSError):  # it may be gone already
            self.pipe.send(DRAIN)

    def hear(self) -> bool:
        """Read its messages; return whether it became ready."""
        try:
            message = self.pipe.recv()
        except (EOFError, OSError):
            self.silent = True
            return False
        self.heard = time.monotonic()
        if message == ALIVE:
            return False
        if message != READY:
            self.complaint = message
            return False
        self.ready = True
        return True

    def is_silent_for(self, seconds: float) -> bool:
        """Return whether it has been silent for longer than it may."""
        silent = time.monotonic() - self.heard > seconds
        return silent and self.ready and not self.leaving and not self.pipe.poll()

    def end(self, why: str) -> None:
        """Kill it if it does not answer, whatever it is doing."""
        self.complaint = why
        self.process.kill()

    def bury(self) -> None:
        """Release a process that has ended, after reading its last messages."""
        with suppress(OSError):
            while not (self.ready or self.silent) and self.pipe.poll():
                self.hear()
        self.process.join()
        self.pipe.close()

    @property
    def why(self) -> str:
        """Why it ended, in a few words."""
        code = self.process.exitcode or 0
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
        return self.complaint or f"it {ended}"


def _spawning() -> SpawnContext:
    return multiprocessing.get_context("spawn")


def _forking() -> ForkServerContext | SpawnContext:
    """Return the context in which workers are forked from a process that only imports the program.

    On systems other than Linux they are spawned: libraries that they need do not survive a fork.
    """
    if sys.platform != "linux":
        return _spawning()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["search.server.processes.preloaded"])
    return context


@contextmanager
def _interrupts_held() -> Generator[None]:
    """Hold Ctrl-C back, in a process that is started meanwhile too, until that one ignores it.

    The terminal sends it to every process, and only the supervisor decides what happens. On
    Windows, where processes cannot hold signals back, this does nothing.
    """
    if sys.platform == "win32":
        yield
        return
    resource_tracker.ensure_running()  # starting it later would end the hold
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(plan: ServingPlan, listening: socket.socket, supervisor: Connection) -> None:
    """Serve until the supervisor says to stop, or is gone."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # the fork server ignores it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform != "win32":
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    guard_streams()
    # Here, since the supervisor does not need it.
    from search.server.app import build_app
    from search.server.pool.model_holder import model_loader
    from search.server.processes.uvicorn_server import Running

    try:
        load = model_loader(plan.checkpoint, plan.image_weights, plan.text_weights, shared=True)
        app = build_app(plan.settings, load)
        app.state.service.warm()
    except (CrossgraphError, OSError, ValueError) as error:
        _say(supervisor, " ".join(str(error).split()))
        sys.exit(1)
    running = Running(
        app,
        listening,
        lambda: _say(supervisor, READY),
        plan.seconds_to_stop,
        lambda: _say_alive(supervisor),
    )
    listener = threading.Thread(target=_listen, args=(supervisor, running.drain, running.stop))
    listener.start()
    ended = running.run()
    # A thread cannot be stopped, that of the pipe among them, and Python would wait for it.
    os._exit(0 if ended else 1)


def _say(supervisor: Connection, line: str) -> None:
    with suppress(OSError):  # it may have ended meanwhile, which `_listen` hears
        supervisor.send(line)


def _say_alive(supervisor: Connection) -> None:
    """Send a sign of life if the pipe has room: a stopped supervisor reads nothing."""
    with suppress(OSError):
        if wait_for_room([], [supervisor], [], 0)[1]:
            supervisor.send(ALIVE)


def _listen(supervisor: Connection, drain: Callable[[], None], stop: Callable[[], None]) -> None:
    try:
        while supervisor.recv() == DRAIN:
            drain()
    except (EOFError, OSError):
        stop()
