"""How a query was understood: its chips, each of which is a removable filter."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fusion.runtime.words import word_set
from search.printable import printable

__all__ = ["NOTHING_UNDERSTOOD", "Chip", "ChipKind", "Choice", "Understood"]


CUES = word_set(
    """
    a album an and around at by during except excluding folder for from in made my near no not of on
    our over photographed shot taken the throughout using with within without
    """
)
"""Words before a name or a time that belong to its chip and mean nothing by themselves."""


class ChipKind(StrEnum):
    """What a chip names; the value is used in JSON."""

    time = "time"
    person = "person"
    place = "place"
    album = "album"
    camera = "camera"
    tag = "tag"
    file = "file"


@dataclass(frozen=True)
class Choice:
    """One of several things that a chip may mean.

    Attributes:
        kind: what it names.
        label: the name, or the time, as people read it.
        where: the filter that its photos pass.
        photos: number of its photos; None if not counted.
    """

    kind: ChipKind
    label: str
    where: str
    photos: int | None = None

    @property
    def id(self) -> str:
        """The id by which it is chosen.

        >>> Choice(ChipKind.person, "Anna Smith", "person = 'Anna Smith'").id
        'person:Anna Smith'
        """
        return f"{self.kind}:{self.label}"

    def to_dict(self) -> dict[str, object]:
        """Return its JSON form."""
        return {
            "id": printable(self.id),
            "kind": str(self.kind),
            "label": printable(self.label),
            "where": printable(self.where),
            "photos": self.photos,
        }


@dataclass(frozen=True)
class Chip:
    """A part of a query that names something the collection knows.

    Attributes:
        kind: what it names.
        text: as it was typed, with the words that belong to it, such as "in".
        start: position of its first letter in the query, in code points.
        end: position after its last letter.
        label: what it means, as people read it.
        where: the filter that it stands for.
        applied: whether the filter is used. Otherwise it is only suggested, since its words are
            ordinary ones, which are looked for in the pictures.
        photos: number of its photos; None if not counted.
        choices: what else it may mean; empty if there is nothing to choose.
    """

    kind: ChipKind
    text: str
    start: int
    end: int
    label: str
    where: str
    applied: bool = True
    photos: int | None = None
    choices: tuple[Choice, ...] = ()

    @property
    def said(self) -> str:
        """The text in lower case, without its leading words.

        >>> Chip(ChipKind.place, "in  Lisbon", 0, 10, "Lisbon", "place = 'Lisbon'").said
        'lisbon'
        """
        words = self.text.lower().split()
        first = next((at for at, word in enumerate(words) if word not in CUES), 0)
        return " ".join(words[first:])

    @property
    def id(self) -> str:
        """The id by which it is removed: its kind and text."""
        return f"{self.kind}:{self.said}"

    def to_dict(self) -> dict[str, object]:
        """Return its JSON form."""
        return {
            "id": printable(self.id),
            "kind": str(self.kind),
            "text": printable(self.text),
            "start": self.start,
            "end": self.end,
            "label": printable(self.label),
            "where": printable(self.where),
            "applied": self.applied,
            "photos": self.photos,
            "choices": [choice.to_dict() for choice in self.choices],
        }


@dataclass(frozen=True)
class Understood:
    """How a query was read.

    Attributes:
        rest: what is looked for in the pictures; empty if all was understood.
        chips: the parts that name something, in the query's order.
    """

    rest: str = ""
    chips: tuple[Chip, ...] = ()

    @property
    def where(self) -> str:
        """Return the combined filter of all applied chips; empty if there is none."""
        parts = [chip.where for chip in self.chips if chip.applied]
        return parts[0] if len(parts) == 1 else " and ".join(f"({part})" for part in parts)

    def to_dict(self) -> dict[str, object]:
        """Return its JSON form."""
        return {"rest": printable(self.rest), "chips": [chip.to_dict() for chip in self.chips]}


NOTHING_UNDERSTOOD = Understood()
