"""Photos to shards to an index, with a model that knows four colours."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from indexer import build_index
from indexer.bulk import merge_embedded_shards, write_embedded_shards
from indexer.bulk.embedded_shard_file import read_rows
from indexer.bulk.embedded_shards_folder import embedded_shard_paths
from store import Index, ModelMismatch, PhotoFile, SourceError
from tests.fakes import COLOURS, ColourModel, paint
from tests.made_shards import painted, write_parquet, write_tar

COUNT = 240


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in range(COUNT):
        paint(folder / f"{number:04}.png", list(COLOURS)[number % 4])
    (folder / "broken.jpg").write_bytes(b"nothing")
    return folder


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def where(tmp_path: Path) -> Path:
    return tmp_path / "photos.index"


def content(where: Path) -> dict[str, object]:
    """All that an index has of each path, its id aside."""
    with Index.open(where) as index:
        found: dict[str, object] = {bad.path: bad for bad in index.quarantined()}
        for image_id, file in index.files().items():
            arrays = index.vectors([image_id]), index.nodes([image_id])
            found[file.path] = (file, *(array.tobytes() for array in arrays))
    return found


def test_an_index_merged_of_shards_is_the_one_that_indexing_makes(
    photos: Path, out: Path, where: Path, tmp_path: Path
) -> None:
    written = write_embedded_shards(out, [photos], ColourModel())
    assert (written.photos, len(written.left_out)) == (COUNT, 1)
    assert written.shards > 3
    merged = merge_embedded_shards(out, where, ColourModel())
    assert (merged.shards, merged.photos, merged.refused) == (written.shards, COUNT, ())
    assert merged.quarantined == written.left_out
    build_index(tmp_path / "direct", [photos], ColourModel())
    assert content(where) == content(tmp_path / "direct")
    with Index.open(where) as index:
        assert index.generation() is not None
        assert len(index.search(np.ones(4, np.float32), COUNT)[0]) == COUNT
    again = build_index(where, [photos], ColourModel())
    assert (again.added, again.unchanged) == (0, COUNT)


def test_a_rerun_embeds_what_has_no_shard_and_a_merge_takes_in_what_is_new(
    photos: Path, out: Path, where: Path
) -> None:
    first = write_embedded_shards(out, [photos], ColourModel())
    merge_embedded_shards(out, where, ColourModel())
    ids = {file.path: image_id for image_id, file in _files(where).items()}
    idle = write_embedded_shards(out, [photos], ColourModel())
    assert (idle.shards, idle.photos, idle.kept) == (0, 0, first.shards)
    assert merge_embedded_shards(out, where, ColourModel()).shards == 0

    changed = paint(photos / "0077.png", "grey", "grey")
    more = write_embedded_shards(out, [photos], ColourModel())
    assert (more.shards, more.kept) == (1, first.shards - 1)
    merged = merge_embedded_shards(out, where, ColourModel())
    assert (merged.shards, merged.kept) == (1, first.shards)
    assert {file.path: image_id for image_id, file in _files(where).items()} == ids
    assert _files(where)[ids[str(changed)]].width_px == 32


def test_of_a_path_in_several_shards_the_one_written_last_counts(
    photos: Path, out: Path, where: Path
) -> None:
    write_embedded_shards(out, [photos], ColourModel())
    for width in (2, 3, 4):
        paint(photos / "0077.png", *["grey"] * width)
        write_embedded_shards(out, [photos], ColourModel())
    merge_embedded_shards(out, where, ColourModel())
    widths = {os.path.basename(file.path): file.width_px for file in _files(where).values()}
    assert widths["0077.png"] == 64
    assert len(widths) == COUNT


def test_parts_write_all_shards_together(photos: Path, out: Path, where: Path) -> None:
    reports = [
        write_embedded_shards(out, [photos], ColourModel(), part=(part, 3)) for part in (1, 2, 3)
    ]
    assert sum(report.photos for report in reports) == COUNT
    assert len({report.shards + report.kept + report.elsewhere for report in reports}) == 1
    assert merge_embedded_shards(out, where, ColourModel()).photos == COUNT


def test_a_damaged_shard_is_refused_and_the_rest_merges(
    photos: Path, out: Path, where: Path
) -> None:
    write_embedded_shards(out, [photos], ColourModel())
    bad = next(embedded_shard_paths(out))
    lost = sum(len(rows.files) for rows in read_rows(bad))
    bad.write_bytes(bad.read_bytes()[:-1])
    merged = merge_embedded_shards(out, where, ColourModel())
    assert merged.photos == COUNT - lost
    (line,) = merged.refused
    assert line.startswith(f"{bad} is no shard, or damaged")
    bad.unlink()
    write_embedded_shards(out, [photos], ColourModel())
    assert merge_embedded_shards(out, where, ColourModel()).photos == lost
    assert len(_files(where)) == COUNT


def test_a_shard_that_leads_out_of_its_source_is_refused(
    photos: Path, out: Path, where: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexer.bulk import columns

    monkeypatch.setattr(columns.os, "fsencode", lambda _: b"/etc/passwd")
    write_embedded_shards(out, [photos], ColourModel())
    monkeypatch.undo()
    merged = merge_embedded_shards(out, where, ColourModel())
    assert merged.photos == 0
    assert all("is no shard of this program" in line for line in merged.refused)


def test_a_shard_of_another_model_is_refused(
    photos: Path, out: Path, where: Path, tmp_path: Path
) -> None:
    write_embedded_shards(out, [photos], ColourModel())
    others = tmp_path / "others"
    write_embedded_shards(others, [photos], ColourModel("0the4"))
    strange = next(embedded_shard_paths(others))
    (out / "zz").mkdir()
    strange.rename(out / "zz" / strange.name)
    (line,) = merge_embedded_shards(out, where, ColourModel()).refused
    assert line.endswith("was made with model 0the4, the others in its folder with c0104a5")
    with pytest.raises(ModelMismatch, match="holds shards of model colours"):
        merge_embedded_shards(out, where, ColourModel("0the4"))
    with pytest.raises(ModelMismatch, match="holds shards of model colours"):
        write_embedded_shards(out, [photos], ColourModel("0the4"))


def test_files_that_failed_are_read_again_where_it_is_asked(
    photos: Path, out: Path, where: Path
) -> None:
    write_embedded_shards(out, [photos], ColourModel())
    merge_embedded_shards(out, where, ColourModel())
    again = write_embedded_shards(out, [photos], ColourModel(), retry_failed=True)
    assert (again.shards, len(again.left_out)) == (1, 1)
    merged = merge_embedded_shards(out, where, ColourModel())
    assert (merged.shards, len(_files(where))) == (1, COUNT)


def test_photos_in_tars_and_parquet_files_are_as_indexing_them_makes_them(
    out: Path, where: Path, tmp_path: Path
) -> None:
    sources = tmp_path / "sources"
    sources.mkdir()
    names = [f"{number:03}" for number in range(40)]
    photos = {name: painted(list(COLOURS)[int(name) % 4]) for name in names}
    said = {f"{name}.txt": f"a wall {name}".encode() for name in names[::3]}
    damaged = {f"{name}.png": photos[name][:40] for name in names[:2]}
    whole = {f"{name}.png": photos[name] for name in names[2:]}
    write_tar(sources / "a.tar", {**damaged, **whole, **said})
    write_parquet(sources / "b.parquet", {"image": list(photos.values()), "caption": names})
    content_of_tar = (sources / "a.tar").read_bytes()
    (sources / "cut.tar").write_bytes(content_of_tar[: len(content_of_tar) // 2])
    (sources / "none.tar").write_bytes(b"no tar")
    paint(sources / "red.png", "red")

    written = write_embedded_shards(out, [sources], ColourModel())
    assert written.shards == 5
    assert merge_embedded_shards(out, where, ColourModel()).refused == ()
    direct = tmp_path / "direct"
    build_index(direct, [sources], ColourModel())
    assert len(content(direct)) > 80
    assert content(where) == content(direct)
    assert said_in(where) == said_in(direct)
    assert (
        said_in(where)[f"{sources / 'a.tar'}!003.png"],
        said_in(where)[f"{sources / 'b.parquet'}!7"],
    ) == (("a wall 003",), ("007",))
    assert build_index(where, [sources], ColourModel()).added == 0
    assert write_embedded_shards(out, [sources], ColourModel()).shards == 0


def test_a_caption_that_is_no_unicode_is_kept_as_indexing_keeps_it(
    out: Path, where: Path, tmp_path: Path
) -> None:
    said = {"1.json": b'{"caption": "a wall\\ud800"}'}
    tar = write_tar(tmp_path / "sources" / "a.tar", {"1.png": painted("red"), **said})
    write_embedded_shards(out, [tar], ColourModel())
    merge_embedded_shards(out, where, ColourModel())
    build_index(tmp_path / "direct", [tar], ColourModel())
    assert said_in(where) == said_in(tmp_path / "direct") == {f"{tar}!1.png": ("a wall?",)}


def test_shards_that_lie_below_their_source_are_not_read_again(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tar(photos / "shards" / "a.tar", {"1.png": painted("red")})
    monkeypatch.chdir(photos)
    first = write_embedded_shards("shards", ["."], ColourModel())
    assert first.photos == COUNT + 1
    again = write_embedded_shards("shards", ["."], ColourModel())
    assert (again.shards, again.kept) == (0, first.shards)


def test_what_a_killed_writer_left_goes_after_a_day_and_nothing_else_does(
    photos: Path, out: Path
) -> None:
    write_embedded_shards(out, [photos], ColourModel())
    shard = next(embedded_shard_paths(out))
    left = shard.with_name(f"{shard.name}.0123456789ab.tmp")
    working = shard.with_name(f"{shard.name}.ba9876543210.tmp")
    others = out / "notes.tmp"
    day_ago = time.time() - 25 * 3600
    for path in (left, working, others):
        path.write_bytes(b"begun")
    for path in (left, others, shard):
        os.utime(path, (day_ago, day_ago))
    write_embedded_shards(out, [photos], ColourModel())
    assert [path.exists() for path in (left, working, others, shard)] == [False, True, True, True]


def said_in(where: Path) -> dict[str, tuple[str, ...]]:
    with Index.open(where) as index:
        return {photo.path: photo.captions for photo in index.photos(list(index.files()))}


def test_a_source_that_is_not_there_is_told_before_anything_is_written(
    tmp_path: Path, out: Path
) -> None:
    with pytest.raises(SourceError, match="is not there"):
        write_embedded_shards(out, [tmp_path / "nowhere"], ColourModel())
    assert not out.exists()


def _files(where: Path) -> dict[int, PhotoFile]:
    with Index.open(where) as index:
        return dict(index.files())
