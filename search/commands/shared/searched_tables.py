"""What `crossgraph eval` prints about searches in an index: for words, and on probabilities."""

from __future__ import annotations

import typer
from rich.markup import escape

from search.commands.shared.table_parts import Report, Rows, TablePart

__all__ = ["print_keywords", "print_shown"]


def print_keywords(keywords: TablePart, title: str) -> None:
    """Print how well words find what they name, and how well the hits' probabilities hold."""

    def rows(part: Report) -> Rows:
        for form in ("word", "a_photo_of"):
            for stage, figures in part.get(form, {}).items():
                interval = [figures["low"], figures["high"]]
                cells = _with_interval(figures["true_in_best"], interval), f"{figures['map']:.1f}"
                label = f"{form}, {stage}".replace("_", " ")
                yield label, part["labels"], str(part["words"]), f"{part['chance']:.1f}", *cells

    if keywords.reports:
        columns = ("labels from", "words", "chance", "true in the best 5", "mean AP")
        keywords.table(title, *columns, rows=rows)
        for name, part in keywords:
            if shown := part.get("shown"):
                note = (
                    f"{title.removesuffix(', %')}: ten hits of each, right {shown['right']:.1f} %, "
                    f"mean probability {shown['mean_probability']:.1f} %, ECE {shown['ece']:.1f} %"
                )
                typer.echo(f"{name}: {note}" if keywords.is_several else note)
            if not part["words"]:
                note = "no word was searched for: none is true of enough photos"
                typer.echo(f"{name}: {note}" if keywords.is_several else note)


def print_shown(shown: TablePart) -> None:
    """Print how well the shown probabilities are calibrated."""
    if not shown.reports:
        return
    columns = ("queries", "right", "mean probability", "ECE", "AUROC")
    shown.table("shown, %", *columns, rows=_reliability_rows)
    shown.table("not there, %", "queries", "shown as a match", rows=_absent_rows)
    for name, part in shown:
        for note in part["notes"]:
            typer.echo(f"{name}: {note}" if shown.is_several else note)


def _reliability_rows(part: Report) -> Rows:
    kinds = (
        ("captions", "top hit of captions", "queries"),
        ("keywords", "ten hits of words", "words"),
    )
    for kind, label, asked in kinds:
        figures = part[kind]
        if figures is not None:
            shares = _number(figures["right"]), _number(figures["mean_probability"])
            measures = (
                _with_interval(figures[name], figures[f"{name}_95"]) for name in ("ece", "auroc")
            )
            yield label, str(figures[asked]), *shares, *measures


def _absent_rows(part: Report) -> Rows:
    for kind, label in (("foreign", "foreign captions"), ("absent", "absent things")):
        figures = part[kind]
        if figures is not None:
            share = _with_interval(figures["shown_as_match"], figures["shown_as_match_95"])
            yield label, str(figures["queries"]), share


def _with_interval(value: float | None, interval: list[float] | None) -> str:
    if interval is None:
        return _number(value)
    low, high = interval
    return escape(f"{_number(value)} [{low:.1f}, {high:.1f}]")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.1f}"
