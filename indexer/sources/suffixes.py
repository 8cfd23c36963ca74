"""Which files are photos by their names, and which similar files are reported but not read."""

from __future__ import annotations

import os
import re
from importlib.util import find_spec

__all__ = [
    "PACKED",
    "RAW",
    "SUFFIXES",
    "is_photo_name",
    "is_raw_name",
    "kind_passed_over",
    "split_suffix",
]

RAW = frozenset(
    {".3fr", ".ari", ".arw", ".bay", ".cr2", ".cr3", ".crw", ".dcr", ".dcs", ".dng", ".erf", ".fff"}
    | {".gpr", ".iiq", ".k25", ".kdc", ".mdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf"}
    | {".ori", ".pef", ".ptx", ".pxn", ".raf", ".raw", ".rw2", ".rwl", ".rwz", ".sr2", ".srf"}
    | {".srw", ".x3f"}
)
"""Raw files of cameras, of which the embedded preview is read."""

JXL = frozenset({".jxl"} if find_spec("pillow_jxl") else ())
"""JPEG XL, if the extra `jxl` is installed."""

SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".jfi", ".mpo", ".insp", ".jps"}  # all are JPEG
    | {".heic", ".heif", ".hif", ".heics", ".heifs", ".avif", ".avifs"}
    | {".png", ".apng", ".gif", ".webp", ".bmp", ".dib", ".tif", ".tiff"}
    | {".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx"}
    | {".ppm", ".pgm", ".pbm", ".pnm"}
    | RAW
    | JXL
)
"""Suffixes of photos, in lower case; only decoding shows whether a file really is one."""

PACKED = (
    *(".tar.gz", ".tgz", ".tar.zst", ".tzst", ".tar.bz2", ".tbz2", ".tbz", ".tar.xz", ".txz"),
    *(".tar.lz4", ".tar.lz", ".tar.lzma", ".tlz", ".tar.z", ".tar.br"),
)
"""Suffixes of compressed tars."""

PICTURES = frozenset(
    {".ai", ".avci", ".bpg", ".cur", ".dds", ".djvu", ".emf", ".eps", ".exr", ".flif", ".hdr"}
    | {".icns", ".ico", ".jls", ".jng", ".jxl", ".jxr", ".kra", ".mng", ".ora", ".pam", ".pcx"}
    | {".pfm", ".psb", ".psd", ".qoi", ".svg", ".svgz", ".tga", ".wdp", ".wmf", ".xcf"}
)
FILMS = frozenset(
    {".3g2", ".3gp", ".avi", ".flv", ".insv", ".m2ts", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg"}
    | {".mpg", ".mts", ".vob", ".webm", ".wmv"}
)
OTHERS = frozenset({".zip", ".7z", ".rar"})

_LONGER = re.compile(r"(\.(?:jpe?g|png|webp|heic|gif|tiff?|bmp))[^a-z0-9]")

_TOLD = (PICTURES - JXL) | FILMS | OTHERS


def split_suffix(name: str) -> tuple[str, str]:
    """Return a name without its suffix, and the suffix in lower case.

    >>> split_suffix("a/b.C.JPG"), split_suffix(".jpg")
    (('a/b.C', '.jpg'), ('.jpg', ''))
    """
    stem, suffix = os.path.splitext(name)
    return stem, suffix.lower()


def is_photo_name(name: str) -> bool:
    """Return whether a name has the suffix of a photo.

    >>> is_photo_name("DSC1.HIF"), is_photo_name("DSC1.ARW"), is_photo_name("DSC1.MOV")
    (True, True, False)
    """
    return split_suffix(name)[1] in SUFFIXES


def is_raw_name(name: str) -> bool:
    """Return whether a name is that of a raw file.

    >>> is_raw_name("DSC1.ARW"), is_raw_name("DSC1.jpg")
    (True, False)
    """
    return split_suffix(name)[1] in RAW


def kind_passed_over(name: str) -> str:
    """Return the suffix of an image, video or archive that is not read; empty for any other file.

    A photo's suffix with something appended is returned too, followed by `...`: some programs
    store or leave behind photos under such names.

    >>> kind_passed_over("DSC1.MOV"), kind_passed_over("a.tar.gz"), kind_passed_over("notes.txt")
    ('.mov', '.tar.gz', '')
    >>> kind_passed_over("a.JPG_large"), kind_passed_over("a.jpg~"), kind_passed_over("a.jpgx")
    ('.jpg...', '.jpg...', '')
    """
    lower = name.lower()
    packed = next((suffix for suffix in PACKED if lower.endswith(suffix)), "")
    suffix = split_suffix(lower)[1]
    if longer := _LONGER.match(suffix):
        return f"{longer[1]}..."
    return packed or (suffix if suffix in _TOLD else "")
