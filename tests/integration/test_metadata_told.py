"""What files say of photos is told by the state of an index and by exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer import build_index
from search.cli import main
from search.export.write_photos import export
from search.status.index_status import read_status
from tests.integration.colours import ColourModel
from tests.integration.test_metadata import make_photos


def test_the_state_of_an_index_and_exports_say_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_photos(tmp_path / "photos")
    place = tmp_path
    build_index(place / "index", [place / "photos"], ColourModel())
    state = read_status(place / "index")
    assert state.metadata == {
        **{"taken": 5, "gps": 2, "place": 5, "camera": 1, "person": 3, "tag": 5, "rating": 3}
    }
    assert main(["status", "--index", str(place / "index")]) == 0
    assert "photos with: 5 taken, 2 gps, 5 place, 1 camera" in capsys.readouterr().out
    export(place / "index", tmp_path / "photos.json")
    images = json.loads((tmp_path / "photos.json").read_text("ascii"))["images"]
    said = {image["file_name"]: image for image in images}
    assert said["tram.jpg"]["place"] == ["Baixa", "Lisbon", "Portugal"]
    assert said["tram.jpg"]["camera"] == "Canon EOS 5D"
    assert said["digikam.jpg"]["people"] == ["Grandma Rose"]
    assert not {"taken", "place", "people", "rating"} & said["plain.jpg"].keys()
