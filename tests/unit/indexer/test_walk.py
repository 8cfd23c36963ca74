"""Which files a walk through a folder takes, which it leaves out, and which it reports."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from indexer.sources import FolderSource, Rules, listed_files
from indexer.sources.suffixes import SUFFIXES
from indexer.sources.walk_rules import WASTE
from store import SourceError


def make(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    return root


def walked(root: Path, rules: Rules | None = None) -> list[str]:
    found = FolderSource(root, rules or Rules()).files()
    return [Path(file.path).relative_to(root).as_posix() for file in found]


def folder_of(pattern: str) -> str:
    return pattern.replace("*", "My Photos").strip("/")


@pytest.mark.parametrize("pattern", WASTE)
@pytest.mark.parametrize("change", [str, str.upper, str.lower])
def test_waste_of_other_programs_is_left_out_and_told(
    tmp_path: Path, pattern: str, change: type[str]
) -> None:
    folder = change(folder_of(pattern))
    make(tmp_path, "a.jpg", f"{folder}/b.jpg", f"sub/{folder}/deep/c.jpg")
    source = FolderSource(tmp_path)
    assert [os.path.basename(file.path) for file in source.files()] == ["a.jpg"]
    assert source.passed_over == {pattern: 2}


def test_names_that_only_begin_like_waste_are_photos(tmp_path: Path) -> None:
    names = ["@eaDir.jpg", "eaDir/a.jpg", "a.photoslibrary/originals/1/b.jpg", "resources/c.jpg",
             "Recycler.jpg", "Cache/d.jpg", "a.photolibrary/Masters/e.jpg"]  # fmt: skip
    assert walked(make(tmp_path, *names)) == sorted(names)


def test_a_library_that_is_the_source_itself(tmp_path: Path) -> None:
    root = tmp_path / "L.photoslibrary"
    make(root, "originals/a.jpg", "resources/derivatives/b.jpg")
    assert walked(root) == ["originals/a.jpg"]
    assert walked(root / "resources") == ["derivatives/b.jpg"]  # since it was named


@pytest.mark.parametrize("root", ["", "sub"])
def test_a_folder_that_says_that_it_has_no_media(tmp_path: Path, root: str) -> None:
    make(tmp_path, "sub/.nomedia", "sub/a.jpg", "sub/deep/b.jpg", "c.jpg")
    source = FolderSource(tmp_path / root)
    names = [os.path.basename(file.path) for file in source.files()]
    # The source itself was named, so its own `.nomedia` does not count.
    assert (names, source.passed_over) == (
        (["c.jpg"], {".nomedia": 1}) if not root else (["a.jpg", "b.jpg"], {})
    )
    assert len(walked(tmp_path, Rules(include=["sub"]))) == 3


TREE = ("a.jpg", "a_small.jpg", "thumbs/b.jpg", "x/thumbs/c.jpg", "x/keep/thumbs/d.jpg", "x/e.PNG")


@pytest.mark.parametrize(
    ("exclude", "include", "left"),
    [
        (["thumbs"], [], ["a.jpg", "a_small.jpg", "x/e.PNG"]),
        (["THUMBS/"], [], ["a.jpg", "a_small.jpg", "x/e.PNG"]),
        (["/thumbs"], [], [name for name in TREE if name != "thumbs/b.jpg"]),
        (["x/thumbs"], [], [name for name in TREE if name != "x/thumbs/c.jpg"]),
        (["*_small.*", "*.png"], [], [n for n in TREE if n not in ("a_small.jpg", "x/e.PNG")]),
        (["thumbs"], ["keep/thumbs"], ["a.jpg", "a_small.jpg", "x/e.PNG", "x/keep/thumbs/d.jpg"]),
        (["*.jpg/"], [], list(TREE)),
        (["x/**/d.jpg"], [], [name for name in TREE if name != "x/keep/thumbs/d.jpg"]),
        (["x/**/thumbs"], [], ["a.jpg", "a_small.jpg", "thumbs/b.jpg", "x/e.PNG"]),
        (["/x/**/e.png"], [], [name for name in TREE if name != "x/e.PNG"]),
        (["/keep/**/d.jpg", "keep/**/**/x"], [], list(TREE)),
        (["**/thumbs/**"], [], ["a.jpg", "a_small.jpg", "x/e.PNG"]),
        ([""], ["nothing"], list(TREE)),
    ],
)
def test_patterns(
    tmp_path: Path, exclude: Sequence[str], include: Sequence[str], left: list[str]
) -> None:
    assert walked(make(tmp_path, *TREE), Rules(exclude, include)) == sorted(left)


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ("# notes\n\nthumbs\n", ["a.jpg", "a_small.jpg", "x/e.PNG"]),
        ("/thumbs\n", [name for name in TREE if name != "thumbs/b.jpg"]),
        ("thumbs\n!keep/thumbs\n", ["a.jpg", "a_small.jpg", "x/e.PNG", "x/keep/thumbs/d.jpg"]),
        ("\ufeffthumbs\r\n*.png\r\n", ["a.jpg", "a_small.jpg"]),
    ],
)
def test_a_file_of_patterns(tmp_path: Path, lines: str, left: list[str]) -> None:
    make(tmp_path, *TREE)
    (tmp_path / ".crossgraphignore").write_text(lines, encoding="utf-8")
    assert walked(tmp_path) == sorted(left)


def test_a_file_of_patterns_holds_where_it_lies(tmp_path: Path) -> None:
    make(tmp_path, *TREE)
    (tmp_path / "x" / ".crossgraphignore").write_text("thumbs\n/e.png")
    assert walked(tmp_path) == ["a.jpg", "a_small.jpg", "thumbs/b.jpg"]
    assert "x/e.PNG" in walked(tmp_path, Rules(include=["e.png"]))


def test_a_file_by_name_comes_under_a_folder_only_where_its_walk_finds_it(tmp_path: Path) -> None:
    make(tmp_path, *TREE, "@eaDir/f.jpg", "n/.nomedia", "n/g.jpg")
    (tmp_path / "x" / ".crossgraphignore").write_text("e.png")
    rules = Rules(["thumbs"])
    found = {Path(file.path).relative_to(tmp_path).as_posix(): file.source for file in listed_files(
        [tmp_path / name for name in (*TREE, "@eaDir/f.jpg", "n/g.jpg")], [str(tmp_path)], rules
    )}  # fmt: skip
    by_walk = walked(tmp_path, rules)
    assert {name for name, source in found.items() if source == str(tmp_path)} == set(by_walk)


def test_pictures_that_are_not_read_are_counted_by_kind(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "b.PSD", "c/d.psd", "e.svg", "f.exr", "g.MOV", "h.tar.gz", "i.txt",
         ".j.psd", "@eaDir/k.psd", "old/l.psd")  # fmt: skip
    source = FolderSource(tmp_path, Rules(["old"]))
    source.files()
    assert source.passed_over == {
        ".psd": 2, ".svg": 1, ".exr": 1, ".mov": 1, ".tar.gz": 1, "@eaDir/": 1
    }  # fmt: skip


def test_a_folder_of_such_pictures_alone_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"holds no photos.*passed over: 2 \.psd, 1 \.svg"):
        FolderSource(make(tmp_path, "a.psd", "b.psd", "c.svg")).files()


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_suffix_in_either_case(tmp_path: Path, suffix: str) -> None:
    names = {f"a{suffix}", f"b{suffix.upper()}", f"c.d{suffix}"}
    assert set(walked(make(tmp_path, *names))) == names


@pytest.mark.parametrize("target", ["..", "../..", "."])
def test_a_link_that_leads_back_doubles_nothing(tmp_path: Path, target: str) -> None:
    make(tmp_path / "p", "a.jpg", "sub/b.jpg", "sub/deep/c.jpg")
    (tmp_path / "p" / "sub" / "deep" / "loop").symlink_to(target)
    assert walked(tmp_path / "p") == ["a.jpg", "sub/b.jpg", "sub/deep/c.jpg"]
    (tmp_path / "link").symlink_to(tmp_path / "p")
    assert walked(tmp_path / "link") == ["a.jpg", "sub/b.jpg", "sub/deep/c.jpg"]


def test_a_comment_leaves_out_nothing_and_an_escaped_one_does(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "#b.jpg", "#c.jpg", "!d.jpg")
    (tmp_path / ".crossgraphignore").write_text("\n  \n#b.jpg\n\\#c.jpg\n\\!d.jpg\n")
    assert walked(tmp_path) == ["#b.jpg", "a.jpg"]


@pytest.mark.parametrize("name", ["a.jpg", "b/c.jpg"])
def test_a_walk_comes_by_what_no_rule_leaves_out(tmp_path: Path, name: str) -> None:
    make(tmp_path, name)
    path = str(tmp_path / name)
    assert Rules().reaches(str(tmp_path), path) is True
    assert Rules(exclude=("*.jpg",)).reaches(str(tmp_path), path) is False


def test_a_walk_comes_by_no_folder_that_is_left_out_and_by_files_that_folders_are_named_as(
    tmp_path: Path,
) -> None:
    make(tmp_path, "a.jpg", "b/c.jpg", ".hidden/d.jpg", "n/.nomedia", "n/e.jpg", ".f.jpg")
    root = str(tmp_path)

    def reached(name: str, *exclude: str) -> bool:
        return Rules(exclude).reaches(root, str(tmp_path / name))

    assert reached("a.jpg", "a.jpg/")
    assert reached("b/c.jpg", "c.jpg/", "a.jpg")
    assert not reached("b/c.jpg", "b/")
    assert not reached("b/c.jpg", "/b/c.jpg")
    assert not reached(".hidden/d.jpg")
    assert not reached(".f.jpg")
    assert not reached("n/e.jpg")


def test_a_file_of_patterns_that_cannot_be_read_leaves_out_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "b.jpg")
    rules = Rules(["a.jpg"])
    (tmp_path / ".crossgraphignore").mkdir()
    assert rules.enter(str(tmp_path), str(tmp_path), [".crossgraphignore"]) == ""
    names = ("a.jpg", "b.jpg")
    left_out = [
        rules.left_out(str(tmp_path), str(tmp_path), name, is_folder=False) for name in names
    ]
    assert left_out == ["a.jpg", ""]


def test_what_is_written_last_counts(tmp_path: Path) -> None:
    make(tmp_path, "a.jpg", "sub/b.jpg", "sub/c.jpg", "d.jpg")
    (tmp_path / ".crossgraphignore").write_text("*.jpg\n!b.jpg\n!a.jpg\na.jpg\n")
    (tmp_path / "sub" / ".crossgraphignore").write_text("!c.jpg\n")
    assert walked(tmp_path) == ["sub/b.jpg", "sub/c.jpg"]
    assert walked(tmp_path, Rules(["b.jpg"], ["a.jpg"])) == ["a.jpg", "sub/c.jpg"]
    assert walked(tmp_path, Rules(["b.jpg"], ["b.jpg"])) == ["sub/b.jpg", "sub/c.jpg"]


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/x/**/e.png", "x/e.png", True),
        ("/x/**/e.png", "x/y/z/e.png", True),
        ("/y/**/e.png", "x/e.png", False),
        ("/y/**/e.png", "x/y/e.png", False),
        ("y/**/e.png", "x/y/e.png", True),
        ("y/**/e.png", "x/y/e.png/f.png", False),
        ("x/**/**/e.png", "x/e.png", True),
        ("x/**/y/**/e.png", "x/y/e.png", True),
        ("x/**/y/**/e.png", "x/e.png", False),
        ("x/y/e.png", "y/e.png", False),
        ("y/e.png", "x/y/e.png", True),
        ("/y/e.png", "x/y/e.png", False),
        ("?/e.png", "yy/e.png", False),
        ("[xy]/./e.png", "x/e.png", True),
    ],
)
def test_a_pattern_of_several_parts(tmp_path: Path, pattern: str, path: str, fits: bool) -> None:
    folder, _, name = path.rpartition("/")
    left_out = Rules([pattern]).left_out(
        str(tmp_path), str(tmp_path / folder), name, is_folder=False
    )
    assert left_out == (pattern if fits else "")
