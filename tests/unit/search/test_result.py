"""An answer is a list of hits that knows what it cost."""

from __future__ import annotations

import json
from pathlib import Path

from search.result import Hit, SearchResult

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
