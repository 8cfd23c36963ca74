"""Where exceptions become one line and an exit code: 0 success, 1 failure, 2 usage error.

Errors of the project's two trees, which have an `exit_code`, errors of the operating system and
lack of memory are printed in one line; CROSSGRAPH_DEBUG=1 shows where they came from. Anything else
is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress

from search.printable import without_passwords
from search.terminal.out_of_memory import OUT_OF_MEMORY, is_out_of_memory
from search.terminal.streams import guard_streams

__all__ = ["DEBUG_VARIABLE", "run"]

DEBUG_VARIABLE = "CROSSGRAPH_DEBUG"

FAILED, INTERRUPTED = 1, 130


def run(app: Callable[..., object], arguments: Sequence[str] | None, name: str) -> int:
    """Run a typer application and return its exit code; an error is one line on stderr.

    Args:
        app: the application; called with typer's `standalone_mode=False`.
        arguments: the command line after the program's name; None for the process's own.
        name: the program's name in usage lines.
    """
    guard_streams()
    _silence_libraries()
    try:
        code = app(args=arguments, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except BrokenPipeError:
        # The reader, such as `head`, has read enough.
        _drop_output()
        return FAILED
    except KeyboardInterrupt:
        return _tell("interrupted", INTERRUPTED)
    except Exception as error:
        line = _line_for(error)
        if line is None:
            raise
        if os.environ.get(DEBUG_VARIABLE):
            traceback.print_exc()
        _drop_output()
        return _tell(line, _exit_code(error))
    finally:
        if arguments is None:
            # The process ends now, and would spend 0.07 s on looking for cycles.
            gc.freeze()


def _line_for(error: Exception) -> str | None:
    """Return the message for a user; None if the exception is a bug that needs its traceback."""
    usage = getattr(error, "format_message", None)
    if usage is not None:  # typer's own: an unknown option, a value out of range
        return str(usage())
    if isinstance(getattr(error, "exit_code", None), int):
        return str(error)
    if is_out_of_memory(error):
        return OUT_OF_MEMORY
    if isinstance(error, OSError):
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror or error}{where}"
    return None


def _exit_code(error: Exception) -> int:
    code = getattr(error, "exit_code", FAILED)
    return code if isinstance(code, int) else FAILED


def _tell(message: str, code: int) -> int:
    sys.stderr.write(f"error: {without_passwords(' '.join(message.split()))}\n")
    return code


def _drop_output() -> None:
    """Print what is still buffered; if that fails, as on a full disk, drop it.

    Python would try again at exit, and complain.
    """
    try:
        sys.stdout.flush()
    except OSError:
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _silence_libraries() -> None:
    """Keep other libraries' messages off stderr, which is for our own progress and errors."""
    if os.environ.get(DEBUG_VARIABLE):
        return
    for variable, value in (
        ("TOKENIZERS_PARALLELISM", "false"),
        ("TRANSFORMERS_VERBOSITY", "error"),
        ("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1"),
        ("HF_HUB_DISABLE_PROGRESS_BARS", "1"),
        ("HF_HUB_VERBOSITY", "error"),
    ):
        os.environ.setdefault(variable, value)
    warnings.simplefilter("ignore")
