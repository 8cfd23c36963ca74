"""Write `nouns.txt` and `nouns.places` from WordNet's database files; no search runs any of it.

`python -m search.lexicon.make_nouns DICT [CAPTIONS.json ...]` reads the nouns of WordNet 3
(Miller, 1995) in the folder DICT: `data.noun`, or its parts `data.noun1` and so on, and
`index.sense`. Captions of training photos add to WordNet's counts of how common words are.

It keeps nouns for what a photo can show, in the senses that people mean, except those whose last
word says what they name ("police car"). They stand below what they are kinds of, one synset per
line, for `search.lexicon.noun_kinds` to read: a letter for its depth, and its words, each with a
digit for how common it is, an `a` if it is also an adjective, and an `m` if it has many meanings.
The first line has the nouns of two words. `nouns.places` says where each word stands in the text,
in the order of the words, so that one is found without reading all of it.
"""

from __future__ import annotations

import json
import math
import re
import struct
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from fusion.runtime.words import words_in_order

__all__ = ["Sense", "Synset", "lexicon_text", "main", "meant_senses", "places_of"]

VISIBLE = frozenset({3, 5, 6, 8, 13, 17, 18, 20, 27})
"""WordNet's lexicographer files with nouns for visible things: tops, animals, artifacts, bodies,
food, objects, persons, plants and substances."""
EATEN_OR_ALIVE = frozenset({5, 13})
"""Files whose words are often verbs too, which are rare in captions: to bear, to fish, to toast."""
ARTIFACTS = 6
"""The file of artifacts, which captions mean by a word that also has an abstract sense: a plane, a
television."""
NOUN, VERB, ADJECTIVES = 1, 2, frozenset({3, 5})
RIVAL = 0.5
"""Share of the count of a word's most frequent visible sense above which another one is meant
too."""
DROWNED = 0.4
"""No visible sense is meant if the count of the most frequent one is at most this share of the
count of the word's most frequent sense of all."""

_ENTRY = re.compile(r",([^,:\n]+):")

TOP = ord("A")
"""The letter of the synsets at the root; those below have the next one."""


class Sense(NamedTuple):
    """One meaning of a word."""

    part: int
    """Part of speech, as `index.sense` numbers them."""
    number: int
    """Sense number from 1, the most frequent first."""
    synset: str
    tagged: int
    """How often it occurs in hand-tagged texts."""


@dataclass(frozen=True)
class Synset:
    """Words that mean the same.

    Attributes:
        file: the number of the lexicographers' file that holds it.
        lemmas: its words, parts joined by underscores.
        kinds_of: the synsets that it is a kind of.
    """

    file: int
    lemmas: tuple[str, ...]
    kinds_of: tuple[str, ...]


def read_synsets(folder: Path) -> dict[str, Synset]:
    """Read the noun synsets, without those of individual persons, places and things."""
    synsets = {}
    for path in sorted(folder.glob("data.noun*")):
        for line in path.read_text("latin-1").splitlines():
            if line.startswith(" ") or not line:
                continue
            fields = line.split(" | ")[0].split()
            words = int(fields[3], 16)
            start = 4 + 2 * words
            pointers = [
                fields[start + 1 + 4 * place : start + 5 + 4 * place]
                for place in range(int(fields[start]))
            ]
            if any(symbol == "@i" for symbol, *_ in pointers):
                continue
            synsets[fields[0]] = Synset(
                int(fields[1]),
                tuple(fields[4:start:2]),
                tuple(offset for symbol, offset, *_ in pointers if symbol == "@"),
            )
    return synsets


def read_senses(path: Path) -> dict[str, list[Sense]]:
    """Read `index.sense`: the senses of each word, in all parts of speech."""
    senses = defaultdict(list)
    for line in path.read_text("latin-1").splitlines():
        key, synset, number, count = line.split()
        lemma, _, rest = key.partition("%")
        senses[lemma].append(Sense(int(rest[0]), int(number), synset, int(count)))
    return {lemma: sorted(each) for lemma, each in senses.items()}


def meant_senses(senses: Sequence[Sense], synsets: dict[str, Synset]) -> list[str]:
    """Return the synsets that people mean by a word for what a photo shows, the first one first.

    They are the first visible one and those nearly as frequent. A word that is mostly something
    else, such as an adjective ("black"), has none.
    """
    nouns = [each for each in senses if each.part == NOUN and each.synset in synsets]
    visible = [each for each in nouns if synsets[each.synset].file in VISIBLE]
    if not visible:
        return []
    most = max(each.tagged for each in visible)
    meant = [each for each in visible if each is visible[0] or each.tagged + 1 > RIVAL * (most + 1)]
    file = synsets[visible[0].synset].file
    left_out = {VERB} if file in EATEN_OR_ALIVE else {NOUN} if file == ARTIFACTS else set[int]()
    others = [each.tagged for each in senses if each.part not in left_out]
    if most + 1 <= DROWNED * (max(others, default=0) + 1):
        return []
    return [each.synset for each in meant]


