"""Makes the pictures of the docs: the real server over photos that packages carry, in a browser.

    python -m tests.browser.picture docs

It indexes them with the shipped model in a temporary folder, which takes a minute or two, and
writes `page.png` (a search), `page-dark.png` (the library in dark) and `page-photo.png` (a photo,
and where a word of the query was read in it).
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from search.demo.photo_sets import PHOTO_SETS, installed_photos
from tests.browser.chromium import ChromiumPage, start_browser

__all__ = ["main"]

SIZE = (1200, 640)
MOST_BYTES = 300_000
SEARCH = "?q=a+man+looks+through+a+camera+on+a+tripod"
LICENSED = {"scikit-image", "scikit-learn"}  # the others name a licence for the package alone


def main(folder: Path) -> None:
    """Write the pictures, each of at most 300 kB."""
    with tempfile.TemporaryDirectory() as temporary:
        place = Path(temporary)
        _copied(place / "photos")
        program = [sys.executable, "-m", "search.cli"]
        index = place / "index"
        subprocess.run(
            [*program, "index", str(place / "photos"), "--index", str(index)], check=True
        )
        with _served([*program, "serve", "--index", str(index), "--port", "0"]) as address:
            pictures = _taken(address, place / "chromium")
    for name, picture in pictures.items():
        target = folder / name
        target.write_bytes(_small(picture))
        print(f"{target}: {target.stat().st_size:,} bytes")  # noqa: T201


def _copied(folder: Path) -> None:
    """Copy those that may be shown anywhere."""
    folder.mkdir()
    for photo_set in PHOTO_SETS:
        if photo_set.package in LICENSED:
            for photo in installed_photos(photo_set):
                shutil.copy(photo, folder)


@contextmanager
def _served(command: list[str]) -> Iterator[str]:
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.communicate()


def _taken(address: str, profile: Path) -> dict[str, bytes]:
    browser = start_browser(profile)
    try:
        page = ChromiumPage(browser, address)
        pictures = {}
        for name, query, theme in (
            ("page.png", SEARCH, "light"),
            ("page-dark.png", "", "dark"),
        ):
            page.open(query, width=SIZE[0], height=SIZE[1])
            page.run("document.documentElement.dataset.theme = arguments[0]", theme)
            _settled(page)
            pictures[name] = browser.get_screenshot_as_png()
        page.open(SEARCH, width=SIZE[0], height=SIZE[1])
        _settled(page)
        page.all(".tile")[0].click()
        page.until(lambda: page.all(".word"), "no words")
        page.until(lambda: page.all(".held img.there"), "no photo")
        page.hover(page.all(".word")[0])
        time.sleep(1)
        pictures["page-photo.png"] = browser.get_screenshot_as_png()
        return pictures
    finally:
        browser.quit()


def _settled(page: ChromiumPage) -> None:
    there = "return [...document.querySelectorAll('.tile img')].every((each) => each.complete)"
    page.until(lambda: page.all(".tile img.there") and page.run(there), "no thumbnails")
    time.sleep(1)  # they fade in


def _small(picture: bytes) -> bytes:
    """Return the picture with as many colours as fit."""
    with Image.open(io.BytesIO(picture)) as opened:
        whole = opened.convert("RGB")
    for share in (1.0, 0.9, 0.8, 0.7, 0.6):
        size = (round(whole.width * share), round(whole.height * share))
        held = io.BytesIO()
        shrunk = whole.resize(size, Image.Resampling.LANCZOS)
        few = shrunk.quantize(256, method=Image.Quantize.MEDIANCUT, kmeans=4)
        plain = shrunk.quantize(palette=few, dither=Image.Dither.NONE)
        plain.save(held, "png", optimize=True)
        if held.tell() <= MOST_BYTES:
            break
    return held.getvalue()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs"))
