"""stdout and stderr of a program: always present, and guarded against untrusted text.

Everything printed passes through `search.printable`: the output of our commands, warnings, logs and
tracebacks. rich bypasses it (by its own rule for wrapped streams), since its output consists of
control sequences; so texts in its tables are made printable before.
"""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress
from typing import TextIO, cast

from search.printable import printable_lines, without_passwords

__all__ = ["GuardedStream", "guard_again", "guard_streams", "unguarded", "write_exactly"]

_UNWRITABLE = "crossgraph-streams"


class GuardedStream:
    """A text stream that replaces control characters for terminals by their numbers.

    Args:
        stream: the stream that it writes to.
        is_stderr: whether people read it, so that passwords are removed; a failure to write is then
            ignored, since it could not be reported.
    """

    def __init__(self, stream: TextIO, *, is_stderr: bool = False) -> None:
        self.rich_proxied_file = stream  # which rich writes to
        self._is_stderr = is_stderr

    def write(self, text: str) -> int:
        """Write a text, and return its length."""
        shown = printable_lines(text)
        try:
            self.rich_proxied_file.write(without_passwords(shown) if self._is_stderr else shown)
        except OSError:
            if not self._is_stderr:
                raise
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write some texts."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Flush the stream."""
        try:
            self.rich_proxied_file.flush()
        except OSError:
            if not self._is_stderr:
                raise

    def __getattr__(self, name: str) -> object:
        return getattr(self.rich_proxied_file, name)


def guard_streams() -> None:
    """Make sure that the three streams exist, and guard those that are written to.

    A program may be started without some of them, by a service or with `>&-`. Then output is
    dropped, and no file that is opened later, such as the catalog, can take its descriptor.
    """
    _open_missing()
    codecs.register_error(_UNWRITABLE, _as_written)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            stream = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - until the end
        if isinstance(stream, GuardedStream):
            continue
        if (reconfigure := getattr(stream, "reconfigure", None)) is not None:
            reconfigure(errors=_UNWRITABLE)
        setattr(sys, name, GuardedStream(stream, is_stderr=name == "stderr"))


def unguarded(stream: TextIO) -> TextIO:
    """Return the stream behind a guarded one, for output with terminal control sequences."""
    return stream.rich_proxied_file if isinstance(stream, GuardedStream) else stream


def guard_again() -> None:
    """Guard the streams that rich put in front of guarded ones, so that its bar stays below.

    rich removes its streams, and these guards with them, when the bar ends.
    """
    from rich.file_proxy import FileProxy  # slow to import, but already imported if there is a bar

    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, FileProxy) and isinstance(stream.rich_proxied_file, GuardedStream):
            proxy = cast(TextIO, stream)  # which it replaces
            setattr(sys, name, GuardedStream(proxy, is_stderr=name == "stderr"))


def write_exactly(text: str) -> None:
    """Write to stdout exact bytes for programs, such as bare paths; guarded on a terminal."""
    stream: object = sys.stdout
    if isinstance(stream, GuardedStream) and not stream.rich_proxied_file.isatty():
        stream.rich_proxied_file.write(text)
    else:
        sys.stdout.write(text)


def _open_missing() -> None:
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):
                # This returns the lowest free descriptor.
                opened = os.open(os.devnull, os.O_RDONLY if number == 0 else os.O_WRONLY)
                os.set_inheritable(opened, True)


def _as_written(error: UnicodeError) -> tuple[str | bytes, int]:
    """Let bytes of file names pass, and show characters that this locale lacks as numbers."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    code = ord(error.object[error.start])
    if 0xDC80 <= code <= 0xDCFF:  # how Python represents a byte that is not text
        return bytes([code - 0xDC00]), error.start + 1
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}", error.start + 1
