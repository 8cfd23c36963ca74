"""The plot of the cost curve."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from search.bench.cost_plot import cost_curve_svg
from tests.unit.search.bench.outcomes import size_row

ROWS = [size_row(10_000, 10, 1, 2), size_row(100_000, 12, 10, 20), size_row(1_000_000, 15, 12, 200)]


def elements(text: str, name: str) -> list[ElementTree.Element]:
    return ElementTree.fromstring(text).findall(f"{{http://www.w3.org/2000/svg}}{name}")


def heights(line: ElementTree.Element) -> list[float]:
    return [float(point.split(",")[1]) for point in line.attrib["points"].split()]


def test_a_line_for_each_way_and_a_point_for_each_size() -> None:
    svg = cost_curve_svg(ROWS)
    assert [len(heights(line)) for line in elements(svg, "polyline")] == [3] * 5
    assert len(elements(svg, "circle")) == 15
    texts = {element.text for element in elements(svg, "text")}
    assert {"10,000", "1,000,000", "FAISS flat, 200.0", "whole query, re-ranked, 15.0"} <= texts


def test_ten_times_as_long_is_one_step_up() -> None:
    faiss = heights(elements(cost_curve_svg(ROWS), "polyline")[2])
    assert faiss[0] - faiss[1] == pytest.approx(faiss[1] - faiss[2], abs=0.2)
    assert faiss[0] > faiss[1]


def test_one_size_is_drawn_too() -> None:
    assert len(elements(cost_curve_svg(ROWS[:1]), "circle")) == 5
