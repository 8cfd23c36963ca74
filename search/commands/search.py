"""`crossgraph search` and `search`: a query in, hits out."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import typer

from search.commands.shared.first_index import offer_index, remark_on_demo
from search.commands.shared.hit_options import (
    CopyTo,
    Csv,
    Json,
    Null,
    Open,
    Paths,
    Preview,
    PreviewAs,
    asked_form,
    use_files,
)
from search.commands.shared.options import (
    Checkpoint,
    ImageWeights,
    Indexes,
    IndexSeconds,
    TextWeights,
    Vectors,
    listed,
)
from search.commands.shared.search_options import (
    BudgetMs,
    Candidates,
    Explain,
    ExplainImage,
    FoldDuplicates,
    HowMany,
    Hybrid,
    MinProbability,
    NoRerank,
    NoWords,
    Query,
    Reverse,
    SortBy,
    Where,
)
from search.commands.shared.term_options import (
    Add,
    AsWords,
    Choose,
    Like,
    Literal,
    Minus,
    Today,
    choices_of,
    terms_of,
)
from search.engine.open_index import INDEX_SECONDS, open_index
from search.models.prepared import is_prepared
from search.output.forms import Form, print_hits
from search.output.lines import as_understood, weakness
from search.printable import printable
from search.query.request import SearchRequest, day_of
from search.result import Hit, SearchResult

__all__ = ["search"]

PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def search(
    query: Query = None,
    k: HowMany = 10,
    index: Indexes = None,
    vectors: Vectors = None,
    json: Json = False,
    csv: Csv = False,
    paths: Paths = False,
    null: Null = False,
    preview: Preview = False,
    preview_as: PreviewAs = None,
    open_best: Open = False,
    copy_to: CopyTo = None,
    no_rerank: NoRerank = False,
    candidates: Candidates = 50,
    budget_ms: BudgetMs = None,
    where: Where = "",
    hybrid: Hybrid = False,
    fold_duplicates: FoldDuplicates = False,
    like: Like = None,
    add: Add = None,
    minus: Minus = None,
    literal: Literal = False,
    as_words: AsWords = None,
    choose: Choose = None,
    today: Today = None,
    no_words: NoWords = False,
    sort: SortBy = "score",
    reverse: Reverse = False,
    min_probability: MinProbability = 0.0,
    explain: Explain = False,
    explain_image: ExplainImage = None,
    checkpoint: Checkpoint = None,
    image_weights: ImageWeights = None,
    text_weights: TextWeights = None,
    index_timeout: IndexSeconds = INDEX_SECONDS,
) -> None:
    """Find photos by what they show.

    "Without" leaves things out, quoted terms add up, and a file stands for a photo:

      search "a dog on a red sofa" -k 5

      search "a beach without people"

      search '"a street" + "2:rain" - "cars"'

      search "dogs last summer" --sort taken

      search --where "taken >= 2023" --sort name

      search "a dog" --copy-to found -k 3

    All that can be asked: docs/query-language.md.
    """
    form = asked_form(json, csv, paths, null, preview, preview_as, explain=explain)
    _check_explanations(no_rerank, explain, explain_image)
    text, terms = terms_of(query or (), like, add, minus, literal)
    request = SearchRequest(
        *terms, text=text, k=k, rerank=not no_rerank, candidates=candidates, budget_ms=budget_ms,
        min_probability=min_probability, where=where, hybrid=hybrid,
        fold_duplicates=fold_duplicates, explain=bool(explain or explain_image),
        words=not no_words, sort=sort, reverse=reverse, as_words=tuple(as_words or ()),
        choose=choices_of(choose), today=day_of(today),
    )  # fmt: skip
    indexes, vectors = _indexes(index, vectors, form)
    with open_index(
        indexes[0] if len(indexes) == 1 else indexes,
        checkpoint, image_weights=image_weights, text_weights=text_weights,
        once=bool(text) or not request.lists, vectors=vectors, seconds=index_timeout,
    ) as opened:  # fmt: skip
        hits = opened.search(request)
        least = min_probability if len(opened) else 0.0
    _write_first(hits, explain_image, copy_to)
    print_hits(hits if explain else _unexplained(hits), form, preview_as)
    _remark(hits, form, least, filtered=bool(where))
    _remark_on_index(form, indexes, vectors)
    use_files(hits, copy_to, show=open_best)


def _remark(hits: SearchResult, form: Form, least: float, *, filtered: bool) -> None:
    """Print notes on an answer on stderr."""
    if hits.understood.chips and not form.is_for_programs:
        typer.echo(as_understood(hits.understood), err=True)
    # If the filter left nothing, the notes say so.
    filtered = filtered or any(chip.applied for chip in hits.understood.chips)
    note = weakness(hits, least) if hits or least or not filtered else None
    for said in hits.notes:
        if said != note:
            typer.echo(printable(said), err=True)
    if note and ((least and not hits) or not form.is_for_programs):
        typer.echo(note, err=True)


def _indexes(
    named: Sequence[str] | None, vectors: str | None, form: Form
) -> tuple[list[str], str | None]:
    """Return the indexes and the database to search; offer to make an index if none is named."""
    indexes, database = listed(named, vectors)
    if not (named or database):
        offer_index(Path(indexes[0]), may_ask=not form.is_for_programs)
    return indexes, database


def _remark_on_index(form: Form, indexes: Sequence[str], vectors: str | None) -> None:
    """Print on stderr whose photos were searched if no index was named, and what is slow."""
    if form.is_for_programs or vectors or len(indexes) > 1:
        return
    if "torch" in sys.modules and not is_prepared(indexes[0]):
        typer.echo("`crossgraph index` on this machine makes searches start at once", err=True)
    remark_on_demo(indexes[0])


def _unexplained(hits: Sequence[Hit]) -> list[Hit]:
    return [replace(hit, explanation=None) for hit in hits]


def _write_first(hits: Sequence[Hit], drawing: Path | None, copy_to: Path | None) -> None:
    """Write files before anything is printed, so that stdout stays empty if that fails."""
    if drawing is not None:
        _draw(hits, drawing)
    if copy_to is not None:
        copy_to.mkdir(parents=True, exist_ok=True)


def _draw(hits: Sequence[Hit], path: Path) -> None:
    from search.output.drawing import draw_explanation

    if not hits:
        typer.echo(f"{path} is not written: there is no hit to draw", err=True)
    elif hits[0].explanation is None:
        typer.echo(f"{path} is not written: the best hit has no explanation", err=True)
    else:
        draw_explanation(hits[0], path)


def _check_explanations(no_rerank: bool, explain: bool, explain_image: Path | None) -> None:
    if no_rerank and (explain or explain_image):
        raise typer.BadParameter("only re-ranked hits are explained: leave out --no-rerank")
    if explain_image and explain_image.suffix.lower() not in PICTURES:
        raise typer.BadParameter(
            f"--explain-image {explain_image}: expected a name that ends in {' or '.join(PICTURES)}"
        )
