"""Text in photos is read, kept, found by parts of words, and shown with its boxes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from indexer import build_index, read_text
from indexer.text.line_reader import TEXT_READER, LineReader
from search import open_index
from search.cli import main, search_main
from search.models import loading
from search.query.filters import parse_filter
from store import Index
from store.types import TextLine
from tests.integration.colours import COLOURS, ColourModel
from tests.integration.server.served import serve


class Reader(LineReader):
    """Reads one line in every photo that is wider than high, and counts what it is asked for."""

    def __init__(self) -> None:
        self.asked = 0

    def read(self, image: Image.Image) -> tuple[TextLine, ...]:
        self.asked += 1
        wide = image.width > image.height
        return (TextLine("EMERGENCYEXIT", 0.9, (0.125, 0.25, 0.5, 0.5)),) if wide else ()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(loading, "load_model", lambda *_, **__: ColourModel())
    monkeypatch.setenv("CROSSGRAPH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "photos").mkdir()
    for name, size in (("sign.png", (64, 32)), ("red.png", (32, 64)), ("other.png", (32, 33))):
        Image.new("RGB", size, COLOURS["red"]).save(tmp_path / "photos" / name)
    build_index(tmp_path / "index", [tmp_path / "photos"], ColourModel())
    return tmp_path


def test_text_is_found_from_everywhere_and_shown_with_its_box(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = read_text(place / "index", Reader())
    assert (report.read, report.with_text, report.unread) == (3, 1, 0)
    with open_index(place / "index", model=ColourModel()) as index:
        assert index.search("exit", hybrid=True)[0].path.name == "sign.png"
        assert [h.path.name for h in index.search("red", where="text ~ exit")] == ["sign.png"]
    options = ["--json", "--hybrid", "--index", str(place / "index")]
    assert search_main(["emergency", *options]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert Path(first["path"]).name == "sign.png"
    served = serve(place / "index", place / "photos")
    with served.client:
        asked = {"text": "exit", "hybrid": True}
        hit = served.client.post("/v1/search", json=asked).json()["hits"][0]
        image = served.client.get(f"/v1/images/{hit['id']}").json()
    assert image["text"] == [
        {"text": "EMERGENCYEXIT", "confidence": 0.9, "box": [0.125, 0.25, 0.5, 0.5]}
    ]


def test_a_run_goes_on_where_another_was(place: Path) -> None:
    reader = Reader()

    def stop(done: int, *_: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr("indexer.text_run.AT_ONCE", 2)
        read_text(place / "index", reader, progress=stop)
    assert reader.asked == 2
    assert read_text(place / "index", reader).read == 1
    assert read_text(place / "index", reader).read == 0
    assert reader.asked == 3
    with Index.open(place / "index") as index:
        assert index.ids_without_text(TEXT_READER) == []


def test_a_photo_that_is_away_is_tried_again(place: Path) -> None:
    (place / "photos" / "red.png").rename(place / "red.png")
    assert read_text(place / "index", Reader()).unread == 1
    (place / "red.png").rename(place / "photos" / "red.png")
    assert read_text(place / "index", Reader()).read == 1


def test_what_reads_no_text_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for other in (["--plan"], ["--watch"], ["--shards", "out"]):
        assert main(["index", str(place / "photos"), "--text", *other]) == 2
        assert "--text reads the photos of an index once" in " ".join(
            capsys.readouterr().err.replace("│", " ").split()
        )


def test_without_the_package_it_says_how_to_get_it(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.commands.shared.index_checks.find_spec", lambda _: None)
    assert main(["index", str(place / "photos"), "--text"]) == 1
    assert "pip install 'crossgraph[text]'" in capsys.readouterr().err


@pytest.mark.slow
def test_a_rendered_sign_is_read(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("rapidocr", reason="the extra text is not installed")
    noise = np.random.default_rng(0).integers(60, 120, (480, 640, 3)).astype(np.uint8)
    image = Image.fromarray(noise)
    font = ImageFont.load_default(64)
    ImageDraw.Draw(image).text((120, 180), "Bakery 7", font=font, fill="white")
    image.save(place / "photos" / "shop.png")
    where = ["--index", str(place / "index")]
    assert main(["index", str(place / "photos"), "--text", "--quiet", *where]) == 0
    assert "text looked for in 4 photos and read in 1" in capsys.readouterr().out
    with Index.open(place / "index") as index:
        ids = index.matching(parse_filter("text ~ baker")).tolist()
        assert [Path(photo.path).name for photo in index.photos(ids)] == ["shop.png"]
        (line,) = index.lines(ids)[ids[0]]
    left, top, right, bottom = line.box
    assert 0.1 < left < 0.25 and 0.3 < top < 0.5 and 0.4 < right < 0.9 and 0.4 < bottom < 0.7
