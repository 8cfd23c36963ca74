"""What `crossgraph eval` prints: a table for each kind of measure, a row for each collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import typer
from rich.markup import escape

from search.commands.shared.searched_tables import print_keywords, print_shown
from search.commands.shared.table_parts import Named, Report, Rows, TablePart

__all__ = ["print_reports"]


def print_reports(names: Sequence[str], reports: Sequence[dict[str, Any]]) -> None:
    """Print one model's reports on its collections."""
    named = [Named(name, report) for name, report in zip(names, reports, strict=True)]
    whole = TablePart(named, len(named) > 1)
    _print_heading(whole)
    _print_retrieval(whole)
    _print_matching(whole)
    whole.of("explanations").lines(_explanations_line)
    _print_ablation(whole.of("ablation"))
    _print_stress_tests(whole.of("probes"))
    _print_squashed(whole.of("squashed"))
    print_keywords(whole.of("keywords"), "one word, %")
    print_keywords(whole.of("keywords_captioned"), "one word, captions known, %")
    print_shown(whole.of("shown"))
    whole.of("latency_ms").lines(_costs_line)


def _print_heading(whole: TablePart) -> None:
    model = whole.reports[0].part["model"]
    title = f"{model['name']} ({model['encoders']}, {model['fingerprint'][:12]})"
    if whole.is_several:
        typer.echo(title)
        whole.lines(_size)
    else:
        typer.echo(f"{title} on {_size(whole.reports[0].part)}")


def _size(report: Report) -> str:
    collection = report["collection"]
    return f"{collection['images']} photos, {collection['captions']} captions"


def _print_retrieval(whole: TablePart) -> None:
    def rows(report: Report) -> Rows:
        gain = report.get("gain") or {}
        for stage in ("first_stage", "reranked"):
            for direction, measures in (report[stage] or {}).items():
                label = f"{stage} {direction}".replace("_", " ")
                gained = _difference(gain.get(direction)) if stage == "reranked" else ""
                yield label, *_cells(measures.values()), gained

    whole.table(
        "retrieval, %", "R@1", "R@5", "R@10", "median rank", "R@1 against first stage", rows=rows
    )


def _print_matching(whole: TablePart) -> None:
    def rows(report: Report) -> Rows:
        for kind, measures in report["matching"].items():
            *shares, threshold = measures.values()
            error = f"{report['calibration'][kind]['ece']:.1f}"
            yield kind, *_cells(shares), f"{threshold:.3f}", error

    whole.table("matching, %", "accuracy", "F1", "AUC", "threshold", "calibration error", rows=rows)


def _explanations_line(figures: dict[str, Any]) -> str:
    low, high = figures["difference_95"]
    return (
        f"explanations: without its top region a caption's logit falls by "
        f"{figures['top_region_drop']:.3f}, without a random one by "
        f"{figures['random_region_drop']:.3f}; by more in {figures['top_above_random']:.1f}% of "
        f"{figures['pairs']} pairs, difference {figures['difference']:.3f} [{low:.3f}, {high:.3f}]"
    )


def _print_ablation(ablations: TablePart) -> None:
    def rows(ablation: Report) -> Rows:
        numbers = {row["name"]: number for number, row in enumerate(ablation["rows"], start=1)}
        for row in ablation["rows"]:
            *recalls, _ = row["text_to_image"].values()
            against = ""
            if row["difference"]:
                difference = _difference(row["difference"]["text_to_image"])
                against = f"{difference} ({numbers[row['against']]})"
            shares = _cells([*recalls, row["image_to_text"]["R@1"]])
            yield f"{numbers[row['name']]:2} {row['name']}", *shares, against

    if ablations.reports:
        columns = ("ablation, %", "R@1", "R@5", "R@10", "image to text R@1", "R@1 against")
        ablations.table(*columns, rows=rows)
        for note in ablations.reports[0].part["notes"]:
            typer.echo(note)


def _print_stress_tests(tests: TablePart) -> None:
    def order(part: Report) -> Rows:
        for kind, figures in part["word_order"].items():
            count, *shares = figures.values()
            yield kind, str(count), *("" if share is None else f"{share:.1f}" for share in shares)

    def short(part: Report) -> Rows:
        queries = part["short_queries"]
        groups = {"all": queries} | {f"{n} words": f for n, f in queries["by_words"].items()}
        for name, figures in groups.items():
            for stage in ("first_stage", "reranked"):
                label = f"{name}, {stage}".replace("_", " ")
                if figures[stage] is not None:
                    yield label, str(figures["queries"]), *_cells(figures[stage].values())

    if tests.reports:
        title = "true caption above the altered one, %"
        tests.table(title, "captions", "first stage", "reranked", rows=order)
        columns = ("short queries, %", "queries", "R@1", "R@5", "R@10", "median rank")
        tests.table(*columns, rows=short)


def _print_squashed(squashed: TablePart) -> None:
    def rows(part: Report) -> Rows:
        for stage, figures in part.items():
            for photos in ("as_they_are", "squashed"):
                label = f"{stage}, {photos}".replace("_", " ")
                difference = _difference(figures["difference"]) if photos == "squashed" else ""
                yield label, *_cells(figures[photos].values()), difference

    if squashed.reports:
        title = "text to image, %"
        squashed.table(title, "R@1", "R@5", "R@10", "median rank", "R@1 against", rows=rows)


def _costs_line(latency: dict[str, float]) -> str:
    costs = ", ".join(f"{name} {value:g}" for name, value in latency.items())
    return f"milliseconds: {costs}"


def _cells(values: Iterable[float | None]) -> Iterator[str]:
    return ("" if value is None else f"{value:.1f}" for value in values)


def _difference(interval: dict[str, float] | None) -> str:
    """Return a difference of R@1 with its interval, as a table cell."""
    if not interval:
        return ""
    difference, low, high = interval.values()
    return escape(f"{difference:+.2f} [{low:+.2f}, {high:+.2f}]")
