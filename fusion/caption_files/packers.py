"""Recognises compressed files by their first bytes."""

from __future__ import annotations

__all__ = ["packer_of"]

_PACKERS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\x04\x22\x4d\x18": "lz4",
    b"LZIP": "lzip",
    b"\x1f\x9d": "compress",
    b"PK\x03\x04": "zip",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!": "rar",
}


def packer_of(head: bytes) -> str:
    r"""Return the compression format of a file, given its first bytes; empty for none.

    >>> packer_of(b"\x1f\x8b\x08"), packer_of(b"{}")
    ('gzip', '')
    """
    return next((name for start, name in _PACKERS.items() if head.startswith(start)), "")
