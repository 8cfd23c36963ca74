"""The process that forks a child for every task, so that none of them pays for an interpreter.

Reads requests and writes replies, a line of JSON each. It starts no thread and never searches
itself: a fork copies only the thread that asks for it.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

# Imported once, here, and not in every child: what tasks are made of, and what these import late.
import filelock  # noqa: F401
import PIL.PngImagePlugin  # noqa: F401

import tests.faults.broken
import tests.faults.checks
import tests.faults.shard_scenario  # noqa: F401
from tests.waiting import PATIENCE_SECONDS


def serve() -> None:
    """Answer until the input ends."""
    shim = _shim()
    for line in sys.stdin:
        reply = _in_a_child(json.loads(line), shim)
        sys.stdout.write(json.dumps(reply) + "\n")
        sys.stdout.flush()


def _shim() -> ctypes.CDLL:
    shim = ctypes.CDLL(None)
    shim.fault_arm.argtypes = (ctypes.c_char_p, ctypes.c_long, ctypes.c_int)
    shim.fault_count.restype = ctypes.c_long
    shim.fault_calls.restype = ctypes.c_char_p
    return shim


def _in_a_child(request: dict[str, Any], shim: ctypes.CDLL) -> dict[str, Any]:
    """Return what the child told before its end, and how it ended."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        status = 1
        try:
            signal.alarm(int(PATIENCE_SECONDS))  # what hangs ends as killed by SIGALRM
            for told in _work(request, shim, lambda told: _tell(writing, {"told": told})):
                _tell(writing, told)
            status = 0
        finally:
            os._exit(status)  # no buffer of the parent's is written twice
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as stream:
        lines = [json.loads(line) for line in stream]
    _, status = os.waitpid(child, 0)
    reply: dict[str, Any] = {"told": [line["told"] for line in lines if "told" in line]}
    for line in lines:
        reply.update({key: value for key, value in line.items() if key != "told"})
    code = os.waitstatus_to_exitcode(status)
    return {**reply, "signal": -code if code < 0 else 0}


def _work(
    request: dict[str, Any], shim: ctypes.CDLL, tell: Callable[[Any], None]
) -> Iterator[dict[str, Any]]:
    module, _, name = request["task"].partition(":")
    task = getattr(importlib.import_module(module), name)
    fault = request.get("fault")
    if fault:
        shim.fault_arm(os.fsencode(os.path.realpath(fault["folder"])), fault["n"], fault["mode"])
    try:
        yield {"answer": task(tell, **request["arguments"])}
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        yield {"error": f"{type(error).__name__}: {error}", "kinds": kinds}
    shim.fault_disarm()
    yield {"count": shim.fault_count(), "calls": shim.fault_calls().decode().splitlines()}


def _tell(writing: int, told: dict[str, Any]) -> None:
    os.write(writing, json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    serve()
