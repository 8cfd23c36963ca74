"""Makes the pictures of the docs: the real server over photos that packages carry, in a browser.

    python -m tests.browser.picture docs

It indexes them with the shipped model in a temporary folder, which takes a minute or two, and
writes `page.png` (a search), `page-dark.png` (the library in dark) and `page-photo.png` (a photo,
and where a word of the query was read in it), and `terminal.svg` (searches in a terminal). Take
them while nothing else runs on the machine: `page.png` shows how long the search took.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from search.demo.photo_sets import PHOTO_SETS, installed_photos
from tests.browser.chromium import ChromiumPage, start_browser
from tests.browser.terminal_picture import drawn, output_on_a_terminal

__all__ = ["main"]

SIZE = (1200, 640)
MOST_BYTES = 300_000
SEARCH = "?q=a+man+looks+through+a+camera+on+a+tripod"
SESSION = (
    'search "a cup of coffee" -k 3',
    'search "a cat without people" --explain -k 1',
    'search "a rocket" --where "width > 500" --paths -k 1',
)
PROGRAMS = """
crossgraph() { "$PYTHON" -m search.cli "$@"; }
search() {
    "$PYTHON" -c 'import sys; from search.short import search_main; sys.exit(search_main())' "$@"
}
"""
"""The programs of this very folder under the names that they are installed with."""
HOME = "/home/barbara"
LICENSED = {"scikit-image", "scikit-learn"}  # the others name a licence for the package alone


def main(folder: Path) -> None:
    """Write the pictures, each of at most 300 kB."""
    with tempfile.TemporaryDirectory(prefix="") as temporary:
        place = Path(temporary)
        _copied(place / "Pictures")
        environment = {**os.environ, "HOME": temporary, "XDG_DATA_HOME": f"{temporary}/data"}
        environment |= {"PYTHON": sys.executable}
        output_on_a_terminal(f"{PROGRAMS}crossgraph index Pictures -q", place, environment)
        terminal = drawn(
            [(typed, PROGRAMS + typed) for typed in SESSION], place, environment, "crossgraph"
        )
        with _served(environment) as address:
            pictures = _taken(address, place / "chromium")
    _write(folder / "terminal.svg", _at_home(terminal, temporary).encode("utf-8"))
    for name, picture in pictures.items():
        _write(folder / name, _small(picture))


def _write(target: Path, content: bytes) -> None:
    target.write_bytes(content)
    print(f"{target}: {len(content):,} bytes")  # noqa: T201


def _at_home(terminal: str, folder: str) -> str:
    """Name the temporary folder as somebody's home, where that is as long and no line moves."""
    return terminal.replace(folder, HOME) if len(folder) == len(HOME) else terminal


def _copied(folder: Path) -> None:
    """Copy those that may be shown anywhere."""
    folder.mkdir()
    for photo_set in PHOTO_SETS:
        if photo_set.package in LICENSED:
            for photo in installed_photos(photo_set):
                shutil.copy(photo, folder)


@contextmanager
def _served(environment: Mapping[str, str]) -> Iterator[str]:
    command = [sys.executable, "-m", "search.cli", "serve", "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
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
            for years in page.all("#years button")[-1:]:  # where most photos are
                years.click()
                _settled(page)
            pictures[name] = browser.get_screenshot_as_png()
        page.open(SEARCH, width=SIZE[0], height=SIZE[1])
        _settled(page)
        page.open_photo(0)
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
