"""Hits for programs: tab-separated lines, JSON lines, CSV, bare paths.

Every form has one hit per line and is stable: new fields are only added at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from search.explanation import as_words
from search.json_text import json_text
from search.printable import csv_cell, printable
from search.result import Hit, weakness_of
from search.understanding.chips import Understood

__all__ = [
    "as_csv_lines",
    "as_json_lines",
    "as_paths",
    "as_plain_lines",
    "as_understood",
    "known",
    "weakness",
]

CSV_FIELDS = ("rank", "probability", "score", "path", "image_id", "captions", "categories")

FACTS = ("taken", "camera", "size_bytes", "width_px", "height_px")
"""After the group: what is known about the photo's file."""
TEXTS = ("title", "description", "tags", "people", "place")
DETAILS = (*TEXTS, "rating", "latitude", "longitude")
"""After these: its metadata."""


def as_json_lines(hits: Iterable[Hit]) -> Iterator[str]:
    r"""Return one JSON object per hit, from `Hit.to_dict`, with paths exact to the byte.

    A byte that is not text is written as Python reads it, such as `\udcff` (`os.fsencode` turns it
    into a byte again).

    >>> from pathlib import Path
    >>> next(as_json_lines([Hit(1, 2.5, 0.75, Path("/a.jpg"), 7)]))[:48]
    '{"rank": 1, "score": 2.5, "probability": 0.75, "'
    """
    for hit in hits:
        yield json_text(_to_the_byte(hit, hit.to_dict()))


def as_csv_lines(hits: Iterable[Hit]) -> Iterator[str]:
    """Return CSV: a line of names and one per hit; no line if there is no hit.

    Several captions, categories, tags, people or places share a field, separated by " | ". An
    explained hit has one more field, `explanation`, with its words. Texts are printable, and none
    is a formula (`search.printable`).

    >>> from pathlib import Path
    >>> list(as_csv_lines([Hit(1, 2.5, 0.75, Path("/a.jpg"), 7, ("A dog, barking .",))]))[1]
    '1,0.75,2.5,/a.jpg,7,"A dog, barking .",,good,,,,,,,,,,,,,'
    """
    from csv import writer

    given = list(hits)
    explained = any(hit.explanation for hit in given)
    names = (*CSV_FIELDS, *(["explanation"] if explained else []), "group", *FACTS, *DETAILS)
    rows: list[Sequence[object]] = [names]
    for hit in given:
        record = {**hit.to_dict(), "captions": _cell(" | ".join(_lines_joined(hit.captions)))}
        record |= {"path": _cell(hit.name), "categories": _cell(" | ".join(hit.categories))}
        why = "; ".join(as_words(hit.explanation)) if hit.explanation else ""
        record["explanation"] = _cell(why)
        record["camera"] = _cell(hit.camera or "")
        record |= {name: _cell(_joined(record[name])) for name in TEXTS}
        rows.append([record[name] for name in names])
    lines = _Lines()
    writer(lines, lineterminator="\n").writerows(rows if given else ())
    yield from lines.written


def as_paths(hits: Iterable[Hit]) -> Iterator[str]:
    """Return one absolute path per hit."""
    return (hit.name for hit in hits)


def as_plain_lines(hits: Iterable[Hit]) -> Iterator[str]:
    r"""Return rank, probability, score, path, what the index knows, and the group, tab-separated.

    An explained hit has its words before its group, which stays the last field.

    >>> from pathlib import Path
    >>> next(as_plain_lines([Hit(1, 2.5, 0.754, Path("/a.jpg"), 7, ("A dog .",))]))
    '1\t0.75\t2.500\t/a.jpg\tA dog .\tgood'
    """
    for hit in hits:
        path = printable(hit.name)
        why = f"{printable('; '.join(as_words(hit.explanation)))}\t" if hit.explanation else ""
        share = int(100 * hit.probability + 1e-6) / 100  # rounded down, as in the table
        facts = f"{hit.rank}\t{share:.2f}\t{hit.score:.3f}\t{path}\t{known(hit)}"
        yield f"{facts}\t{why}{hit.group}"


def known(hit: Hit) -> str:
    """Return a hit's first caption, its categories, and the number of duplicates, on one line.

    >>> from pathlib import Path
    >>> dog = Hit(1, 2.5, 0.75, Path("/a.jpg"), 7)
    >>> known(Hit(1, 2.5, 0.75, Path("/b.jpg"), 8, ("A dog .",), ("dog",), duplicates=(dog,)))
    'A dog . [dog] (1 more is nearly the same)'
    """
    caption = " ".join(hit.captions[0].split()) if hit.captions else ""
    categories = f"[{', '.join(hit.categories)}]" if hit.categories else ""
    folded = len(hit.duplicates)
    alike = f"({folded} more {'is' if folded == 1 else 'are'} nearly the same)" if folded else ""
    return printable(" ".join(part for part in (caption, categories, alike) if part))


def as_understood(understood: Understood) -> str:
    """Return how a query was read, in one line; suggested parts come after a "?".

    >>> from search.understanding.chips import Chip, ChipKind
    >>> chip = Chip(ChipKind.place, "in Lisbon", 6, 15, "Lisbon", "place = 'Lisbon'")
    >>> as_understood(Understood("a dog", (chip,)))
    'understood: a dog [place: Lisbon]'
    """
    parts = [
        f"[{chip.kind}: {chip.label}]" if chip.applied else f"[{chip.kind}: {chip.label}?]"
        for chip in understood.chips
    ]
    return printable(" ".join(["understood:", *filter(None, [understood.rest]), *parts]))


def weakness(hits: Sequence[Hit], least: float = 0.0) -> str | None:
    """Return a line if not even the best hit is likely to match, else None.

    Args:
        hits: the answer to a query.
        least: the probability below which hits were left out.
    """
    if not hits and least:
        return f"nothing here matches well: no photo has a probability of {least:.4g} or more"
    if not hits:
        return "the index holds no photos"
    return weakness_of(max(hit.probability for hit in hits))


def _joined(said: str | Sequence[str] | None) -> str:
    """Return a text, or several, on one line."""
    texts = [said] if isinstance(said, str) else said or ()
    return " | ".join(_lines_joined(texts))


def _lines_joined(texts: Iterable[str]) -> Iterator[str]:
    return (" ".join(text.split()) for text in texts)


class _Lines:
    """A target for a CSV writer that collects lines."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def write(self, line: str) -> None:
        self.written.append(line.removesuffix("\n"))


def _cell(text: str) -> str:
    return csv_cell(printable(text))


def _to_the_byte(hit: Hit, record: dict[str, Any]) -> dict[str, Any]:
    duplicates = zip(hit.duplicates, record["duplicates"], strict=True)
    return {
        **record,
        "path": hit.name,
        "duplicates": [_to_the_byte(each, its) for each, its in duplicates],
    }
