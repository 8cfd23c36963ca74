"""A result is a list of hits with the time that each stage took."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import search
from search.result import MAYBE, UNREAD, WEAK_PROBABILITY, Hit, HitGroup, SearchResult

HITS = (Hit(1, 2.5, 0.75, Path("/a.jpg"), 7, reranked=True), Hit(2, 1.0, 0.5, Path("/b.jpg"), 9))


def test_it_is_read_like_a_list() -> None:
    result = SearchResult(HITS, {"total": 1.5}, ("a note",), 1)
    assert list(result) == list(HITS)
    assert result == list(HITS)
    assert result == SearchResult(HITS)
    assert result != list(HITS[:1])
    assert result != 7
    assert result[0] is HITS[0]
    assert result[1:] == [HITS[1]]
    assert (len(result), bool(SearchResult()), SearchResult() == []) == (2, False, True)


def test_its_json_has_all() -> None:
    folded = Hit(1, 2.5, 0.75, Path("/a.jpg"), 7, duplicates=HITS[1:])
    record = json.loads(json.dumps(SearchResult((folded,), {"total": 1.23456}, ("n",)).to_dict()))
    assert record["took_ms"] == {"total": 1.235}
    assert (record["notes"], record["reranked"]) == (["n"], 0)
    assert [each["image_id"] for each in record["hits"][0]["duplicates"]] == [9]


def test_json_says_the_group_of_hits_and_of_what_stands_behind_them() -> None:
    folded = Hit(1, 2.5, 0.75, Path("/a.jpg"), 7, duplicates=(Hit(1, 2, 0.2, Path("/b.jpg"), 9),))
    record = json.loads(json.dumps(folded.to_dict()))
    assert (record["group"], record["duplicates"][0]["group"]) == ("good", "maybe")


@pytest.mark.parametrize("group", HitGroup)
def test_the_page_tells_the_same_groups(group: HitGroup) -> None:
    script = (Path(search.__file__).parent / "server/static/groups.js").read_text(encoding="utf-8")
    cuts = dict(re.findall(r"export const (MAYBE|WEAK) = ([\d.]+);", script))
    assert (float(cuts["MAYBE"]), float(cuts["WEAK"])) == (MAYBE, WEAK_PROBABILITY)
    told = re.search(rf'{group}: \["(.+)", `(.+)`\]', script)
    assert told is not None
    meaning = told[2].replace("${percent(MAYBE)}", f"{MAYBE:.0%}")
    meaning = meaning.replace("${percent(WEAK)}", f"{WEAK_PROBABILITY:.0%}")
    assert (told[1].lower(), meaning) == (group.heading, group.meaning)


def test_what_cannot_be_read_is_never_maybe() -> None:
    assert HitGroup.of(UNREAD) is HitGroup.other
