"""Untrusted text reaches terminals and programs as plain text only, in every output."""

from __future__ import annotations

import csv
import io
import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from search.commands.shared.index_lines import print_built, print_reembedded
from search.integrations.facts import metadata_of, text_of
from search.json_text import json_text
from search.output import as_csv_lines, as_json_lines, as_plain_lines, as_table, known
from search.output.page import Answer, render_page
from search.printable import (
    csv_cell,
    printable,
    printable_lines,
    valid_text,
    without_passwords,
)
from search.result import Hit, SearchResult
from search.terminal.progress import ProgressReport

ORDERS = (
    "\x1b]0;OWNED\x07",  # sets the title
    "\x1b]52;c;T1dORUQ=\x07",  # sets the clipboard
    "\x1b[2J",
    "\x9b2J",
    "\x9d0;OWNED\x9c",
    "\r",
    "\x08\x08",
    "\x7f",
    "\u202egpj.exe",
    "\u2066",
    "\u2028forged",
    "\udcff",
)
strange = st.text(
    st.characters()
    | st.sampled_from("\x00\x1b\x07\x9b\r\n\t\x7f\u202e\u2028\u2067\udcff\ud83d=+-@")
)


def is_inert(text: str) -> bool:
    """Return whether a text has neither control nor bidirectional characters, and is valid UTF-8.

    Tabs, line ends and NUL are allowed; a text that is not valid UTF-8 raises UnicodeEncodeError.
    """
    text.encode("utf-8")
    turns = set("\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
    return not any(
        (unicodedata.category(each) == "Cc" and each not in "\t\n\0") or each in turns
        for each in text
    )


@dataclass(frozen=True)
class Report:
    quarantined: tuple[tuple[str, str], ...] = ()
    damaged: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()
    passed_over: Mapping[str, int] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unread: tuple[tuple[str, str], ...] = ()
    unreachable: int = 0
    vectors_note: str = ""
    added: int = 0
    updated: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    annotated: int = 0
    described: int = 0
    seconds: float = 0.0
    embedded: int = 0
    switched: bool = True


@given(strange)
def test_printable_is_one_inert_line_and_leaves_plain_texts_alone(text: str) -> None:
    shown = printable(text)
    assert is_inert(shown)
    assert not set("\n\t\r\0") & set(shown)
    assert printable(shown) == shown
    if text.isprintable():
        assert shown == text


@given(strange)
def test_lines_keep_what_parts_them(text: str) -> None:
    shown = printable_lines(text)
    assert is_inert(shown)
    assert [shown.count(each) for each in "\n\t\0"] == [text.count(each) for each in "\n\t\0"]


@given(strange)
def test_valid_text_changes_halves_of_letters_alone(text: str) -> None:
    shown = valid_text(text)
    shown.encode("utf-8")
    if not any("\ud800" <= each <= "\udfff" for each in text):
        assert shown == text


@given(strange)
def test_json_says_the_same_and_is_inert(text: str) -> None:
    written = json_text({"path": text})
    assert is_inert(written) and "\n" not in written and "\0" not in written
    assert json.loads(written) == {"path": text}


@given(strange)
def test_no_cell_is_a_formula(text: str) -> None:
    cell = csv_cell(printable(text))
    assert cell[:1] not in tuple("=+-@＝＋－＠\t\r")  # noqa: RUF001 - the wide ones too
    assert cell.removeprefix("'").endswith(printable(text).removeprefix("'"))


@pytest.mark.parametrize("order", ORDERS)
def test_every_surface_that_shows_a_hit_is_inert(order: str, tmp_path: Path) -> None:
    said = f"=a {order} dog"
    hit = Hit(1, -0.5, 0.9, tmp_path / f"b{order}.jpg", 7, (said,), (said,))
    lines = [next(as_plain_lines([hit])), *as_csv_lines([hit]), next(as_json_lines([hit]))]
    assert all(is_inert(line) and "\n" not in line for line in lines)
    console = Console(file=io.StringIO(), width=200)
    console.print(as_table([hit]))
    drawn = console.file.getvalue()  # type: ignore[attr-defined]
    page = render_page([Answer(said, [hit])])
    result = SearchResult((hit,), notes=(said,)).to_dict()
    for text in (drawn, page, known(hit), text_of(hit), *result["notes"]):
        assert is_inert(text)
    for told in (metadata_of(hit), hit.to_dict(), result):
        json.dumps(told, ensure_ascii=False).encode("utf-8")
    assert is_inert("".join(hit.to_dict()["captions"] + hit.to_dict()["categories"]))
    (row,) = csv.DictReader(as_csv_lines([hit]))
    assert row["captions"].startswith("'=a ") and row["categories"].startswith("'=a ")
    assert row["score"] == "-0.5"  # a number stays a number


@pytest.mark.parametrize("order", [*ORDERS, "\nleft out: forged"])
def test_messages_about_photos_are_one_inert_line_each(
    order: str, capsys: pytest.CaptureFixture[str]
) -> None:
    name = f"/photos/b{order}.jpg"
    report = Report(
        quarantined=((name, f"it is {order}"),),
        damaged=((name, f"it ends at {order}"),),
        notes=(f"{name} is not read",),
        passed_over={f".{order}": 1},
        missing=(name,),
        unread=((name, "gone"),),
    )
    print_built(Path("i"), report, set())  # type: ignore[arg-type]
    print_reembedded(Path("i"), report)  # type: ignore[arg-type]
    with ProgressReport("indexing") as progress:
        progress._last_line -= 100  # so that a line is due
        progress.update(1, 2, name)
    told = capsys.readouterr()
    assert is_inert(told.err) and is_inert(told.out)
    assert told.err.count("\n") == 7


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("POSTGRESQL://me:secret@db/photos", "POSTGRESQL://me@db/photos"),
        (
            "no index at postgresql:/me:secret@db/photos: run",
            "no index at postgresql:/me@db/photos: run",
        ),
        ("mysql+x://me:se:cr@t@db:5/p", "mysql+x://me@db:5/p"),
        ("postgresql://me@db:5432/photos", "postgresql://me@db:5432/photos"),
        ("http://127.0.0.1:8000/ and a@b", "http://127.0.0.1:8000/ and a@b"),
    ],
)
def test_no_password_is_told(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_bytes_that_are_no_text_are_shown_from_the_first_to_the_last() -> None:
    assert printable("\udc80\udcff") == "\\x80\\xff"
    assert printable("\udc7f\udd00") == "\\udc7f\\udd00"
    assert printable("\x7f\x9f\xa0") == "\\x7f\\x9f\xa0"
    assert printable("\u2027\u2028\u202e\u202f") == "\u2027\\u2028\\u202e\u202f"
