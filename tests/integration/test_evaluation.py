"""The shipped model's evaluation on a few hundred real photos: no leaks, and a file that tells all.

Flickr8k lies beside the project where it is there at all; these tests skip where it is not.
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fusion.data.features import PairData
from fusion.evaluation.load_matcher import load_matcher
from fusion.evaluation.matcher import Matcher
from search.cli import main
from search.evaluation.collection_features import collection_features
from search.evaluation.evaluation import percent, rank_both, retrieval_measures
from search.evaluation.metrics import accuracy, auc, expected_calibration_error, f1, recall_at_k

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CROSSGRAPH_DATA", ROOT.parent / "shared" / "data"))
FLICKR = DATA / "flickr8k"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FLICKR.is_dir(), reason=f"no Flickr8k at {FLICKR} (CROSSGRAPH_DATA)"),
]


def some_photos(count: int, to: Path) -> Path:
    """Write the captions of the first development photos to a file of their own."""
    whole = json.loads((FLICKR / "captions_dev.json").read_text(encoding="utf-8"))
    images = whole["images"][:count]
    kept = {image["id"] for image in images}
    captions = [caption for caption in whole["annotations"] if caption["image_id"] in kept]
    to.write_text(json.dumps({"images": images, "annotations": captions}), encoding="utf-8")
    return to


# --- no leaks


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return load_matcher()


@pytest.fixture(scope="module")
def data(matcher: Matcher, tmp_path_factory: pytest.TempPathFactory) -> PairData:
    folder = tmp_path_factory.mktemp("few")
    notes = some_photos(200, folder / "captions.json")
    return collection_features(matcher.encoders, FLICKR / "images", notes, cache=folder)


def test_captions_of_other_photos_find_them_by_chance_only(
    matcher: Matcher, data: PairData
) -> None:
    rows = np.random.default_rng(0).permutation(data.captions.photo_rows)
    wrong = replace(data, captions=replace(data.captions, photo_rows=rows))
    true, false = matcher.score_all(data), matcher.score_all(wrong)
    for stage in ("first_stage", "reranked"):
        tables = [getattr(true, f"{stage}_{way}") for way in ("text_to_image", "image_to_text")]
        found = rank_both(*tables, data.captions.photo_rows)
        assert recall_at_k(found["text_to_image"], 10) > 0.85
        assert recall_at_k(found["image_to_text"], 10) > 0.85
        # The model never read the pairing: its scores are the same to the last bit, ...
        shuffled = [getattr(false, f"{stage}_{way}") for way in ("text_to_image", "image_to_text")]
        for table, other in zip(tables, shuffled, strict=True):
            assert np.array_equal(table, other)
        # ... so that a wrong pairing is found as often as any: 10 of 200 photos, or one of five
        # captions among the first 10 of 1,000, give or take three standard deviations.
        lost = rank_both(*shuffled, rows)
        assert recall_at_k(lost["text_to_image"], 10) == pytest.approx(0.05, abs=0.021)
        assert recall_at_k(lost["text_to_image"], 1) < 0.012
        assert recall_at_k(lost["image_to_text"], 10) == pytest.approx(0.05, abs=0.046)


# --- the file of --ranks


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """Report and file of everything that `crossgraph eval` can be asked, on 30 photos."""
    folder = tmp_path_factory.mktemp("all")
    out, ranks = folder / "report.json", folder / "ranks.json"
    arguments = [
        "--images", FLICKR / "images", "--annotations", some_photos(30, folder / "captions.json"),
        "--cache", folder, "--json", out, "--ranks", ranks, "--ablate", "--probes", "--quiet",
    ]  # fmt: skip
    assert main(["eval", *map(str, arguments)]) == 0
    return json.loads(out.read_text()), json.loads(ranks.read_text())


def test_retrieval_follows_from_the_file(written: tuple[dict[str, Any], dict[str, Any]]) -> None:
    report, table = written
    assert len(table["caption_ids"]) == len(table["caption_image_ids"]) == 150
    assert len(table["image_ids"]) == 30
    stages = [(report[stage], table[stage]) for stage in ("first_stage", "reranked")]
    rows = report["ablation"]["rows"]
    for measures, ranks in [*stages, *((row, table["ablation"][row["name"]]) for row in rows)]:
        for way in ("text_to_image", "image_to_text"):
            assert retrieval_measures(np.array(ranks[way])) == measures[way]
    assert table["ablation"]["first stage"] == table["first_stage"]
    assert table["ablation"]["re-ranked"] == table["reranked"]


def test_matching_follows_from_the_file(written: tuple[dict[str, Any], dict[str, Any]]) -> None:
    report, table = written
    for kind, measures in report["matching"].items():
        pairs = table["matching"][kind]
        labels, scores = np.array(pairs["labels"]), np.array(pairs["scores"])
        called = scores >= measures["threshold"]
        assert measures["accuracy"] == percent(accuracy(labels, called))
        assert measures["f1"] == percent(f1(labels, called))
        assert measures["auc"] == percent(auc(labels, scores))
        error = expected_calibration_error(labels, pairs["probabilities"])
        assert report["calibration"][kind]["ece"] == percent(error)


def test_probes_follow_from_the_file(written: tuple[dict[str, Any], dict[str, Any]]) -> None:
    report, table = (part["probes"] for part in written)
    for stage in ("first_stage", "reranked"):
        for kind, measures in report["word_order"].items():
            true, altered = np.array(table["word_order"][kind][stage]).T
            assert measures[stage] == percent((true > altered).mean())
        ranks = np.array(table["short_queries"][stage])
        assert report["short_queries"][stage] == retrieval_measures(ranks)
