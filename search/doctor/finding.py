"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Finding"]

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """What was found, and what helps.

    Attributes:
        name: of what was looked at.
        said: what was found, in a few words.
        state: `ok`; `note` where something goes on slower or without a part; `missing` where
            something that is needed is not there.
        advice: what to do; empty where there is nothing to do.
    """

    name: str
    said: str
    state: State = "ok"
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.state:<8}{self.name}: {self.said}{f'; {self.advice}' if self.advice else ''}"

    def to_dict(self) -> dict[str, object]:
        """Return what JSON says of it."""
        return asdict(self)
