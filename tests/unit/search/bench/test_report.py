"""An outcome as lines, Markdown and JSON."""

from __future__ import annotations

import json

from rich.console import Console

from search.bench.report import as_json, as_lines, as_markdown, as_tables
from search.bench.setting import QUICK
from tests.unit.search.bench.outcomes import OUTCOME

MACHINE = {"cpu": "Z80", "cores": 2, "memory_bytes": 2**31, "versions": {"torch": "2.13"}}


def test_lines_are_one_a_figure_one_a_size_and_one_a_failure() -> None:
    lines = list(as_lines(OUTCOME))
    assert len(lines) == 4 + 2 + 1
    assert lines[2].split("\t") == [
        "re-ranking 100 candidates", "< 12 ms", "< 5 ms", "31.2 ms", "missed",
        "reading them: 2.0 ms more",
    ]  # fmt: skip
    assert lines[5].startswith("images 100,000\tto build, s 3\tbytes an image 1,500\t")
    assert lines[6].startswith("memory could not be measured: BenchError: ")


def test_markdown_has_the_machine_and_tables_of_even_rows() -> None:
    machine, figures, sizes, failed = as_markdown(OUTCOME, MACHINE).split("\n\n")
    assert machine == "Measured on: Z80, 2 cores, 2 GiB of memory; torch 2.13."
    assert figures.splitlines()[0] == "| | must | aim | found | met | measured |"
    assert figures.splitlines()[3] == (
        "| recall@100 on 1,000,000 images against an exact search, caption queries | > 0.95 | "
        "> 0.98 | 0.960 | must | 200 captions |"
    )
    for table in (figures, sizes):
        assert len({line.count("|") for line in table.splitlines()}) == 1
    assert failed.startswith("memory could not be measured")


def test_tables_hold_what_the_lines_hold() -> None:
    console = Console(width=400, record=True, file=None, quiet=False, force_terminal=False)
    with console.capture() as shown:
        for table in as_tables(OUTCOME):
            console.print(table)
    for line in list(as_lines(OUTCOME))[:4]:
        for cell in line.split("\t"):
            assert cell in shown.get()


def test_json_has_everything() -> None:
    found = json.loads(as_json(OUTCOME, QUICK, MACHINE))
    assert found["machine"] == MACHINE
    assert found["amounts"]["sizes"] == [2_000, 10_000]
    warm = found["figures"][0]
    assert (warm["key"], warm["met"], warm["better"]) == ("warm", "must", "below")
    assert warm["raw"] == {"query_ms": [9.0, 10.0, 11.0]}
    assert found["sizes"][1]["search_ms"]["rclip"] == 2000
    assert list(found["failed"]) == ["memory"]
