"""The options of `crossgraph search` and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.query.request import Sort

__all__ = [
    "BudgetMs",
    "Candidates",
    "Explain",
    "ExplainImage",
    "FoldDuplicates",
    "HowMany",
    "Hybrid",
    "MinProbability",
    "NoRerank",
    "NoWords",
    "Query",
    "Reverse",
    "SortBy",
    "Where",
]

Query = Annotated[
    list[str] | None,
    typer.Argument(help="What the photo shows, in your words; or a photo's file."),
]
HowMany = Annotated[int, typer.Option("-k", min=1, help="How many hits.")]
NoRerank = Annotated[
    bool, typer.Option("--no-rerank", help="First stage only: faster, less exact.")
]
Candidates = Annotated[int, typer.Option(min=1, help="Photos that the graph re-ranks.")]
BudgetMs = Annotated[
    float | None,
    typer.Option(metavar="MS", help="Stop re-ranking after this many milliseconds."),
]
Where = Annotated[str, typer.Option(metavar="FILTER", help="Only photos for which this is true.")]
Hybrid = Annotated[
    bool,
    typer.Option("--hybrid", help="Fuse the ranks by pictures and by words; scores are of ranks."),
]
NoWords = Annotated[
    bool,
    typer.Option("--no-words", help="Ignore the words of captions, names, tags and titles."),
]
SortBy = Annotated[
    Sort,
    typer.Option(
        "--sort",
        help="How hits stand: by score, by date (the newest first), name or size (the largest "
        "first).",
    ),
]
Reverse = Annotated[bool, typer.Option("--reverse", help="Reverse the order.")]
FoldDuplicates = Annotated[
    bool, typer.Option("--fold-duplicates", help="Show only the best of near-duplicates.")
]
MinProbability = Annotated[
    float,
    typer.Option(
        min=0,
        max=1,
        help="Leave out hits below it; if none is left, stdout stays empty, stderr says that "
        "nothing matches well, and the exit code is 0.",
    ),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="What each word added to the score, and where.")
]
ExplainImage = Annotated[
    Path | None,
    typer.Option(metavar="OUT.png", help="Draw the best hit and where its words were found."),
]
