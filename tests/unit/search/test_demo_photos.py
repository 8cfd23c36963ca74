"""The photos are found in the packages that contain them; each has a credit and a licence."""

from __future__ import annotations

from pathlib import Path

import pytest

from search.demo.demo_run import DemoError, gather
from search.demo.photo_sets import PHOTO_SETS, PhotoSet, installed_photos

MISSING = PhotoSet("no-such-package-anywhere", "x", ("*.jpg",), "nobody", "none")


def test_every_set_says_whose_it_is_and_under_which_terms() -> None:
    assert all(photo_set.credit and photo_set.licence for photo_set in PHOTO_SETS)


@pytest.mark.parametrize("photo_set", PHOTO_SETS, ids=lambda s: f"{s.package}-{s.names[0]}")
def test_installed_sets_hold_what_is_listed(photo_set: PhotoSet) -> None:
    photos = installed_photos(photo_set)
    if not photos:
        pytest.skip(f"{photo_set.package} is not installed")
    assert len(photos) >= len(photo_set.names)


def test_a_package_that_is_not_installed_is_left_out() -> None:
    assert installed_photos(MISSING) == []


def test_gathering_copies_the_photos(tmp_path: Path) -> None:
    count, sources = gather(tmp_path / "photos", [*PHOTO_SETS, MISSING])
    copies = list((tmp_path / "photos").iterdir())
    assert count == len(copies) >= 9
    assert all(copy.is_file() and not copy.is_symlink() for copy in copies)
    assert not any("no-such-package" in credit.source for credit in sources)


def test_gathering_again_drops_what_an_earlier_run_left_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    count, _ = gather(folder)
    (folder / "stale.jpg").symlink_to(tmp_path / "gone.jpg")
    (folder / f"{PHOTO_SETS[0].package}-gone.jpg").touch()
    (folder / "mine.jpg").touch()
    assert gather(folder)[0] == count
    assert len(list(folder.iterdir())) == count + 1


def test_no_photos_at_all_is_one_line_that_helps(tmp_path: Path) -> None:
    with pytest.raises(
        DemoError, match="none of these is installed: no-such-package-anywhere; `pip install"
    ):
        gather(tmp_path / "photos", [MISSING])
