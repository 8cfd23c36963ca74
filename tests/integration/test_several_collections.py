"""`crossgraph eval` on several collections, through real files, indexes and searches.

The model knows four colours. All that is loaded of it is put in the place of what a checkpoint
gives, so that everything between the command line and the files is the real thing.
"""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fusion.data import cca
from fusion.data.collection import read_captions
from fusion.data.features import CaptionFeatures, PairData, PhotoFeatures
from fusion.evaluation import load_matcher
from fusion.evaluation.graph_matcher import GraphMatcher
from fusion.evaluation.matcher import PairScores
from indexer.photos.decode import decode
from search import open_index
from search.cli import main
from search.evaluation import judged_model
from search.evaluation.evaluation import percent, retrieval_measures
from search.evaluation.gain import recall_difference
from search.evaluation.metrics import expected_calibration_error
from search.models import for_indexing
from tests.integration.colours import ColourModel, paint

MODEL = ColourModel()
STREETS = [("red", 6), ("blue", 6)]
ROOMS = [("green", 1), ("grey", 1)]


class ColourMatcher(GraphMatcher):
    """Scores by shares of colours; re-ranking doubles them."""

    def __init__(self) -> None:
        self.name, self.encoders, self.fingerprint = "colours", "none", MODEL.fingerprint
        self.threshold = self.hard_threshold = 0.5

    def score_all(self, data: PairData, progress: object = None) -> PairScores:
        first = MODEL.embed_queries(data.captions.texts).vectors @ data.photos.pooled.T
        second = 2 * first
        judged = (lambda q, g: second[q, g]), (lambda scores: np.clip(scores / 2, 0, 1))
        return PairScores(first, first, second, second, *judged, *judged)


class NoNegatives:
    """Finds all photos alike."""

    def similarity(self, data: PairData) -> np.ndarray:
        return np.ones((len(data.captions.texts), len(data.photos.paths)))


def features(_: str, images: Path, annotations: Path, **__: object) -> PairData:
    found = read_captions(annotations, images)
    shares = MODEL.embed_images([decode(path) for path in found.paths]).vectors
    nothing = np.zeros((len(found.texts), 1, 1), np.float16)
    return PairData(
        PhotoFeatures(
            np.array(found.image_ids), [str(p) for p in found.paths], nothing[:1], shares
        ),
        CaptionFeatures(
            np.array(found.caption_ids), np.array(found.photo_rows), found.texts, nothing,
            np.ones((len(found.texts), 1), bool),
        ),
    )  # fmt: skip


def made(folder: Path, colours: list[tuple[str, int]]) -> list[str]:
    """Photos of one colour each, one caption of each, and instances; gives options."""
    folder.mkdir()
    each = [colour for colour, count in colours for _ in range(count)]
    images = []
    for row, colour in enumerate(each):
        paint(folder / f"{row}.png", colour)
        images.append({"id": row + 100, "file_name": f"{row}.png"})
    categories = [{"id": n, "name": colour} for n, (colour, _) in enumerate(colours)]
    numbers = {colour: n for n, (colour, _) in enumerate(colours)}
    captions = [
        {"id": row + 500, "image_id": row + 100, "caption": f"A {colour} ."}
        for row, colour in enumerate(each)
    ]
    things = [
        {"id": row, "image_id": row + 100, "category_id": numbers[colour]}
        for row, colour in enumerate(each)
    ]
    said = {"images": images, "annotations": captions}
    (folder / "captions.json").write_text(json.dumps(said))
    seen = {"images": images, "annotations": things, "categories": categories}
    (folder / "instances.json").write_text(json.dumps(seen))
    return ["--images", str(folder), "--annotations", str(folder / "captions.json")]


def place(folder: Path, patch: pytest.MonkeyPatch) -> list[str]:
    """Make two collections with the model in its place; return the options that name them."""
    patch.chdir(folder)
    patch.setattr(load_matcher, "load_matcher", lambda _: ColourMatcher())
    patch.setattr(cca, "load", lambda _: NoNegatives())
    patch.setattr(judged_model, "collection_features", features)
    patch.setattr(judged_model, "open_index", lambda f, *_, **__: open_index(f, model=MODEL))
    patch.setattr(for_indexing, "indexing_model", lambda *_, **__: MODEL)
    common = ["--checkpoint", "made", "--quiet"]
    return [*common, *made(Path("streets"), STREETS), *made(Path("rooms"), ROOMS)]


