"""Whatever a tar holds, its photos come as they were put in, under names that lead nowhere else."""

from __future__ import annotations

import io
import tarfile
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.tar import TarShard
from store.columns.paths import absolute_path, relative_path
from store.photo_names import PhotoName, lies_below, member_path

PARTS = st.one_of(
    st.sampled_from(["a", ".", "..", "", "!", "b.tar!c", " ", "x" * 120, ".hid", "ä", "\udcff"]),
    st.text(st.characters(codec="utf-8", exclude_characters="/\0"), max_size=5),
)
NAMES = st.builds(
    lambda folders, stem, suffix: "/".join([*folders, f"{stem}{suffix}"]),
    st.lists(PARTS, max_size=3),
    PARTS,
    st.sampled_from([".jpg", ".PNG", ".txt", ".tar", ""]),
)
KINDS = st.sampled_from(
    [*[tarfile.REGTYPE] * 6, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE]
)
MEMBERS = st.lists(st.tuples(NAMES, KINDS, st.binary(max_size=1200)), max_size=8)
FORMATS = st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])


def packed(members: list[tuple[str, bytes, bytes]], form: int) -> io.BytesIO:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form, errors="surrogateescape") as tar:
        for name, kind, content in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "a"
            info.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(info, io.BytesIO(content))
    file.seek(0)
    return file


@given(members=MEMBERS, form=FORMATS)
def test_members_come_as_they_were_put_in(
    members: list[tuple[str, bytes, bytes]], form: int
) -> None:
    wanted: dict[str, bytes] = {}
    with tarfile.open(fileobj=packed(members, form), errors="surrogateescape") as tar:
        for info in tar:  # the last of one name wins, as when it is unpacked
            parts = [part for part in info.name.split("/") if part not in ("", ".")]
            while ".." in parts:
                place = parts.index("..")
                del parts[max(place - 1, 0) : place + 1]
            found = tar.extractfile(info) if info.isreg() else None
            is_hidden = any(part.startswith(".") for part in parts)
            if parts and found and parts[-1].lower().endswith((".jpg", ".png")) and not is_hidden:
                wanted["/".join(parts)] = found.read()
    with closing(TarShard("a.tar", packed(members, form))) as shard:
        assert {member.name: shard.read(member) for member in shard.members} == wanted
        assert shard.damage == ""
        places = [member.place for member in shard.members]
        assert places == sorted(places)


@given(members=MEMBERS, form=FORMATS, share=st.floats(0, 1))
def test_one_that_is_cut_off_gives_the_beginning(
    members: list[tuple[str, bytes, bytes]], form: int, share: float
) -> None:
    whole = packed(members, form).getvalue()
    size = 512 + int(share * (len(whole) - 512))
    with (
        closing(TarShard("a.tar", packed(members, form))) as all_of_it,
        closing(TarShard("a.tar", io.BytesIO(whole[:size]))) as shard,
    ):
        # Names that the rest would have replaced are at their earlier place.
        known = {(member.place, member.size_bytes) for member in all_of_it.members}
        ends = {member.place: member.place + member.size_bytes for member in shard.members}
        seen = {(m.place, m.size_bytes) for m in shard.members}
        assert {m for m in known if sum(m) <= size and m[0] < size} <= seen | {
            m for m in known if m[1] == 0
        }
        for member in shard.members:
            if ends[member.place] <= size:
                assert shard.read(member) == whole[member.place : ends[member.place]]


@given(name=NAMES, root=st.sampled_from(["/p", "/p/a.tar", "s3://b/c", "s3://b/a.parquet", "/"]))
def test_names_go_into_the_catalog_and_back(name: str, root: str) -> None:
    inside = name.strip("/")
    if not inside or {"", ".", ".."} & set(inside.split("/")):
        return
    shard = root if root.endswith((".tar", ".parquet")) else f"{root.rstrip('/')}/x.tar"
    for path in (member_path(shard, inside), f"{root.rstrip('/')}/{inside}", shard):
        if path != root or path == shard:
            assert lies_below(path, root)
            assert absolute_path(root, relative_path(root, path)) == path
    assert PhotoName.of(member_path(shard, inside)) == (shard, inside)


def test_sparse_members_are_left_out_and_huge_ones_are_not_read(tmp_path: Path) -> None:
    info = tarfile.TarInfo("huge.jpg")
    info.size = 2**33
    with (tmp_path / "a.tar").open("wb") as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        file.truncate(512 + 2**33)  # of holes
        file.seek(0, 2)
        sparse = tarfile.TarInfo("sparse.jpg")
        sparse.type = tarfile.GNUTYPE_SPARSE
        file.write(sparse.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with closing(TarShard("a.tar", (tmp_path / "a.tar").open("rb"))) as shard:
        assert [(member.name, member.size_bytes) for member in shard.members] == [
            ("huge.jpg", 2**33)
        ]
        assert shard.damage == ""
