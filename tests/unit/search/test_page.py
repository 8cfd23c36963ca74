"""The page needs no other files, shows all about a hit, and lets no text become markup."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from search.output.page import Answer, Credit, render_page, thumbnail, write_page
from search.result import Hit

NASTY = "<script>alert('x')</script> & \"quotes\""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "wide & <b>.png"
    Image.new("RGB", (800, 400), "teal").save(path)
    return path


class Tags(HTMLParser):
    """Collects start tags with their attributes and checks that they are closed in order."""

    void = frozenset({"meta", "img", "!doctype"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.seen if tag == name]


def test_everything_is_escaped_and_well_formed(photo: Path) -> None:
    hit = Hit(1, 2.5, 0.9, photo, 7, (NASTY,), (NASTY,))
    page = render_page(
        [Answer(NASTY, [hit])], title=NASTY, intro=NASTY, sources=[Credit(NASTY, NASTY, NASTY)]
    )
    tags = Tags(page)
    assert tags.open == []
    assert tags.of("script") == []
    assert tags.of("b") == []
    assert tags.of("img")[0]["alt"] == NASTY


def test_nothing_is_fetched(photo: Path) -> None:
    page = render_page([Answer("a wall", [Hit(1, 2.5, 0.9, photo, 7)])])
    assert not re.search(r"https?://|url\(|@import", page)
    assert Tags(page).of("link") == []
    assert all(str(image["src"]).startswith("data:image/jpeg;") for image in Tags(page).of("img"))


def test_rank_score_probability_and_captions_are_there(photo: Path) -> None:
    hit = Hit(3, 2.512, 0.87, photo, 7, ("A teal wall .", "Paint ."), ("wall",))
    page = render_page([Answer("a wall", [hit])])
    for text in (">3<", "87% match", "score 2.512", "A teal wall .", "Paint .", ">wall<"):
        assert text in page


def test_without_captions_the_alternative_text_names_the_photo(photo: Path) -> None:
    page = render_page([Answer("a wall", [Hit(1, 2.5, 0.9, photo, 7)])])
    assert Tags(page).of("img")[0]["alt"] == f"Photo {photo.name}, hit 1 for: a wall"


def test_a_photo_that_is_gone_leaves_a_box(tmp_path: Path) -> None:
    page = render_page([Answer("a wall", [Hit(1, 2.5, 0.9, tmp_path / "gone.jpg", 7)])])
    assert "no longer readable" in page
    assert Tags(page).of("img") == []


def test_weak_answers_are_called_weak(photo: Path) -> None:
    assert "Nothing here matches:" in render_page([Answer("x", [Hit(1, 0, 0.02, photo, 7)])])
    assert "Nothing here matches well" in render_page([Answer("x", [Hit(1, 0, 0.3, photo, 7)])])
    assert "Nothing here matches" not in render_page([Answer("x", [Hit(1, 0, 0.9, photo, 7)])])


def test_notes_are_said_once(photo: Path) -> None:
    weak = "nothing here matches: the best probability is 2%"
    notes = (weak, "crossgraph knows no word of “<x>”")
    page = render_page([Answer("x", [Hit(1, 0, 0.02, photo, 7)], notes)])
    assert page.count("Nothing here matches") == 1
    assert "Crossgraph knows no word of “&lt;x&gt;”." in page


def test_hits_stand_in_groups(photo: Path) -> None:
    hits = [Hit(rank, 0, likely, photo, 7) for rank, likely in enumerate((0.9, 0.6, 0.1), 1)]
    page = render_page([Answer("x", hits)])
    assert page.index("Good matches") < page.index("90% match") < page.index("60% match")
    assert page.index("60% match") < page.index("Nearest others") < page.index("10% match")
    assert "Maybe" not in page


def test_thumbnail_is_a_small_jpeg(photo: Path) -> None:
    uri = thumbnail(photo, longest_px=100)
    assert uri is not None
    with Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2]))) as image:
        assert (image.format, image.size) == ("JPEG", (100, 50))


def test_page_is_written_with_names_that_are_no_text(tmp_path: Path) -> None:
    target = tmp_path / "results.html"
    write_page(target, [Answer("\udcff", [Hit(1, 0, 0.9, tmp_path / "\udcff.jpg", 7)])])
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
