"""What the choosers make of a filter that was typed, asked of the page's own module."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

CALL = """
    const [name, given, done] = arguments;
    import("/static/where.js").then((where) => done(where[name](...given)), (e) => done(String(e)));
"""


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("clauses", ["a = 1 and (b = 2 and c = 3)"], ["a = 1", "(b = 2 and c = 3)"]),
        ("clauses", ["name ~ 'a and b' and width > 9"], ["name ~ 'a and b'", "width > 9"]),
        ("clauses", ["a = 1 and b = 2 or c = 3"], ["a = 1 and b = 2 or c = 3"]),
        ("clauses", [""], []),
        ("chosen", ['width > 9 and category = "a ""b"""', "category"], 'a "b"'),
        ("chosen", ["orientation = square or width > 9", "orientation"], ""),
        ("withChosen", ["", "from", "2024-05-31"], "taken >= 2024-05-31"),
        ("withChosen", ["category = dog and width > 9", "category", ""], "width > 9"),
        (
            "withChosen",
            ["a = 1 or b = 2", "category", "dog"],
            "(a = 1 or b = 2) and category = dog",
        ),
        ("withChosen", ["category = dog", "category", 'a "b"'], 'category = "a ""b"""'),
    ],
)
def test_a_chooser_changes_its_own_part_alone(
    page_of: Callable[..., Any], name: str, given: list[str], expected: Any
) -> None:
    page, _, _ = page_of(photos=1)
    assert page.browser.execute_async_script(CALL, name, given) == expected
