from __future__ import annotations

import pytest

from store import IndexDamaged
from store.columns.paths import absolute_path, relative_path


@pytest.mark.parametrize(
    ("root", "path", "relative"),
    [
        ("/photos", "/photos/a.jpg", "a.jpg"),
        ("/photos", "/photos/2024/..a.jpg", "2024/..a.jpg"),
        ("/photos/", "/photos/a.jpg", "a.jpg"),
        ("/", "/a.jpg", "a.jpg"),
        ("/photos", "/photos/!a.jpg", "!a.jpg"),
        ("/old.tar", "/old.tar/a.jpg", "a.jpg"),
        ("/old.tar", "/old.tar/!a.jpg", "!/!a.jpg"),
        ("/old.tar", "/old.tar!a.jpg", "!a.jpg"),
        ("/old.tar", "/old.tar!!a.jpg", "!!a.jpg"),
        ("/old.tar", "/old.tar", "!"),
        ("s3://b/old.tar", "s3://b/old.tar!c/a.jpg", "!c/a.jpg"),
        ("/old \udcfe", "/old \udcfe/\udcff.jpg", "\udcff.jpg"),
    ],
)
def test_there_and_back(root: str, path: str, relative: str) -> None:
    assert relative_path(root, path) == relative
    assert absolute_path(root, relative) == path


@pytest.mark.parametrize(
    "path", ["/photos2/a.jpg", "/photos", "/photos/", "/a.jpg", "photos/a.jpg", "/photos/../a.jpg"]
)
def test_a_path_elsewhere_has_none(path: str) -> None:
    with pytest.raises(ValueError, match="photos"):
        relative_path("/photos", path)


@pytest.mark.parametrize(
    "relative", ["", "/etc/passwd", "..", "../a.jpg", "a/../../b.jpg", "a//b.jpg", "./a.jpg", "a/"]
)
def test_a_path_of_a_stranger_that_leads_out_is_refused(relative: str) -> None:
    with pytest.raises(IndexDamaged, match="do not trust this index"):
        absolute_path("/photos", relative)