def tree_lines(
    meant: dict[str, list[str]], synsets: dict[str, Synset], marks: dict[str, str]
) -> Iterator[str]:
    """Return lines of synsets, each above its kinds.

    Args:
        meant: word to the synsets that are meant by it.
        synsets: all there are.
        marks: the marks after each word.
    """
    words = defaultdict(list)
    for lemma, offsets in meant.items():
        for offset in offsets:
            words[offset].append(lemma)
    kinds = defaultdict(list)
    for offset, synset in synsets.items():
        for above in synset.kinds_of:
            kinds[above].append(offset)
    tops = [offset for offset, synset in synsets.items() if not synset.kinds_of]
    stack = [(offset, 0) for offset in reversed(tops)]
    while stack:
        offset, depth = stack.pop()
        named = words.get(offset)
        if named:
            marked = "".join(f"{each}:{marks[each]}," for each in sorted(named))
            yield f"{chr(TOP + depth)},{marked}"
        stack += [(kind, depth + bool(named)) for kind in reversed(kinds[offset])]


def says_its_kind(lemma: str, meant: dict[str, list[str]], synsets: dict[str, Synset]) -> bool:
    """Return whether the last of several words says what they name: a police car is a car."""
    head = lemma.replace("-", "_").rpartition("_")[2]
    if head == lemma:
        return False
    above, waiting = set[str](), list(meant[lemma])
    while waiting:
        offset = waiting.pop()
        if offset not in above:
            above.add(offset)
            waiting += [each for each in synsets[offset].kinds_of if each in synsets]
    return bool(above.intersection(meant.get(head, ())))


def commonness(count: int) -> int:
    """Return a digit that says how common a word is: twice as common is one more."""
    return min(9, int(math.log2(1 + count)))


def lexicon_text(folder: Path, said: Mapping[str, int]) -> str:
    """Return the content of the file.

    Args:
        folder: the folder with WordNet's files.
        said: how often words, and pairs of them joined by an underscore, occur elsewhere.
    """
    synsets, senses = read_synsets(folder), read_senses(folder / "index.sense")
    small = {lemma for each in synsets.values() for lemma in each.lemmas if lemma.islower()}
    every = {lemma: meant_senses(senses[lemma], synsets) for lemma in sorted(small & senses.keys())}
    meant = {
        lemma: offsets
        for lemma, offsets in every.items()
        if offsets and not says_its_kind(lemma, every, synsets)
    }
    marks = {}
    for lemma, offsets in meant.items():
        tagged = sum(each.tagged for each in senses[lemma] if each.part == NOUN)
        is_adjective = any(each.part in ADJECTIVES for each in senses[lemma])
        flags = f"{'a' * is_adjective}{'m' * (len(offsets) > 1)}"
        marks[lemma] = f"{commonness(tagged + said.get(lemma, 0))}{flags}"
    pairs = ",".join(lemma for lemma in meant if lemma.count("_") == 1)
    return "\n".join([pairs, *tree_lines(meant, synsets, marks), ""])


def places_of(text: str) -> bytes:
    r"""Return where the words of a lexicon's lines begin, by word and place; 4 bytes each.

    >>> places_of("pear_tree\nA,tree:3,\nB,oak:1,pear_tree:0,\n").hex(" ", 4)
    '16000000 1c000000 0c000000'
    """
    entries = _ENTRY.finditer(text, text.index("\n"))
    places = sorted((entry[1], entry.start(1)) for entry in entries)
    return b"".join(struct.pack("<I", place) for _, place in places)


def main(folder: str, *captions: str) -> None:
    """Write the files into this file's folder."""
    said: Counter[str] = Counter()
    for path in captions:
        for entry in json.loads(Path(path).read_text("utf-8"))["annotations"]:
            words = words_in_order(entry["caption"])
            said.update(words + ["_".join(pair) for pair in pairwise(words)])
    text = lexicon_text(Path(folder), said)
    for name, content in (("nouns.txt", text.encode("ascii")), ("nouns.places", places_of(text))):
        target = Path(__file__).with_name(name)
        target.write_bytes(content)
        sys.stdout.write(f"{target}: {len(content)} bytes\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
