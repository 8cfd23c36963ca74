"""The media type of a picture, by its first bytes."""

from __future__ import annotations

__all__ = ["HEAD_BYTES", "SUFFIX_OF", "content_type"]

HEAD_BYTES = 32

OCTETS = "application/octet-stream"

SUFFIX_OF = {
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "image/gif": ".gif",
    "image/bmp": ".bmp",
    "image/tiff": ".tif",
    "image/jp2": ".jp2",
    "image/webp": ".webp",
    "image/avif": ".avif",
    "image/heic": ".heic",
}


def content_type(head: bytes) -> str:
    r"""Return a file's media type by its first bytes; `application/octet-stream` for no picture.

    >>> content_type(b"\xff\xd8\xff\xe0"), content_type(b"<svg/>")
    ('image/jpeg', 'application/octet-stream')
    """
    for start, kind in (
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"BM", "image/bmp"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "image/jp2"),
    ):
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brands = {b"avif": "image/avif", b"avis": "image/avif"}
        known = {b"heic", b"heix", b"mif1", b"heim", b"heis", b"hevc", b"hevx"}
        return brands.get(head[8:12], "image/heic" if head[8:12] in known else OCTETS)
    return OCTETS
