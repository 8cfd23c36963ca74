"""Text-to-image recall at 1, 5 and 10, as training reports it."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

__all__ = ["Recalls", "recalls_of"]


@dataclass(frozen=True)
class Recalls:
    """Recall@1, 5 and 10 as percentages."""

    at_1: float
    at_5: float
    at_10: float

    @property
    def total(self) -> float:
        """The sum of the three, by which early stopping compares epochs."""
        return self.at_1 + self.at_5 + self.at_10

    def rounded(self) -> dict[str, float]:
        """Return the measures by their usual names, rounded to two decimals."""
        values = {"R@1": self.at_1, "R@5": self.at_5, "R@10": self.at_10}
        return {name: round(value, 2) for name, value in values.items()}

    def line(self) -> str:
        """Return the measures as one short line of text."""
        return f"R@1 {self.at_1:.1f}, R@5 {self.at_5:.1f}, R@10 {self.at_10:.1f}"


def recalls_of(better: Tensor) -> Recalls:
    """Return the recall, given (Q,) numbers of photos that scored above the right one."""
    return Recalls(*(100.0 * (better < k).float().mean().item() for k in (1, 5, 10)))
