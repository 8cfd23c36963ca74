"""The pages of docs/: their commands run, and their tables name what there is."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from search.query.filters import ALIASES, parse_filter
from store.catalog.selection import FIELDS, operators_of
from tests.integration.examples import commands_in, make_place, run_line
from tests.integration.options import parse_line

DOCS = Path(__file__).parents[2] / "docs"
PAGES = {page.stem: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}
WITH_COMMANDS = {
    "bulk",
    "evaluation",
    "guide",
    "postgres",
    "presets",
    "query-language",
    "scale",
    "serving",
    "sources",
    "training",
    "troubleshooting",
}
RUNNABLE = [(name, line) for name, text in PAGES.items() for line in commands_in(text)]
PARSED = [(name, line) for name, text in PAGES.items() for line in commands_in(text, "sh")]


@pytest.mark.parametrize(("page", "line"), RUNNABLE, ids=[": ".join(each) for each in RUNNABLE])
def test_commands_of_the_pages_run(
    page: str,
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_place(tmp_path, monkeypatch)
    assert run_line(line) == 0, capsys.readouterr().err


@pytest.mark.parametrize(("page", "line"), PARSED, ids=[": ".join(each) for each in PARSED])
def test_commands_that_take_long_are_at_least_understood(page: str, line: str) -> None:
    parse_line(line)


def test_there_are_examples_of_every_page_with_commands() -> None:
    assert {name for name, _ in [*RUNNABLE, *PARSED]} == WITH_COMMANDS
    assert len(RUNNABLE) > 40


def test_the_table_of_fields_is_that_of_the_parser() -> None:
    rows = re.findall(
        r"^\| (`[^|]*`) \| ([^|]*)\| `([^`|]*)` \|", PAGES["query-language"], re.MULTILINE
    )
    told: dict[str, tuple[str, ...]] = {}
    aliases: dict[str, str] = {}
    for names, also, operators in rows:
        fields = re.findall(r"`(\w+)`", names)
        told.update(dict.fromkeys(fields, tuple(operators.split())))
        aliases.update(dict.fromkeys(re.findall(r"`(\w+)`", also), fields[0]))
    assert told == {name: operators_of(field.kind) for name, field in FIELDS.items()}
    assert aliases == ALIASES


@pytest.mark.parametrize("unit", ["500kB", "2MB", "2MiB"])
def test_units_are_as_told(unit: str) -> None:
    assert unit in PAGES["query-language"]
    parse_filter(f"size > {unit}")


def test_every_table_and_column_of_a_catalog_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_place(tmp_path, monkeypatch)
    page = PAGES["index-format"]
    with closing(sqlite3.connect(tmp_path / "photos.index" / "catalog.db")) as catalog:
        names = [row[0] for row in catalog.execute("SELECT name FROM pragma_table_list")]
        ours = [name for name in names if not re.match(r"sqlite_|words_|_sqlite", name)]
        for table in ours:
            told = re.sub(r"_1$", "_N", table)
            assert f"| `{told}` |" in page
            for column in catalog.execute("SELECT name FROM pragma_table_info(?)", [table]):
                assert f"`{column[0]}`" in page, f"{table}.{column[0]}"
        for (key,) in catalog.execute("SELECT key FROM meta"):
            assert f"`{key}`" in page
    for file in (tmp_path / "photos.index").iterdir():
        assert re.sub(r"\d+", lambda _: "N", file.name) in page.replace(
            "vectors-MODEL-REVISION", "vectors-N-N"
        )


def test_the_head_of_a_file_of_vectors_is_as_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_place(tmp_path, monkeypatch)
    head = next((tmp_path / "photos.index").glob("vectors-*")).read_bytes()[:32]
    assert head[:8] == b"XGVECT2\n"
    assert "`XGVECT2` and a line feed" in PAGES["index-format"]
    numbers = [int.from_bytes(head[a:b], "little") for a, b in ((8, 12), (12, 16), (16, 24))]
    assert numbers == [4, 8, 4]  # D, bits, N: the order of the page


def test_links_between_pages_lead_somewhere() -> None:
    for name, text in PAGES.items():
        for target in re.findall(r"\]\(([^)#]+)", text):
            assert (DOCS / target).is_file(), (name, target)