@pytest.fixture
def options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return place(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def written(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Report, file of ranks, and what is printed, of all that is asked in an index."""
    asked = ["--keywords", "--shown", "--squashed", "--json", "r.json", "--ranks", "k.json"]
    labels = ["--instances", "none", "--instances", "rooms/instances.json"]
    folder = tmp_path_factory.mktemp("several")
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as printed:
        assert main(["eval", *place(folder, patch), *labels, *asked]) == 0
    report, table = (json.loads((folder / name).read_text()) for name in ("r.json", "k.json"))
    return report, table, printed.getvalue()


def test_each_collection_is_measured_by_itself(
    written: tuple[dict[str, Any], dict[str, Any], str],
) -> None:
    streets, rooms = written[0]["collections"]
    assert (streets["name"], rooms["name"]) == ("streets/captions", "rooms/captions")
    assert streets["collection"] == {"images": 12, "captions": 12}
    assert rooms["collection"] == {"images": 2, "captions": 2}
    # six photos of one colour are ties, which are pessimistic
    assert streets["reranked"]["text_to_image"]["median_rank"] == 6
    assert rooms["reranked"]["text_to_image"]["R@1"] == 100.0
    assert streets["gain"]["text_to_image"] == {"R@1": 0.0, "low": 0.0, "high": 0.0}


def test_what_of_a_collection_is_left_out_is_told(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    rooms = Path("rooms/captions.json")
    said = json.loads(rooms.read_text())
    said["annotations"].append({"id": 9, "image_id": 100, "caption": {"\x1b": 7}})
    rooms.write_text(json.dumps(said))
    assert main(["eval", *options]) == 0
    assert capsys.readouterr().err == (
        f'{rooms}: left out captions that are no text: 1 (such as {{"\\u001b": 7}})\n'
    )


def test_words_find_what_they_name(written: tuple[dict[str, Any], dict[str, Any], str]) -> None:
    streets, rooms = (each["keywords"] for each in written[0]["collections"])
    assert (streets["labels"], streets["words"], streets["chance"]) == ("captions", 2, 50.0)
    assert (rooms["labels"], rooms["words"]) == ("instances", 2)
    for part in (streets, rooms):
        for form in ("word", "a_photo_of"):
            for stage in ("first_stage", "reranked"):
                assert part[form][stage]["true_in_best"] == part[form][stage]["map"] == 100.0


def test_probabilities_are_those_of_searches(
    written: tuple[dict[str, Any], dict[str, Any], str],
) -> None:
    streets, rooms = (each["shown"] for each in written[0]["collections"])
    # of six photos of a colour the first is shown, whichever was meant; 1 / (1 + e^-6) is 99.75 %
    assert streets["captions"]["right"] == 16.67
    assert streets["captions"]["mean_probability"] == 99.75
    assert streets["captions"]["ece"] == 83.09
    assert rooms["captions"]["right"] == 100.0
    assert rooms["captions"]["auroc"] is None  # there is no wrong one
    # of ten hits of a word six are right, and the others have 1 / (1 + e^2)
    assert (streets["keywords"]["hits"], streets["keywords"]["right"]) == (20, 60.0)
    assert streets["keywords"]["auroc"] == 100.0
    # two of the 64 absent things name a colour of the streets: red blood cells, and a blue glow
    for part, foreign, absent in ((streets, 2, 3.12), (rooms, 12, 0.0)):
        assert part["foreign"]["queries"] == foreign
        assert part["foreign"]["shown_as_match"] == 0.0
        assert part["absent"]["queries"] == 64
        assert part["absent"]["shown_as_match"] == absent


def test_plain_colours_lose_nothing_when_they_are_squashed(
    written: tuple[dict[str, Any], dict[str, Any], str],
) -> None:
    for each in written[0]["collections"]:
        for stage in ("first_stage", "reranked"):
            assert each["squashed"][stage]["squashed"] == each[stage]["text_to_image"]
            assert each["squashed"][stage]["difference"]["R@1"] == 0.0


def test_everything_can_be_computed_from_the_file_again(
    written: tuple[dict[str, Any], dict[str, Any], str],
) -> None:
    report, table, _ = written
    assert [each["name"] for each in table["collections"]] == ["streets/captions", "rooms/captions"]
    for measured, queries in zip(report["collections"], table["collections"], strict=True):
        first, second = (
            np.array(queries[stage]["text_to_image"]) for stage in ("first_stage", "reranked")
        )
        owners = np.array(queries["caption_image_ids"])
        assert measured["reranked"]["text_to_image"] == retrieval_measures(second)
        assert measured["gain"]["text_to_image"] == recall_difference(second, first, owners)
        squashed = np.array(queries["squashed"]["reranked"])
        assert measured["squashed"]["reranked"]["squashed"] == retrieval_measures(squashed)
        own = queries["shown"]["captions"]
        error = expected_calibration_error(own["right"], own["probabilities"])
        assert measured["shown"]["captions"]["ece"] == percent(error)
        assert own["right"] == [
            shown == meant for shown, meant in zip(own["image_ids"], owners, strict=True)
        ]


def test_every_table_names_both(written: tuple[dict[str, Any], dict[str, Any], str]) -> None:
    lines = written[2].splitlines()
    for label in (
        "reranked text to image", "hard", "reranked, squashed", "a photo of, reranked",
        "top hit of captions", "ten hits of words", "foreign captions", "absent things",
    ):  # fmt: skip
        found = [line for line in lines if label in line]
        # Where instances say what is there, words are asked with captions known as well.
        assert len(found) == (3 if label == "a photo of, reranked" else 2), label
        assert "streets/captions" in found[0]
        assert all("rooms/captions" in line for line in found[1:])


def test_one_collection_keeps_its_layout(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    one = options[: options.index("rooms") - 1]
    assert main(["eval", *one, "--json", "-", "--shown"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert list(report)[:2] == ["collection", "model"]
    assert "name" not in report
    assert report["shown"]["foreign"] is None
    assert any("second collection" in note for note in report["shown"]["notes"])


@pytest.mark.parametrize(
    ("instances", "message"),
    [
        ("streets/captions.json", "streets/captions.json has no categories"),
        ("gone.json", "gone.json cannot be read"),
        ("streets/elsewhere.json", "name none of its 12 photos"),
    ],
)
def test_instances_that_do_not_fit_are_told_in_a_line(
    options: list[str], capsys: pytest.CaptureFixture[str], instances: str, message: str
) -> None:
    text = Path("streets/instances.json").read_text().replace(".png", ".jpg")
    Path("streets/elsewhere.json").write_text(text)
    arguments = ["--instances", instances, "--instances", "none", "--keywords"]
    assert main(["eval", *options, *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert message in err
