"""Explains final scores: what each word of the query added, and which regions it read.

A final score is a sum of parts, and three of the parts are sums over words: the cross-modal graph's
logit and the mean log odds of the word graph and the word detector. So what a word added is exact.
Which regions it read is an estimate: per head, a word is compared with the message that attention
brings it from all regions and with the region nearest to it, and the two are weighted equally.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fusion.runtime.score_parts import ScoreParts, WordReading, combine
from fusion.runtime.words import words_of

__all__ = ["PhotoExplanation", "Word", "explain_photos", "merge_pieces", "read_by_region"]

Array = NDArray[np.float32]

MARKER = re.compile(r"\[(CLS|SEP|PAD)\]|<\|\w+\|>|</?\w+>")
"""Special tokens, as BERT, CLIP and SigLIP spell them."""
INSIDE, END, BEGIN = "##", "</w>", "\u2581"
"""The marks of BERT's pieces inside a word, of CLIP's that end one and SigLIP's that begin one."""


@dataclass(frozen=True)
class PhotoExplanation:
    """One photo's score for one query, split up: `score == sum(added) + sum(rest.values())`."""

    score: float
    words: tuple[str, ...]
    """W words in the query's order, as the encoder spells them; a repeated word is repeated here.
    Punctuation and the encoder's markers are left out."""
    added: NDArray[np.float32]
    """(W,) what each word added to the score, over all the parts that are sums over words."""
    regions: NDArray[np.float32]
    """(W, R) in 0..1: the share of each word's reading that came from each region of the grid."""
    whole: NDArray[np.float32]
    """(W,): the share that came from the whole-photo node. With `regions` it sums to 1 for each
    word, or to less if the graph's adjacency is cosine and the word is similar to no region."""
    read: NDArray[np.float32]
    """(R,): what the cross-modal graph added through each region, over the whole text."""
    rest: dict[str, float]
    """What no word added, by the parts of a score (`ScoreParts`). For the cross-modal graph
    (`logits`) it is what the whole-text node, punctuation and markers added, less the hub
    correction; for the log odds (`worded`, `detected`) the hub correction and the words past the
    text encoder's limit."""


class Word(NamedTuple):
    """A word of a text and the positions of its pieces among the tokens."""

    text: str
    places: tuple[int, ...]


def merge_pieces(tokens: Sequence[str]) -> list[Word]:
    """Join word pieces; leave out markers and words without a letter or digit.

    >>> merge_pieces(["[CLS]", "two", "frisbee", "##s", ".", "[SEP]"])
    [Word(text='two', places=(1,)), Word(text='frisbees', places=(2, 3))]
    >>> [word.text for word in merge_pieces(["<|startoftext|>", "fris", "bees</w>", "fly</w>"])]
    ['frisbees', 'fly']
    """
    ends = any(token.endswith(END) for token in tokens)
    begins = any(token.startswith(BEGIN) for token in tokens)
    words: list[Word] = []
    unfinished = False
    for place, token in enumerate(tokens):
        marker = MARKER.fullmatch(token)
        piece = token.removeprefix(INSIDE).removeprefix(BEGIN).removesuffix(END)
        joins = ends or (not token.startswith(BEGIN) if begins else token.startswith(INSIDE))
        if unfinished and joins and not marker:
            words[-1] = Word(words[-1].text + piece, (*words[-1].places, place))
        elif not marker:
            words.append(Word(piece, (place,)))
        unfinished = not (marker or token.endswith(END))
    return [word for word in words if any(map(str.isalnum, word.text))]


def read_regions(reading: WordReading[Any]) -> Any:  # noqa: ANN401 - tensors or arrays, as given
    """Return the share of each word's reading from each node of the photo: (N, T, R)."""
    return (reading.attention + reading.nearest) / 2


def read_by_region(reading: WordReading[Any]) -> Any:  # noqa: ANN401
    """Return what each region contributed to the logits, over all nodes of the text: (N, R)."""
    return (reading.shares[:, :, None] * read_regions(reading)).sum(1)[:, 1:]


def explain_photos(
    gates: Sequence[float],
    tokens: Sequence[str],
    parts: ScoreParts[Array],
    reading: WordReading[Array],
    odds_by_word: Mapping[str, Mapping[str, Array]],
) -> list[PhotoExplanation]:
    """Explain one query's scores with K photos.

    Args:
        gates: the values of `GATES`, in their order, with which the parts are weighted.
        tokens: the query's tokens from the text encoder, with markers.
        parts: the parts of the scores, (K,) each.
        reading: the cross-modal graph's reading of K pairs; T is one more than the tokens.
        odds_by_word: for each part that counts words (`worded`, `detected`), the words that it
            knows and each word's share of the part, (K,).

    Returns:
        K explanations, in the photos' order.
    """
    weights = dict(zip(ScoreParts._fields, (1.0, *gates), strict=True))
    words = merge_pieces(tokens)
    shares = weights["logits"] * reading.shares
    read_shares = read_regions(reading)
    places = [[place + 1 for place in word.places] for word in words]  # the whole text is node 0
    by_graph = _columns([shares[:, place].sum(1) for place in places], shares)
    by_odds = {
        name: weights[name] * _columns(_odds_of(words, known, shares), shares)
        for name, known in odds_by_word.items()
    }
    regions = _columns([read_shares[:, place].mean(1) for place in places], read_shares)
    rest = {name: weights[name] * part for name, part in parts._asdict().items()}
    rest["logits"] = rest["logits"] - by_graph.sum(1)
    for name, odds in by_odds.items():
        rest[name] = rest[name] - odds.sum(1)
    read = read_by_region(reading._replace(shares=shares))
    scores = combine(parts, gates)
    return [
        PhotoExplanation(
            score=float(scores[row]),
            words=tuple(word.text for word in words),
            added=sum(by_odds.values(), start=by_graph)[row],
            regions=regions[row, :, 1:],
            whole=regions[row, :, 0],
            read=read[row],
            rest={name: float(part[row]) for name, part in rest.items()},
        )
        for row in range(len(scores))
    ]


def _odds_of(words: Sequence[Word], odds_by_word: Mapping[str, Array], like: Array) -> list[Array]:
    """Return each word's share of the mean log odds, (K,), divided among its repetitions."""
    parts = [words_of(word.text) for word in words]
    shares: list[Array] = [np.zeros(len(like), np.float32) for _ in words]
    for known, odds in odds_by_word.items():
        holders = [row for row, part in enumerate(parts) if known in part]
        for row in holders:
            shares[row] = shares[row] + odds / np.float32(len(holders))
    return shares


def _columns(columns: list[Array], like: Array) -> Array:
    """Stack W columns, (K, ...) each, as (K, W, ...); for W = 0 take the shape from `like`."""
    return np.stack(columns, 1) if columns else like[:, :0]
