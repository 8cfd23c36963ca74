"""The result of one check."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

__all__ = ["Finding"]

State = Literal["ok", "note", "missing"]


@dataclass(frozen=True)
class Finding:
    """What was found, and what to do.

    Attributes:
        name: name of what was checked.
        said: what was found, in a few words.
        state: `ok`; `note` if something works slower or only in part; `missing` if something needed
            is absent.
        advice: what to do; empty if there is nothing to do.
    """

    name: str
    said: str
    state: State = "ok"
    advice: str = ""

    def __str__(self) -> str:
        return f"{self.state:<8}{self.name}: {self.said}{f'; {self.advice}' if self.advice else ''}"

    def to_dict(self) -> dict[str, object]:
        """Return it in JSON form."""
        return asdict(self)
