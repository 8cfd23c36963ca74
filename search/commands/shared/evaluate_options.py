"""The options of `crossgraph eval` and their help."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from search.commands.shared.completion import models

__all__ = [
    "Ablate",
    "Annotations",
    "Cache",
    "Explanations",
    "Images",
    "Instances",
    "Json",
    "Keywords",
    "Model",
    "Queries",
    "Ranks",
    "Seed",
    "Shown",
    "Squashed",
    "StressTested",
]

Images = Annotated[
    list[Path],
    typer.Option(metavar="DIR", help="The photos; once for each collection."),
]
Annotations = Annotated[
    list[Path],
    typer.Option(
        metavar="JSON",
        help="Their captions (COCO); the n-th belong to the n-th --images.",
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FOLDER",
        help="A shipped model's name or a trained folder.",
        autocompletion=models,
    ),
]
Json = Annotated[Path | None, typer.Option(metavar="OUT", help="Write the measures; - is stdout.")]
Ranks = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Write what all figures can be computed from again (JSON): ids, each query's rank "
        "by stage and by row of --ablate, pairs with labels, scores and probabilities, texts "
        "and scores of --probes. The layout: search/evaluation/per_query.py.",
    ),
]
Ablate = Annotated[
    bool,
    typer.Option("--ablate", help="Also leave out each part of the model in turn (minutes)."),
]
StressTested = Annotated[
    bool,
    typer.Option("--probes", help="Also ask altered captions and queries of two to four words."),
]
Keywords = Annotated[
    bool,
    typer.Option("--keywords", help="Also ask single words, in an index of the photos (a minute)."),
]
Instances = Annotated[
    list[str] | None,
    typer.Option(
        metavar="JSON",
        help="What the photos show (COCO instances), for --keywords and --shown; the n-th belong "
        "to the n-th --images, none is for a collection without. Default: what two captions say.",
    ),
]
Shown = Annotated[
    bool,
    typer.Option("--shown", help="Also measure the probabilities that people are shown (minutes)."),
]
Queries = Annotated[
    int, typer.Option(min=1, metavar="N", help="With --shown: captions asked, at most.")
]
Squashed = Annotated[
    bool,
    typer.Option("--squashed", help="Also read every photo squashed to 224 by 224 pixels."),
]
Cache = Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where features are kept.")]
Seed = Annotated[int, typer.Option(help="Draws false pairs, captions and samples.")]
Explanations = Annotated[
    bool,
    typer.Option("--explanations", help="Also measure whether explanations are true."),
]
