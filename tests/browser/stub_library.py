"""What the stand-in for the server says of the whole library, and of why a photo was found."""

from __future__ import annotations

from typing import Any

__all__ = ["FIELDS", "SIZES", "StubLibrary", "explanation"]

SIZES = ((640, 427), (427, 640), (512, 512), (800, 450), (600, 400))
FIELDS = [
    {"name": "camera", "kind": "text", "operators": ["=", "!=", "~"], "example": "camera ~ pixel"},
    {
        "name": "category",
        "kind": "texts",
        "operators": ["=", "!=", "~"],
        "example": "category = dog",
    },
    {"name": "width", "kind": "number", "operators": ["=", ">="], "example": "width > 1000"},
]


class StubLibrary:
    """A part of `Stub`, which has the photos."""

    photos: int
    each_month: int
    saved: dict[int, dict[str, Any]]

    def photo(self, image_id: int) -> dict[str, Any]:
        """Return what is known of a photo."""
        raise NotImplementedError

    def lost(self) -> list[dict[str, str]]:
        """Return which indexes of several are missing."""
        raise NotImplementedError

    def library(self, where: str, album: int) -> dict[str, Any]:
        """All photos, the lowest id first: `photos` of them over months that go back in time."""
        ids = list(range(1, self.photos + 1))
        if album:
            ids = [each for each in ids if each in self.saved[album]["photos"]]
        if where:
            ids = [each for each in ids if each % 2]
        months: dict[str, int] = {}
        for image_id in ids:
            months[self.month(image_id)] = months.get(self.month(image_id), 0) + 1
        sizes = [SIZES[image_id % len(SIZES)] for image_id in ids]
        return {
            "total": len(ids),
            "months": [{"month": month, "photos": count} for month, count in months.items()],
            "ids": ids,
            "widths_px": [width for width, _ in sizes],
            "heights_px": [height for _, height in sizes],
            "missing": self.lost(),
        }

    def month(self, image_id: int) -> str:
        back = (image_id - 1) // self.each_month
        return f"{2026 - back // 12}-{12 - back % 12:02}"

    def duplicates(self, offset: int, limit: int) -> dict[str, Any]:
        pairs = [(each, each + 1) for each in range(1, self.photos, 3)]
        some = pairs[offset : offset + limit]
        groups = [{"images": [self.photo(each) for each in pair]} for pair in some]
        end = offset + len(some)
        following = end if end < len(pairs) else None
        photos = 2 * len(pairs)
        return {"total": len(pairs), "photos": photos, "groups": groups, "next_offset": following}

    def exif(self, image_id: int) -> dict[str, Any]:
        tags = [{"name": "Make", "value": "Maker"}, {"name": "FNumber", "value": "2.8"}]
        return {"tags": tags, "latitude": 38.71, "longitude": -9.14} if image_id % 2 else {
            "tags": [], "latitude": None, "longitude": None,
        }  # fmt: skip

    def save(self, set_id: int, record: dict[str, Any]) -> dict[str, Any]:
        set_id = set_id or 1 + max(self.saved, default=0)
        self.saved[set_id] = {"search": "", "photos": [], **record, "id": set_id}
        return self.saved[set_id]


def explanation(text: str) -> dict[str, Any]:
    """Say of each word where it was read; the first ones speak for the photo."""
    words = []
    for place, word in enumerate(text.lower().split()):
        left, top = 0.2 * (place % 4), 0.2 * (place % 3)
        boxes = [(left, top, left + 0.2, top + 0.2), (0.6, 0.6, 0.8, 0.8)]
        regions = [
            {"box": box, "weight": weight} for box, weight in zip(boxes, (0.6, 0.2), strict=True)
        ]
        words.append({"word": word, "added": 0.12 - 0.07 * place, "regions": regions})
    return {"words": words, "regions": [{"box": (0.6, 0.6, 0.8, 0.8), "weight": 0.1}], "rest": 0.5}
