"""Notes on an answer for people, a line each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from search.query.request import SearchRequest
from search.ranking.explain_hits import explains
from search.ranking.mixing import Mixture
from search.ranking.ranking import Ranking
from search.ranking.unknown_words import Unknown
from search.result import Hit, HitGroup, weakness_of

if TYPE_CHECKING:
    from search.models.model_protocols import SearchModel
    from store.types import Missing

__all__ = ["notes_on"]

NOTHING = Unknown()


def notes_on(
    request: SearchRequest,
    mixture: Mixture | None,
    ranking: Ranking,
    hint: str = "",
    missing: Sequence[Missing] = (),
    *,
    hits: Sequence[Hit] = (),
    unknown: Unknown = NOTHING,
    model: SearchModel | None = None,
) -> tuple[str, ...]:
    """Return notes: missing indexes, a spent budget, a filter that no photo passes, and so on.

    Args:
        request: the request.
        mixture: its terms; None if photos are only listed.
        ranking: the ranking of all candidates.
        hint: the hint on a filter that no photo passes.
        missing: which indexes of several could not be read.
        hits: the shown hits, the best first.
        unknown: words that the model does not know.
        model: the model that ranked them.
    """
    notes = [f"degraded: answered without {each.index}: {each.reason}" for each in missing]
    seen = int(ranking.reranked.sum())
    if request.budget_ms is not None and seen and seen < len(ranking):
        notes.append(
            f"the budget of {request.budget_ms:g} ms was spent after {seen} of {len(ranking)} "
            "candidates"
        )
    if hint:
        notes.append(hint)
    wanted = () if mixture is None else mixture.wanted
    if wanted and not any(each.query is not None for each in wanted):
        notes.append(
            "the query has no text, so cosines of photos are shown in place of probabilities"
        )
    if (misread := unknown.note(words=request.words)) is not None:
        notes.append(misread)
    if request.explain and model is not None and not explains(model):
        name = getattr(model, "encoders", model.name)
        notes.append(
            f"{name} gives no explanations: only a trained model has graphs that show what each "
            "word and region contributed"
        )
    if hits and hits[0].group is HitGroup.other and (weak := weakness_of(hits[0].probability)):
        notes.append(weak)
    return tuple(notes)
