"""What lets threads and event loops share an open index."""

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
    """Return the twin of a method that an event loop can await: it waits in a thread.

    Cancelled, it lets the thread go on to the end: a search is short, and what adds photos keeps
    what it did.
    """

    @wraps(method)
    async def twin(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        import asyncio  # which most programs that search do without

        return await asyncio.to_thread(method, self, *args, **kwargs)

    twin.__name__, twin.__doc__ = f"a{method.__name__}", f"As `{method.__name__}`, awaited."
    twin.__qualname__ = method.__qualname__.replace(method.__name__, twin.__name__)
    return twin


class GuardedTexts:
    """A model whose texts are read under a lock: the tokenizers of some take one thread at a time.

    Args:
        model: all else of it is as it is.
        lock: held while texts are read.
    """

    def __init__(self, model: object, lock: AbstractContextManager[object]) -> None:
        self._model = model
        self._lock = lock

    def embed_queries(self, texts: Sequence[str]) -> EmbeddedQueries:
        """As the model's own."""
        with self._lock:
            embedded: EmbeddedQueries = getattr(self._model, "embed_queries")(texts)  # noqa: B009
            return embedded

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._model, name)
