"""A graph that leads from a photo, over the training photos nearest to it, to words.

Ours, after nearest-neighbour annotation (TagProp: Guillaumin et al., ICCV 2009) and the query
likelihood of text retrieval (Ponte and Croft, SIGIR 1998): a graph of photo nodes and word nodes,
joined where a training caption of the photo uses the word. One step of attention leads from a
candidate to training photos, and one edge from these to words. An embedding blurs a rare word; an
edge keeps it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from fusion.graphs.memory_graph import unit_rows
from fusion.runtime.words import words_of

__all__ = ["WordGraph", "frequent_words"]

LEAST_PHOTOS = 5
LOWEST, HIGHEST = -3.0, 6.0
LEAST_PRIOR = 1e-4
SAMPLE, NEAREST = 1000, 16


def frequent_words(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the words of at least five of the texts, sorted."""
    counts = Counter(word for text in texts for word in words_of(text))
    return tuple(sorted(word for word, count in counts.items() if count >= LEAST_PHOTOS))


class WordGraph(nn.Module):
    """Computes how much likelier a word is in captions of a photo than in captions in general.

    `log((p + smoothing * prior) / prior)`, where p is the share of captions that use the word among
    those of the `neighbours` training photos nearest to the photo, weighted by the softmax of
    cosine / temperature. Edges are stored photo by photo, as the words they lead to and the share
    of the photo's captions that use each; the prior is the mean over all training photos.
    """

    ends: Tensor
    words: Tensor
    shares: Tensor

    def __init__(
        self, vocabulary: Sequence[str], photos: int, edges: int, *,
        neighbours: int = 50, temperature: float = 0.05, smoothing: float = 0.1,
    ) -> None:  # fmt: skip
        super().__init__()
        self.column = {word: number for number, word in enumerate(vocabulary)}
        self.neighbours, self.temperature = neighbours, temperature
        self.smoothing = smoothing
        self.register_buffer("ends", torch.zeros(photos, dtype=torch.int32))
        self.register_buffer("words", torch.zeros(edges, dtype=torch.int16))
        self.register_buffer("shares", torch.zeros(edges, dtype=torch.uint8))
        self._dense: tuple[int, Tensor, Tensor] | None = None
        self._sample: tuple[int, Tensor] | None = None

    def fill(self, texts: Sequence[str], owners: Sequence[int]) -> None:
        """Set the edges from training captions, each with the row of its photo in the bank."""
        counts = edge_counts(self.column, texts, owners)
        captions = Counter(owners)
        ordered = sorted(counts)
        owner = torch.tensor([row for row, _ in ordered], dtype=torch.long)
        self.ends.copy_(torch.bincount(owner, minlength=len(self.ends)).cumsum(0))
        self.words.copy_(torch.tensor([column for _, column in ordered]))
        shares = [counts[row, column] / captions[row] for row, column in ordered]
        self.shares.copy_((torch.tensor(shares) * 255).round())

    def bags(self, texts: Sequence[str]) -> Tensor:
        """Return each text's known words, equally weighted, summing to 1 or 0: (B, V) float32."""
        bags = torch.zeros(len(texts), len(self.column))
        for row, text in enumerate(texts):
            known = [self.column[word] for word in words_of(text) if word in self.column]
            if known:
                bags[row, known] = 1 / len(known)
        return bags

    def forward(self, vectors: Tensor, bank: Tensor, columns: Tensor | None = None) -> Tensor:
        """Return log odds of words.

        Args:
            vectors: (B, D) float32 unit vectors of photos.
            bank: (N, D) int8, the packed vectors of the training photos.
            columns: (W,) int64, the columns of the words to compute; None for all.

        Returns:
            (B, W) float32 from -3 to 6; zero for a bank without edges.
        """
        return self.along(*self.edges(vectors, bank), columns)

    def edges(self, vectors: Tensor, bank: Tensor) -> tuple[Tensor, Tensor]:
        """Join photos (B, D) to the nearest rows of the bank (N, D), nearest first.

        Returns:
            Rows of the bank (B, E) int64 and weights (B, E) float32, which sum to 1 for each photo;
            E = 0 for a graph without words.
        """
        kept = min(self.neighbours, len(bank)) if self.column else 0
        nearest = (vectors @ unit_rows(bank).T).topk(kept, dim=1)
        return nearest.indices, (nearest.values / self.temperature).softmax(1)

    def along(self, neighbours: Tensor, weights: Tensor, columns: Tensor | None = None) -> Tensor:
        """Return log odds of words from given `edges` of B photos; otherwise as `forward`."""
        if not len(self.ends):
            words = len(self.column) if columns is None else len(columns)
            return weights.new_zeros(len(weights), words)
        joined = weights.new_zeros(len(weights), len(self.ends))
        return self.odds(joined.scatter_(1, neighbours, weights), columns)

    def odds(self, joined: Tensor, columns: Tensor | None) -> Tensor:
        """Follow the edges (B, N) to words, and return their log odds (B, W)."""
        shares, prior = self.dense()
        if columns is not None:
            shares, prior = shares[:, columns], prior[columns]
        likelihood = joined @ shares + self.smoothing * prior
        return (likelihood / prior).log().clamp(LOWEST, HIGHEST)

    def hub(self, bags: Tensor, bank: Tensor) -> Tensor:
        """Return how well each text's words fit photos in general: (B, V) -> (B,), to subtract.

        This is the mean over the 16 of some 1,000 training photos that they fit best. It does not
        change the ranking for one text; it makes texts comparable when a photo searches captions.
        """
        if not len(self.words):
            return bags.new_zeros(len(bags))
        columns = bags.any(0).nonzero().squeeze(1)
        fits = bags[:, columns] @ self.odds(self.sample(bank), columns).T
        return fits.topk(min(NEAREST, fits.shape[1]), dim=1).values.mean(1)

    def sample(self, bank: Tensor) -> Tensor:
        """Return edges to the bank's N photos from some 1,000 of them: (S, N), rows of sum 1."""
        if self._sample is None or self._sample[0] != bank._version:
            sample = unit_rows(bank)[:: max(len(bank) // SAMPLE, 1)]
            joined = sample.new_zeros(len(sample), len(bank))
            self._sample = (bank._version, joined.scatter_(1, *self.edges(sample, bank)))
        return self._sample[1]

    def dense(self) -> tuple[Tensor, Tensor]:
        """Return the share of each training photo's captions that use a word, and the word's prior.

        Shapes: (N, V) and (V,), float32.
        """
        cached, device = self._dense, self.shares.device
        if cached is None or cached[0] != self.shares._version or cached[1].device != device:
            table = torch.zeros(len(self.ends), len(self.column), device=device)
            degrees = self.ends.diff(prepend=self.ends.new_zeros(1)).long()
            rows = torch.arange(len(self.ends), device=device).repeat_interleave(degrees)
            table[rows, self.words[: len(rows)].long()] = self.shares[: len(rows)].float() / 255
            # In double precision: in single, the order of addition changes the fifth digit.
            sums = table.sum(0, dtype=torch.float64).float()
            prior = sums / max(len(table), 1) + LEAST_PRIOR
            cached = self._dense = (self.shares._version, table, prior)
        return cached[1:]


def edge_counts(
    column: dict[str, int], texts: Sequence[str], owners: Sequence[int]
) -> Counter[tuple[int, int]]:
    """Count the captions of a photo that use a word: {(photo's row, word's column): count}."""
    return Counter(
        (owner, column[word])
        for text, owner in zip(texts, owners, strict=True)
        for word in words_of(text)
        if word in column
    )
