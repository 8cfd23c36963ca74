"""Real photos that installed pip packages contain, with their credits.

They are only located here: nothing is copied, downloaded or imported, and a package that is not
installed is skipped. Files that are not photographs (test patterns, drawings, microscopy) are not
listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

__all__ = ["PHOTO_SETS", "PhotoSet", "installed_photos"]


@dataclass(frozen=True)
class PhotoSet:
    """Photos of one package under one licence.

    Attributes:
        package: the distribution's name on the package index.
        folder: their folder inside the installed package.
        names: file names or patterns in it.
        credit: who made them.
        licence: the terms, and where they are stated.
    """

    package: str
    folder: str
    names: tuple[str, ...]
    credit: str
    licence: str


_SKIMAGE = "skimage/data"
_KIT = "theme_material_kit/static/assets/img"
_DESIGN = "theme_soft_design/static/img"

PHOTO_SETS = (
    PhotoSet(
        "scikit-image",
        _SKIMAGE,
        ("astronaut.png", "hubble_deep_field.jpg"),
        "NASA (Eileen Collins; Hubble eXtreme Deep Field)",
        "public domain, stated in skimage.data",
    ),
    PhotoSet("scikit-image", _SKIMAGE, ("camera.png",), "Lav Varshney", "CC0, skimage.data"),
    PhotoSet(
        "scikit-image", _SKIMAGE, ("chelsea.png",), "Stefan van der Walt", "CC0, skimage.data"
    ),
    PhotoSet("scikit-image", _SKIMAGE, ("coffee.png",), "Rachel Michetti", "CC0, skimage.data"),
    PhotoSet("scikit-image", _SKIMAGE, ("rocket.jpg",), "SpaceX", "public domain, skimage.data"),
    PhotoSet(
        "scikit-image",
        _SKIMAGE,
        ("brick.png", "grass.png", "gravel.png"),
        "CC0Textures (brick, gravel), LinoLafett (grass)",
        "CC0, skimage.data",
    ),
    PhotoSet(
        "scikit-learn",
        "sklearn/datasets/images",
        ("china.jpg",),
        "danielbuechele (Flickr)",
        "CC BY 2.0, README beside it",
    ),
    PhotoSet(
        "scikit-learn",
        "sklearn/datasets/images",
        ("flower.jpg",),
        "vultilion (Flickr)",
        "CC BY 2.0, README beside it",
    ),
    PhotoSet(
        "foolbox",
        "foolbox/data",
        ("imagenet_*.jpg",),
        "not named by the package",
        "MIT, stated for the package only",
    ),
    PhotoSet(
        "django-theme-material-kit",
        _KIT,
        (
            "bg.jpg",
            "bg[0-9]*.jpg",
            "bruce-mars.jpg",
            "city-profile.jpg",
            "ivana-square.jpg",
            "ivana-squares.jpg",
            "team-*.jpg",
            "examples/*.jpg",
        ),
        "not named by the package",
        "MIT, stated for the package only",
    ),
    PhotoSet(
        "django-theme-soft-design",
        _DESIGN,
        (
            "a*.jpg",
            "blog7-*.jpg",
            "brooke.jpg",
            "bruce-mars.jpg",
            "card-*.jpg",
            "charles.jpg",
            "iv*.jpg",
            "kal-visuals.jpg",
            "marie.jpg",
            "meeting.jpg",
            "nastuh.jpg",
            "office-dark.jpg",
            "team-*.jpg",
            "toa-heftiba.jpg",
        ),
        "not named by the package",
        "MIT, stated for the package only",
    ),
)


def installed_photos(photo_set: PhotoSet) -> list[Path]:
    """Return the set's files that are installed, sorted by path; none without the package."""
    try:
        folder = Path(str(distribution(photo_set.package).locate_file(photo_set.folder)))
    except PackageNotFoundError:
        return []
    paths = {path for name in photo_set.names for path in folder.glob(name) if path.is_file()}
    return sorted(paths)
