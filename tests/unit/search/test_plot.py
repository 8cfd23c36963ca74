"""The plot of a learning curve."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from search.evaluation.learning_curve_plot import learning_curve_svg


def row(photos: int, first: tuple[float, float], reranked: tuple[float, float]) -> dict[str, Any]:
    both = {"first_stage": first, "reranked": reranked}
    return {"photos": photos} | {
        stage: {"text_to_image": {"R@1": found[0], "R@10": found[1]}}
        for stage, found in both.items()
    }


ROWS = [
    row(750, (17.2, 55.1), (18.9, 56.0)),
    row(1500, (21.5, 62.3), (23.6, 63.9)),
    row(6000, (30.3, 75.2), (35.2, 79.3)),
]


def elements(text: str, name: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(text).findall(f"{{http://www.w3.org/2000/svg}}{name}")


def points(line: ElementTree.Element) -> list[tuple[float, float]]:
    pairs = (point.split(",") for point in line.attrib["points"].split())
    return [(float(x), float(y)) for x, y in pairs]


def test_every_point_is_drawn_and_named() -> None:
    svg = learning_curve_svg(ROWS)
    drawn = {(float(c.attrib["cx"]), float(c.attrib["cy"])) for c in elements(svg, "circle")}
    lines = [points(line) for line in elements(svg, "polyline")]
    assert [len(line) for line in lines] == [3] * 4
    assert drawn == {point for line in lines for point in line}
    texts = {element.text for element in elements(svg, "text")}
    assert {"750", "1,500", "6,000"} <= texts
    assert {"R@1, first stage", "R@1, re-ranked", "R@10, first stage", "R@10, re-ranked"} <= texts
    for found in ROWS:
        for stage in ("first_stage", "reranked"):
            recalls = found[stage]["text_to_image"].values()
            assert {f"{recall:.1f}" for recall in recalls} <= texts


def test_doubled_photos_are_one_step_and_higher_is_up() -> None:
    (left, low), (middle, _), (right, high) = points(
        elements(learning_curve_svg(ROWS), "polyline")[0]
    )
    assert right - middle == pytest.approx(2 * (middle - left), abs=0.2)
    assert high < low


def test_one_stage_is_dashed() -> None:
    lines = elements(learning_curve_svg(ROWS), "polyline")
    assert [line.attrib["stroke-dasharray"] for line in lines] == ["none", "6 4"] * 2


def test_names_of_lines_that_end_together_stand_apart() -> None:
    svg = learning_curve_svg([row(20, (50, 50), (50, 50))])
    names = [e for e in elements(svg, "text") if (e.text or "").startswith("R@")]
    heights = sorted(float(name.attrib["y"]) for name in names)
    assert heights == pytest.approx([heights[0] + 17 * number for number in range(4)])


def test_the_same_rows_are_the_same_picture() -> None:
    assert learning_curve_svg(ROWS) == learning_curve_svg(ROWS)
