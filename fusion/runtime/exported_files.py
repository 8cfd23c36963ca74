"""The files of an exported model, each opened on first use and verified while it loads."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import cached_property, partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from fusion.fusion_error import FusionError
from fusion.runtime.exported_folder import PAIRS, QUERY, READING, TABLES, TOKENIZER, is_whole
from fusion.runtime.processors import ON_PROCESSORS

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, SessionOptions
    from safetensors import safe_open
    from tokenizers import Tokenizer

__all__ = ["THREADS", "ExportedFiles", "ExportedModelError", "unreadable"]


T = TypeVar("T")

THREADS = 2
"""Threads per session: a query's matrices are too small to gain from more."""


class ExportedModelError(FusionError, RuntimeError):
    """A file of an exported model is damaged or cannot be read for another reason."""


def unreadable(folder: Path, name: str, error: Exception) -> ExportedModelError:
    """Return the error for a file that a library could not load: it is damaged, or memory is short.

    Memory is blamed if the file is intact.
    """
    file = folder / name
    if is_whole(folder, name):
        needed = sum(part.stat().st_size for part in folder.glob(f"{name}*")) / 1e6
        return ExportedModelError(
            f"{file} is intact but cannot be loaded ({type(error).__name__}): it takes "
            f"{needed:.0f} MB of memory and more to run; make sure that there is enough"
        )
    return ExportedModelError(
        f"{file} is damaged ({type(error).__name__}): `crossgraph index` prepares the model again"
    )


class ExportedFiles:
    """The files of one model.

    Args:
        folder: the folder of the files.
        once: true for a process that answers one query: weights are then not repacked for fast
            products, because repacking takes longer than the product itself.
    """

    def __init__(self, folder: Path, *, once: bool = False) -> None:
        self._folder, self._once = folder, once
        self._shared = False
        self._ahead: dict[str, _Opening[Any]] = {}

    def open_ahead(self) -> None:
        """Open what every query needs in other threads, while this one prepares for the query.

        Errors are raised where the file is used.
        """
        # The tokenizer comes last, since its library holds Python's global lock.
        self._ahead = {name: _Opening(partial(self._session, name)) for name in (QUERY, PAIRS)}
        self._ahead[TOKENIZER] = _Opening(partial(self._tokenizer, TOKENIZER))

    def share_weights(self) -> None:
        """Make sessions opened from now on share their weights with other processes."""
        self._shared = not self._once

    @cached_property
    def tables(self) -> safe_open:
        """The tables of words and classes; rows are read on demand."""
        from safetensors import safe_open

        with self._checked(TABLES) as file:
            return safe_open(file, framework="numpy")

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of texts."""
        return self._opened(TOKENIZER, self._tokenizer)

    @cached_property
    def query(self) -> InferenceSession:
        """The session that turns tokens into a vector and nodes."""
        return self._opened(QUERY, self._session)

    @cached_property
    def pairs(self) -> InferenceSession:
        """The session that turns nodes of a query and of photos into the parts of scores."""
        return self._opened(PAIRS, self._session)

    @cached_property
    def reading(self) -> InferenceSession:
        """The session that tells which regions each word of a query read."""
        return self._session(READING)

    def _opened(self, name: str, open_file: Callable[[str], T]) -> T:
        """Return the file that was opened ahead, or open it now."""
        opened = self._ahead.pop(name, None)
        return open_file(name) if opened is None else cast("T", opened.result())

    def _tokenizer(self, name: str) -> Tokenizer:
        from tokenizers import Tokenizer

        with self._checked(name) as file:
            return Tokenizer.from_file(file)

    def _session(self, name: str) -> InferenceSession:
        import onnxruntime

        shared = None
        if self._shared:
            from fusion.runtime.shared_weights import shared_graph

            shared = shared_graph(self._folder, name, self._options)
        with self._checked(name) as file:
            return onnxruntime.InferenceSession(shared or file, self._options(), **ON_PROCESSORS)

    def _options(self) -> SessionOptions:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS
        options.log_severity_level = 3
        # Threads that spin while waiting for the next layer would take cores from other work.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # The files contain graphs that have already been optimised.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        if self._once:
            options.add_session_config_entry("session.disable_prepacking", "1")
        return options

    @contextmanager
    def _checked(self, name: str) -> Generator[str]:
        # The check runs in parallel with loading, which does not depend on it.
        whole: list[bool] = []
        beside = Thread(target=lambda: whole.append(is_whole(self._folder, name)))
        beside.start()
        try:
            yield str(self._folder / name)
        except Exception as error:  # each library has its own errors, some only Exception
            raise unreadable(self._folder, name, error) from error
        finally:
            beside.join()
        if whole != [True]:
            raise ExportedModelError(
                f"{self._folder / name} is damaged: `crossgraph index` prepares the model again"
            )


class _Opening(Generic[T]):
    """A file that a thread opens. Not a `Future`, whose module takes long to import."""

    def __init__(self, open_file: Callable[[], T]) -> None:
        self._open_file = open_file
        self._opened: list[T] = []
        self._errors: list[BaseException] = []
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._opened.append(self._open_file())
        except BaseException as error:
            self._errors.append(error)

    def result(self) -> T:
        """Wait for the file, and raise what opening it raised."""
        self._thread.join()
        for error in self._errors:
            raise error
        return self._opened[0]
