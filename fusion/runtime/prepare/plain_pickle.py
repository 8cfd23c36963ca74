"""A reader of pickles that builds plain values and runs nothing.

A pickle is a small program: it can call any function of any module. This reader executes only the
operations for numbers, strings, tuples, lists and dictionaries; it looks names up in a mapping that
the caller passes, and rejects everything else.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable, Mapping
from typing import IO, Any

__all__ = ["PlainPickleError", "read_pickle"]

VALUES = {
    "BINFLOAT", "BININT", "BININT1", "BININT2", "BINSTRING", "BINUNICODE", "LONG1",
    "SHORT_BINSTRING", "SHORT_BINUNICODE",
}  # fmt: skip
"""Operations that push their argument."""
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
MADE: dict[str, Callable[[], object]] = {
    "EMPTY_DICT": dict, "EMPTY_LIST": list, "EMPTY_TUPLE": tuple,
}  # fmt: skip
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

Call = Callable[..., object]


class PlainPickleError(ValueError):
    """A pickle is damaged or contains more than plain values."""


def read_pickle(
    file: IO[bytes], known: Mapping[str, Call], persistent: Callable[[object], object]
) -> Any:  # noqa: ANN401 - whatever was pickled
    """Read one pickle, and leave the file at its end.

    Args:
        file: a file at the first byte of the pickle.
        known: the functions that may be called, by module and name separated by a space; a name
            that is not called is passed on as this string.
        persistent: returns the object that a persistent id stands for.

    Raises:
        PlainPickleError: the pickle is damaged or contains anything else.
    """
    machine = _Machine(known, persistent)
    try:
        for operation, argument, _ in pickletools.genops(file):
            if operation.name == "STOP":
                return machine.pop()
            machine.follow(operation.name, argument)
    except PlainPickleError:
        raise
    except Exception as error:  # arbitrary bytes may make the reader fail in any way
        raise PlainPickleError(f"damaged ({type(error).__name__})") from error
    raise PlainPickleError("damaged (it does not end)")


class _Name(str):
    """A module and a name in it."""

    __slots__ = ()


class _Machine:
    """The stack and the memo that a pickle's operations work on."""

    def __init__(self, known: Mapping[str, Call], persistent: Callable[[object], object]) -> None:
        self.known, self.persistent = known, persistent
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memory: dict[int, Any] = {}

    def follow(self, name: str, argument: Any) -> None:  # noqa: ANN401
        """Execute one operation."""
        if name in VALUES:
            self.stack.append(argument)
        elif name in CONSTANTS:
            self.stack.append(CONSTANTS[name])
        elif name in MADE:
            self.stack.append(MADE[name]())
        elif name in TUPLES:
            values = [self.pop() for _ in range(TUPLES[name])]
            self.stack.append(tuple(reversed(values)))
        elif name != "PROTO":
            step = getattr(self, f"_{name.lower()}", None)
            if step is None:
                raise PlainPickleError(f"it holds more than tensors (operation {name})")
            step(argument)

    def pop(self) -> Any:  # noqa: ANN401
        """Pop the topmost value, which must be above the last mark."""
        if len(self.stack) <= (self.marks[-1] if self.marks else 0):
            raise PlainPickleError("damaged (its stack is empty)")
        return self.stack.pop()

    def _above_mark(self) -> list[Any]:
        start = self.marks.pop()
        items = self.stack[start:]
        del self.stack[start:]
        return items

    def _mark(self, _: None) -> None:
        self.marks.append(len(self.stack))

    def _tuple(self, _: None) -> None:
        self.stack.append(tuple(self._above_mark()))

    def _global(self, name: str) -> None:
        if name not in self.known:
            raise PlainPickleError(f"it asks for {name.replace(' ', '.')[:80]!r}")
        self.stack.append(_Name(name))

    def _reduce(self, _: None) -> None:
        arguments, name = self.pop(), self.pop()
        if not isinstance(name, _Name) or not isinstance(arguments, tuple):
            raise PlainPickleError("damaged (it calls something that is not a name)")
        self.stack.append(self.known[name](*arguments))

    def _binpersid(self, _: None) -> None:
        self.stack.append(self.persistent(self.pop()))

    def _build(self, _: None) -> None:
        """Discard a dictionary's attributes, such as the metadata of a state dict."""
        self.pop()
        if not isinstance(self.stack[-1], dict):
            raise PlainPickleError("it sets attributes")

    def _setitem(self, _: None) -> None:
        value, key = self.pop(), self.pop()
        self._dictionary()[key] = value

    def _setitems(self, _: None) -> None:
        items = self._above_mark()
        self._dictionary().update(zip(items[::2], items[1::2], strict=True))

    def _dictionary(self) -> dict[Any, Any]:
        if type(self.stack[-1]) is not dict:
            raise PlainPickleError("damaged (it fills something that is not a dictionary)")
        dictionary: dict[Any, Any] = self.stack[-1]
        return dictionary

    def _append(self, _: None) -> None:
        self._extend([self.pop()])

    def _appends(self, _: None) -> None:
        self._extend(self._above_mark())

    def _extend(self, values: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise PlainPickleError("damaged (it fills something that is not a list)")
        self.stack[-1].extend(values)

    def _binput(self, place: int) -> None:
        self.memory[place] = self.stack[-1]

    _long_binput = _binput

    def _binget(self, place: int) -> None:
        self.stack.append(self.memory[place])

    _long_binget = _binget
