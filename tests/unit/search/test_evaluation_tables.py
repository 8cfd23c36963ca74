"""The tables of `crossgraph eval`: a row per collection, unnamed if there is only one."""

from __future__ import annotations

from typing import Any

import pytest

from search.commands.shared.evaluation_tables import print_reports


def measures(recall: float) -> dict[str, float]:
    return {"R@1": recall, "R@5": recall + 1, "R@10": recall + 2, "median_rank": 3.0}


def report(recall: float, **parts: Any) -> dict[str, Any]:
    both = {"text_to_image": measures(recall), "image_to_text": measures(recall + 20)}
    kinds = ("random", "hard")
    matching = {"accuracy": 90.0, "f1": 91.0, "auc": 92.0, "threshold": 0.25}
    return {
        "collection": {"images": 3, "captions": 15},
        "model": {"name": "fake", "encoders": "none", "fingerprint": "f00d"},
        "first_stage": both,
        "reranked": both,
        "matching": {kind: matching for kind in kinds},
        "calibration": {kind: {"ece": 4.0} for kind in kinds},
        "latency_ms": {"encode": 1.5},
        "gain": {"text_to_image": {"R@1": 2.0, "low": -0.5, "high": 4.5}},
        **parts,
    }


def ablation(recall: float) -> dict[str, Any]:
    both = {"text_to_image": measures(recall), "image_to_text": measures(recall)}
    difference = {"text_to_image": {"R@1": -1.0, "low": -2.0, "high": 0.5}}
    rows = [
        {"name": "whole", **both, "against": None, "difference": None},
        {"name": "no graph", **both, "against": "whole", "difference": difference},
    ]
    return {"rows": rows, "notes": ["one trained model"]}


def stress_part(queries: int) -> dict[str, Any]:
    stages = {"first_stage": measures(60.0) if queries else None, "reranked": None}
    return {
        "word_order": {"nouns": {"captions": queries, "first_stage": 50.0, "reranked": None}},
        "short_queries": {"queries": queries, **stages, "by_words": {}},
    }


def printed(capsys: pytest.CaptureFixture[str], **reports: Any) -> list[str]:
    print_reports(list(reports), list(reports.values()))
    return capsys.readouterr().out.splitlines()


def rows(lines: list[str], label: str) -> list[list[str]]:
    cells = [[cell.strip() for cell in line.strip("│┃").split("│")] for line in lines]
    return [row[1:] for row in cells if row[0] == label]


def test_one_collection_is_not_named(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, rooms=report(10.0))
    assert lines[0] == "fake (none, f00d) on 3 photos, 15 captions"
    assert rows(lines, "reranked text to image") == [
        ["10.0", "11.0", "12.0", "3.0", "+2.00 [-0.50, +4.50]"]
    ]
    assert rows(lines, "first stage text to image") == [["10.0", "11.0", "12.0", "3.0", ""]]
    assert rows(lines, "hard") == [["90.0", "91.0", "92.0", "0.250", "4.0"]]
    assert lines[-1] == "milliseconds: encode 1.5"
    assert "rooms" not in "".join(lines)


def test_every_table_has_a_row_for_each_collection(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(
        capsys,
        coco=report(10.0, ablation=ablation(5.0), probes=stress_part(7)),
        rooms=report(20.0, ablation=ablation(6.0), probes=stress_part(0)),
    )
    assert lines[:3] == [
        "fake (none, f00d)",
        "coco: 3 photos, 15 captions",
        "rooms: 3 photos, 15 captions",
    ]
    named = ["coco", "rooms"]
    for label in ("reranked image to text", "random", "1 whole", "2 no graph", "nouns"):
        assert [row[0] for row in rows(lines, label)] == named
    assert rows(lines, "reranked image to text")[1][1] == "40.0"
    assert rows(lines, "2 no graph")[1][-1] == "-1.00 [-2.00, +0.50] (1)"
    # a collection without such queries has no row
    assert rows(lines, "all, first stage") == [["coco", "7", "60.0", "61.0", "62.0", "3.0"]]
    assert lines[-2:] == ["coco: milliseconds: encode 1.5", "rooms: milliseconds: encode 1.5"]


def test_a_model_of_one_stage_has_no_second_rows(capsys: pytest.CaptureFixture[str]) -> None:
    lines = printed(capsys, rooms={**report(10.0), "reranked": None, "gain": None})
    assert rows(lines, "first stage text to image")
    assert not rows(lines, "reranked text to image")
