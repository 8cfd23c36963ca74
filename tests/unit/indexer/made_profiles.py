"""Colour profiles (ICC.1:2001-04), built byte by byte."""

from __future__ import annotations

import struct

__all__ = ["PROFILES", "grey_profile", "ink_profile", "rgb_profile"]

WHITE = (0.9642, 1.0, 0.8249)  # D50, the white point of all profiles

PRIMARIES = {
    "ProPhoto": ((0.7977, 0.2880, 0.0), (0.1352, 0.7119, 0.0), (0.0313, 0.0001, 0.8249)),
    "Adobe RGB": ((0.6097, 0.3111, 0.0195), (0.2053, 0.6257, 0.0609), (0.1492, 0.0632, 0.7446)),
    "Display P3": ((0.5151, 0.2412, -0.0011), (0.2919, 0.6922, 0.0419), (0.1572, 0.0666, 0.7841)),
    "sRGB": ((0.4361, 0.2225, 0.0139), (0.3851, 0.7169, 0.0971), (0.1431, 0.0606, 0.7139)),
}
GAMMAS = {"ProPhoto": 1.8, "Adobe RGB": 2.2, "Display P3": 2.2, "sRGB": 2.2}


def rgb_profile(name: str) -> bytes:
    """Return an RGB profile with the primaries and gamma of that name."""
    curve = _curve(GAMMAS[name])
    parts = {b"wtpt": _xyz(WHITE), b"rTRC": curve, b"gTRC": curve, b"bTRC": curve}
    for letter, place in zip("rgb", PRIMARIES[name], strict=True):
        parts[f"{letter}XYZ".encode()] = _xyz(place)
    return _profile(b"RGB ", b"XYZ ", parts)


def grey_profile(gamma: float) -> bytes:
    """Return a greyscale profile."""
    return _profile(b"GRAY", b"XYZ ", {b"wtpt": _xyz(WHITE), b"kTRC": _curve(gamma)})


def ink_profile() -> bytes:
    """Return a CMYK profile in which full cyan is black and the other inks are invisible."""
    levels = bytes(range(256))
    corners = b"".join(bytes((0 if number & 8 else 255, 128, 128)) for number in range(16))
    matrix = struct.pack(">9i", *(65536 * (number % 4 == 0) for number in range(9)))
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + levels * 4 + corners + levels * 3
    return _profile(b"CMYK", b"Lab ", {b"wtpt": _xyz(WHITE), b"A2B0": table}, kind=b"prtr")


def _fixed(*numbers: float) -> bytes:
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _xyz(numbers: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + _fixed(*numbers)


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)


def _profile(
    space: bytes, connected: bytes, parts: dict[bytes, bytes], kind: bytes = b"mntr"
) -> bytes:
    parts = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", 2) + b"w" + bytes(79),
        b"cprt": b"text" + bytes(4) + b"none",
        **parts,
    }
    table, body = struct.pack(">I", len(parts)), b""
    for name, data in parts.items():
        table += name + struct.pack(">II", 132 + 12 * len(parts) + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    head = bytearray(128)
    head[:4] = struct.pack(">I", 128 + len(table) + len(body))
    head[8:36] = (
        bytes([2, 16, 0, 0]) + kind + space + connected + struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
    )
    head[36:40] = b"acsp"
    head[68:80] = _fixed(*WHITE)
    return bytes(head) + table + body


PROFILES = {name: rgb_profile(name) for name in PRIMARIES}
