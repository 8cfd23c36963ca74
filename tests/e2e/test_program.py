"""The program as a person calls it: real process, real model, real files.

Whatever is wrong is one line on stderr that begins with "error:", an exit code, and no traceback.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from store import Index
from tests.e2e.called_program import PHOTOS, assert_error, run

pytestmark = pytest.mark.e2e

# --- called as it should be


def test_help_loads_little_and_no_torch() -> None:
    done = run("--help")
    for command in ("index", "search", "train", "eval", "curve", "demo"):
        assert command in done.stdout
    code = (
        "import sys; from search.cli import main; main(['--help'])\n"
        "print([name for name in ('torch', 'faiss', 'onnxruntime', 'PIL') if name in sys.modules])"
    )
    listing = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert listing.stdout.endswith("[]\n"), listing.stdout


def test_version() -> None:
    assert run("--version").stdout.startswith("crossgraph ")


def test_search_answers_with_the_right_photo_first(index: Path) -> None:
    done = run("search", "a cat", "--paths", "-k", "1", "--index", index)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).name == "chelsea.png"
    assert done.stderr == ""


def test_the_short_form_is_the_same(index: Path) -> None:
    long = run("search", "a cup of coffee", "--json", "--index", index)
    short = run("a cup of coffee", "--json", "--index", index, program="search_main")
    assert short.stdout == long.stdout
    hits = [json.loads(line) for line in short.stdout.splitlines()]
    assert [hit["rank"] for hit in hits] == [1, 2, 3, 4]
    assert Path(hits[0]["path"]).name == "coffee.png"
    assert all(0 <= hit["probability"] <= 1 for hit in hits)


def test_into_a_pipe_a_hit_is_a_line_of_six_fields(index: Path) -> None:
    lines = run("search", "a cat", "-k", "2", "--index", index).stdout.splitlines()
    assert [len(line.split("\t")) for line in lines] == [6, 6]


def test_first_stage_only(index: Path) -> None:
    done = run("search", "a rocket", "--no-rerank", "--paths", "-k", "1", "--index", index)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).name == "rocket.jpg"


def test_a_hit_is_explained_and_drawn(index: Path, tmp_path: Path) -> None:
    picture = tmp_path / "why.png"
    done = run(
        "search", "the cat's whiskers", "--explain", "--json", "--explain-image", picture,
        "--index", index,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    hits = [json.loads(line) for line in done.stdout.splitlines()]
    for hit in hits:
        words, rest = hit["explanation"]["words"], hit["explanation"]["rest"]
        assert [word["word"] for word in words] == ["cat", "whisker"]
        assert sum(word["added"] for word in words) + rest == pytest.approx(hit["score"], abs=1e-4)
        for word in words:
            assert len(word["regions"]) == 3
    added = {word["word"]: word["added"] for word in hits[0]["explanation"]["words"]}
    assert max(added, key=added.__getitem__) == "cat"
    with Image.open(picture) as image:
        assert image.size == (480, 319)  # of 451 x 300, enlarged so that labels fit


def test_a_query_of_ten_thousand_words(index: Path) -> None:
    done = run("search", "cat " * 10_000, "--paths", "--index", index)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_a_reader_that_stops_reading_is_no_error(index: Path) -> None:
    call = "import sys; from search.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", call, "search", "a cat", "--json", "--index", str(index)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""


# --- called wrongly


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing-like-it"], ["nothing-like-it"]),
        (["search"], ["query"]),
        (["search", "a cat", "-k", "0"], ["-k"]),
        (["search", "a cat", "-k", "many"], ["-k"]),
        (["search", "a cat", "--json", "--paths"], ["--json", "--paths"]),
        (["search", "a cat", "--colour"], ["--colour"]),
        (["index"], ["SOURCE"]),
        (["train", "--out", "x"], ["--images"]),
        (["eval", "--images", "x"], ["--annotations"]),
    ],
)
def test_usage_errors_exit_with_2(arguments: list[str], words: list[str]) -> None:
    assert_error(run(*arguments), 2, *words)


def test_an_empty_query(index: Path) -> None:
    assert_error(run("search", "  ", "--index", index), 2, "query is empty")


def test_no_index_there(tmp_path: Path) -> None:
    assert_error(run("search", "a cat", "--index", tmp_path / "none"), 1, "none")


def test_a_missing_folder(tmp_path: Path) -> None:
    done = run("index", tmp_path / "gone", "--index", tmp_path / "i")
    assert_error(done, 1, str(tmp_path / "gone"))


def test_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("index", tmp_path / "empty", "--index", tmp_path / "i")
    assert_error(done, 1, str(tmp_path / "empty"))


@pytest.mark.parametrize(
    ("content", "words"),
    [("{not json", ["notes.json"]), ('{"annotations": []}', ["notes.json", "images"]), ("", [])],
)
def test_a_coco_file_that_is_none(
    photos: Path, tmp_path: Path, content: str, words: list[str]
) -> None:
    notes = tmp_path / "notes.json"
    notes.write_text(content, encoding="utf-8")
    done = run("index", photos, "--annotations", notes, "--index", tmp_path / "i")
    assert_error(done, 1, *words)


@pytest.mark.parametrize("content", ["{not json", '{"annotations": []}', None])
def test_evaluating_on_a_coco_file_that_is_none(
    photos: Path, tmp_path: Path, content: str | None
) -> None:
    pytest.importorskip("torch", reason="evaluating needs the extra train")
    notes = tmp_path / "notes.json"
    if content is not None:
        notes.write_text(content, encoding="utf-8")
    assert_error(run("eval", "--images", photos, "--annotations", notes), 1, "notes.json")


def test_a_coco_file_that_is_not_there(photos: Path, tmp_path: Path) -> None:
    done = run("index", photos, "--annotations", tmp_path / "no.json", "--index", tmp_path / "i")
    assert_error(done, 1, "no.json")


def test_an_index_made_with_another_model(tmp_path: Path) -> None:
    other = tmp_path / "other.index"
    Index.create(other, "f00d", 4, model="another").close()
    done = run("search", "a cat", "--index", other)
    assert_error(done, 1, "made with model another", "crossgraph reembed")


@pytest.mark.parametrize("damage", ["empty folder", "broken files", "a file"])
def test_a_damaged_checkpoint(index: Path, tmp_path: Path, damage: str) -> None:
    checkpoint = tmp_path / "checkpoint"
    if damage == "a file":
        checkpoint.write_bytes(b"nothing")
    else:
        checkpoint.mkdir()
    if damage == "broken files":
        for name in ("model.safetensors", "config.json"):
            (checkpoint / name).write_bytes(b"\x00\x01 not what it says")
    done = run("search", "a cat", "--index", index, "--checkpoint", checkpoint)
    assert_error(done, 1, "checkpoint")


# --- files that are no good photos, and odd ones that are


def test_bad_files_are_reported_and_the_rest_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "text.jpg").write_text("no photo at all", encoding="utf-8")
    (folder / "nothing.jpg").write_bytes(b"")
    whole = (PHOTOS / "rocket.jpg").read_bytes()
    (folder / "cut.jpg").write_bytes(whole[: len(whole) // 3])
    Image.new("CMYK", (80, 60), (0, 200, 200, 0)).save(folder / "cmyk.jpg")
    deep = (np.arange(4800, dtype=np.uint16) * 13).reshape(60, 80)
    Image.fromarray(deep).save(folder / "sixteen.png")
    frames = [Image.new("RGB", (60, 60), colour) for colour in ("red", "blue")]
    frames[0].save(folder / "moving.gif", save_all=True, append_images=frames[1:])

    done = run("index", folder, "--index", tmp_path / "i")
    assert done.returncode == 0, done.stderr
    assert "4 added" in done.stdout
    assert "2 left out" in done.stdout
    # Progress names files as well, where a run takes long enough to tell of it.
    told = [line for line in done.stderr.splitlines() if line.startswith(("left out", "damaged"))]
    for name in ("text.jpg", "nothing.jpg", "cut.jpg"):
        assert sum(name in line for line in told) == 1, done.stderr
    found = run("search", "a red thing", "--paths", "--index", tmp_path / "i").stdout
    assert sorted(Path(p).name for p in found.split()) == [
        "cmyk.jpg",
        "cut.jpg",
        "moving.gif",
        "sixteen.png",
    ]


def test_annotations_that_name_missing_files_carry_on(photos: Path, tmp_path: Path) -> None:
    notes = tmp_path / "notes.json"
    coco = {
        "images": [{"id": 1, "file_name": "chelsea.png"}, {"id": 2, "file_name": "gone.jpg"}],
        "annotations": [
            {"id": 5, "image_id": 1, "caption": "Chelsea the cat ."},
            {"id": 6, "image_id": 2, "caption": "Nobody ."},
        ],
    }
    notes.write_text(json.dumps(coco), encoding="utf-8")
    arguments = ("index", photos, "--annotations", notes, "--index", tmp_path / "i")
    assert run(*arguments).returncode == 0
    again = run(*arguments)
    assert again.returncode == 0, again.stderr
    assert "0 added" in again.stdout
    assert "gone.jpg" in again.stderr
    found = run("search", "a cat", "--json", "--index", tmp_path / "i").stdout.splitlines()
    captions = {Path(hit["path"]).name: hit["captions"] for hit in map(json.loads, found)}
    assert captions["chelsea.png"] == ["Chelsea the cat ."]
    assert captions["rocket.jpg"] == []


# --- the index follows the folder


def test_replaced_deleted_and_added_twice(tmp_path: Path) -> None:
    folder, index = tmp_path / "photos", tmp_path / "i"
    folder.mkdir()
    shutil.copyfile(PHOTOS / "chelsea.png", folder / "one.png")
    shutil.copyfile(PHOTOS / "rocket.jpg", folder / "two.jpg")
    assert "2 added" in run("index", folder, "--index", index).stdout
    assert "2 unchanged" in run("index", folder, "--index", index).stdout

    shutil.copyfile(PHOTOS / "coffee.png", folder / "one.png")
    (folder / "two.jpg").unlink()
    changed = run("index", folder, "--index", index)
    assert "1 updated, 0 moved, 1 removed" in changed.stdout, changed.stderr
    hits = run("search", "a cup of coffee", "--paths", "--index", index).stdout.splitlines()
    assert [Path(hit).name for hit in hits] == ["one.png"]


def test_demo_runs_and_shows_its_page(tmp_path: Path) -> None:
    done = run("demo", "--out", tmp_path / "demo")
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "demo" / "results.html").read_text(encoding="utf-8")
    assert str(tmp_path / "demo" / "results.html") in done.stdout
    assert page.count("<section") == done.stdout.count('search "') - 1
    assert "data:image/jpeg" in page
