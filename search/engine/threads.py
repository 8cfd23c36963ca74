"""Tools for sharing an open index between threads and event loops."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from fusion.runtime.embeddings import EmbeddedQueries

__all__ = ["GuardedTexts", "in_thread"]

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")


def in_thread(
    method: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], Coroutine[Any, Any, R]]:
    """Return the async version of a method, which runs it in a thread.

    If cancelled, the thread still runs to its end: a search is short, and adding photos keeps what
    it did.
    """

    @wraps(method)
    async def twin(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        import asyncio  # which most programs that search do not need

        return await asyncio.to_thread(method, self, *args, **kwargs)

    twin.__name__, twin.__doc__ = f"a{method.__name__}", f"As `{method.__name__}`, awaited."
    twin.__qualname__ = method.__qualname__.replace(method.__name__, twin.__name__)
    return twin


class GuardedTexts:
    """A model that reads texts under a lock: the tokenizers of some models are not thread-safe.

    Args:
        model: everything else is passed through to it.
        lock: the lock held while texts are read.
    """

    def __init__(self, model: object, lock: AbstractContextManager[object]) -> None:
        self._model = model
        self._lock = lock

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedQueries:
        """Embed queries as the model does, holding the lock."""
        with self._lock:
            embedded: EmbeddedQueries = getattr(self._model, "embed_queries")(texts)  # noqa: B009
            return embedded

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._model, name)
