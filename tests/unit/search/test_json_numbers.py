"""The number of digits in JSON, for all numbers in answers."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from search.details_record import details_record, full_details_record
from search.explanation import ExplainedWord, Explanation, Region, as_record
from search.result import Hit, SearchResult
from store.types import PersonRegion, PhotoDetails, TextLine

SEVENTH = 0.123_456_7
"""Rounded to six digits it is 0.123457, to four 0.1235, to three 0.123."""


def test_a_hit_in_json() -> None:
    hit = Hit(
        1,
        12 + SEVENTH,
        SEVENTH,
        Path("/a.jpg"),
        7,
        captions=("a dog",),
        categories=("dog",),
        reranked=True,
        taken=datetime(1970, 1, 1, 0, 0, 1),
        taken_guessed=True,
        width_px=3,
        height_px=4,
        size_bytes=5,
        camera="X100",
    )
    assert hit.to_dict() == {
        "rank": 1,
        "score": 12.123457,
        "probability": 0.123457,
        "path": "/a.jpg",
        "image_id": 7,
        "captions": ["a dog"],
        "categories": ["dog"],
        "reranked": True,
        "duplicates": [],
        "group": "other",
        "taken": "1970-01-01T00:00:01",
        "taken_guessed": True,
        "width_px": 3,
        "height_px": 4,
        "size_bytes": 5,
        "camera": "X100",
        **details_record(None),
    }


def test_what_is_not_known_is_null() -> None:
    record = Hit(1, 1.0, 0.5, Path("/a.jpg"), 7).to_dict()
    unknown = ("taken", "width_px", "height_px", "size_bytes", "camera")
    assert [record[name] for name in unknown] == [None] * 5
    assert "explanation" not in record


def test_the_times_of_an_answer_in_json() -> None:
    took = SearchResult((), {"encode": SEVENTH, "total": 1.9995}).to_dict()["took_ms"]
    assert took == {"encode": 0.123, "total": 2.0}


def test_an_explanation_in_json() -> None:
    region = Region((SEVENTH, 0.0, 1.0, 1 / 3), -SEVENTH)
    record = {"box": [0.123457, 0.0, 1.0, 0.333333], "weight": -0.123457}
    explanation = Explanation(
        (ExplainedWord("dog", SEVENTH, (region,)), ExplainedWord("sofa", -2 / 3, ())),
        (region,),
        1 + SEVENTH,
        2 + SEVENTH,
    )
    expected = {
        "words": [
            {"word": "dog", "added": 0.123457, "regions": [record]},
            {"word": "sofa", "added": -0.666667, "regions": []},
        ],
        "regions": [record],
        "rest": 1.123457,
        "other_words": 2.123457,
    }
    assert as_record(explanation) == expected
    hit = Hit(1, 1.0, 0.5, Path("/a.jpg"), 7, explanation=explanation)
    assert hit.to_dict()["explanation"] == expected


def test_what_is_known_of_a_photo_in_json() -> None:
    details = PhotoDetails(
        title="A title",
        description="two\nlines",
        rating=4,
        tags=("sea",),
        people=(PersonRegion("Ann", (0.1, SEVENTH, 0.3, 0.4)), PersonRegion("Bob")),
        latitude=SEVENTH,
        longitude=-SEVENTH,
        sublocation="Alfama",
        city="Lisbon",
        country="Portugal",
        lens="50mm",
        utc_offset_min=0,
        note="a note",
    )
    line = TextLine("EXIT", SEVENTH, (SEVENTH, 0.25, 2 / 3, 1.0))
    assert full_details_record(details, [line]) == {
        "title": "A title",
        "description": "two\nlines",
        "tags": ["sea"],
        "people": ["Ann", "Bob"],
        "place": ["Alfama", "Lisbon", "Portugal"],
        "rating": 4,
        # Not rounded, since that would move the place.
        "latitude": SEVENTH,
        "longitude": -SEVENTH,
        "city": "Lisbon",
        "region": None,
        "country": "Portugal",
        "lens": "50mm",
        "utc_offset_min": 0,
        "metadata_note": "a note",
        "regions": [
            {"name": "Ann", "box": [0.1, SEVENTH, 0.3, 0.4]},
            {"name": "Bob", "box": None},
        ],
        "text": [{"text": "EXIT", "confidence": 0.1235, "box": [0.1235, 0.25, 0.6667, 1.0]}],
    }


def test_nothing_known_is_null_or_empty_and_never_shared() -> None:
    first, second = details_record(None), details_record(None)
    assert (
        first
        == details_record(PhotoDetails())
        == {
            "title": None,
            "description": None,
            "tags": [],
            "people": [],
            "place": [],
            "rating": None,
            "latitude": None,
            "longitude": None,
        }
    )
    assert first["tags"] is not second["tags"]
