"""10,000 results: only what is near the view is in the document, and scrolling stays steady."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.slow

SCROLL = """
    const [step, frames, done] = arguments;
    const gaps = [];
    let before = performance.now();
    function frame(now) {
        gaps.push(now - before);
        before = now;
        scrollBy({ top: step, behavior: "instant" });
        if (gaps.length < frames) requestAnimationFrame(frame);
        else done(gaps.slice(5).sort((one, other) => one - other));
    }
    requestAnimationFrame(frame);
"""
WORK_MS = 20.0  # of the page's own thread for a frame, whatever else the machine does
FRAMES = 240


def work_ms(page: Any) -> float:
    """Scroll, and return what a frame costs the page; the gaps between frames are printed."""
    before = page.work_seconds()
    gaps = page.browser.execute_async_script(SCROLL, 60, FRAMES)
    work = 1000 * (page.work_seconds() - before) / FRAMES
    median, slow = gaps[len(gaps) // 2], gaps[int(len(gaps) * 0.95)]
    told = f"{work:.1f} ms of work a frame; one every {median:.1f} ms, 95 % within {slow:.1f} ms"
    print(told)  # noqa: T201
    return work


def test_ten_thousand_results_scroll_steadily(page_of: Callable[..., Any]) -> None:
    page, stub, _ = page_of("?q=a+dog", photos=10_001)
    page.says("#status", "The first 100 photos")
    page.browser.set_script_timeout(60)
    for count in ("1,000", "10,000"):
        page.run("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
        page.says("#status", f"{count} photos")
    assert [body["limit"] for body in stub.searches] == [100, 1000, 10_000]
    page.run("scrollTo({ top: 0, behavior: 'instant' })")

    assert work_ms(page) < WORK_MS
    assert len(page.photos()) < 120

    page.run("scrollTo({ top: document.body.scrollHeight, behavior: 'instant' })")
    page.until(lambda: page.photos()[-1] == 10_000 or 10_000 in page.photos(), "not the last")
    assert len(page.photos()) < 120
    assert page.complaints() == []


def test_rows_fill_the_page_and_keep_proportions(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of("?q=a+dog")
    page.says("#status", "a dog")
    rows = page.run("""
        const width = document.querySelector("#photos").clientWidth;
        return [...document.querySelectorAll(".row")].slice(0, 3).map((row) => {
            const last = row.lastElementChild.getBoundingClientRect();
            const tile = row.firstElementChild.getBoundingClientRect();
            const shape = tile.width / tile.height;
            return [last.right - row.getBoundingClientRect().left - width, shape];
        })""")
    sizes = {1: 427 / 640}
    assert rows[0][1] == pytest.approx(sizes[1], abs=0.01)
    assert all(abs(over) < 1 for over, _ in rows)


MOST_MB = 300
LIBRARY = 50_000


def test_a_library_of_fifty_thousand_scrolls_steadily(page_of: Callable[..., Any]) -> None:
    page, _, _ = page_of(photos=LIBRARY, each_month=400)
    page.says("#status", "50,000 photos")
    page.browser.set_script_timeout(120)
    assert work_ms(page) < WORK_MS
    for share in (0.5, 1.0, 0.2):
        page.run("scrollTo({ top: arguments[0] * document.body.scrollHeight })", share)
        page.until(lambda: page.all(".tile img.there"), "no thumbnail")
    megabytes = page.megabytes()
    print(f"{megabytes:.0f} MB")  # noqa: T201
    assert megabytes < MOST_MB
    assert len(page.photos()) < 150
    assert page.complaints() == []
