"""Time and memory of reading a large COCO file: `python -m benchmarks.coco_memory [MEGABYTES]`.

Prints one line of JSON. The file consists of captions and of outlines of objects, like COCO's own
files.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

from indexer.sources import CocoSource

__all__ = ["kept_bytes", "make_file"]


def make_file(path: Path, megabytes: int) -> None:
    """Write a file of about that size: five captions per photo, and two objects with outlines."""
    outline = [round(12.34 + number * 3.57, 2) for number in range(60)]
    photos = megabytes * 2**20 // 2050
    with path.open("w", encoding="utf-8") as file:
        file.write('{"info": {"year": 2017}, "annotations": [')
        for number in range(photos):
            about = [
                {"image_id": number, "id": 9 * number + n, "caption": f"A man rides horse {number} "
                 f"down a wide and dusty street in town {n}."}
                for n in range(5)
            ]  # fmt: skip
            things = [
                {"image_id": number, "id": 9 * number + n, "category_id": n % 2,
                 "bbox": [0, 1, 2, 3], "segmentation": [outline], "area": 17.5, "iscrowd": 0}
                for n in range(5, 7)
            ]  # fmt: skip
            file.write(",\n" * (number > 0) + json.dumps(about + things)[1:-1])
        file.write('], "images": [')
        for number in range(photos):
            entry = {"id": number, "file_name": f"{number:012}.jpg", "height": 480, "width": 640}
            file.write(",\n" * (number > 0) + json.dumps(entry))
        file.write('], "categories": [{"id": 0, "name": "dog"}, {"id": 1, "name": "cat"}]}')


def kept_bytes(source: CocoSource) -> int:
    """Return the memory that the retained contents of a file take."""
    size = sys.getsizeof
    kept = size(source.file_names) + size(source.captions) + size(source.categories)
    for name in source.file_names:
        captions, categories = source.captions[name], source.categories[name]
        kept += size(name) + size(captions) + sum(map(size, captions)) + size(categories)
    return kept


def main() -> None:
    """Write a file, read it, and print what that took."""
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 80
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made.json"
        make_file(path, megabytes)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        source = CocoSource(path)
        seconds = time.perf_counter() - started
        grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
        kept = kept_bytes(source)
        found = {
            "file_mb": round(path.stat().st_size / 2**20, 1),
            "photos": len(source.file_names),
            "seconds": round(seconds, 1),
            "kept_mb": round(kept / 2**20, 1),
            "grown_mb": round(grown / 2**20, 1),
            "grown_over_kept": round(grown / kept, 2),
        }
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
