"""Photos indexed a second, from files to a finished index, over what cannot be done without."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image

from indexer.batches import THREADS
from search.bench import pictures, subject
from search.bench.limits import Figure
from search.bench.made import Collections
from search.bench.timing import in_turns, medians

__all__ = ["measure"]


def measure(made: Collections) -> Iterator[Figure]:
    """Measure in turns: small photos beside the bare encoder, large ones beside their decoder."""
    yield _small(made)
    yield _large(made)


def _small(made: Collections) -> Figure:
    from indexer import decode
    from search.bench.bare import BareImages

    setting = made.setting
    folder = pictures.small_photos(setting, setting.amounts.small)
    files = sorted(folder.iterdir())
    bare = BareImages(subject.image_encoder(made.model), [decode(file) for file in files[:32]])
    count, rounds = len(files), setting.amounts.rounds
    setting.say(f"indexing {count:,} photos of 224 pixels, {rounds} times")
    encoded = bare.encode(1)  # whole batches
    per_round = -(-count // encoded) * encoded
    taken = in_turns(
        {"index": _indexing(made, folder), "encoder": lambda: bare.encode(per_round)}, rounds
    )
    typical = medians(taken)
    indexed, alone = count / typical["index"], per_round / typical["encoder"]
    return Figure(
        "index_small",
        indexed / alone,
        f"{indexed:.1f} a second over {alone:.1f}",
        raw={"photos": count, "encoded": per_round, **taken},
    )


def _large(made: Collections) -> Figure:
    setting = made.setting
    folder = pictures.large_photos(setting, setting.amounts.large)
    files = sorted(folder.iterdir())
    setting.say(f"indexing {len(files)} photos of 12 megapixels, {setting.amounts.rounds} times")
    taken = in_turns(
        {"index": _indexing(made, folder), "decode": lambda: _decode(files)},
        setting.amounts.rounds,
    )
    typical = medians(taken)
    indexed, decoded = (len(files) / typical[name] for name in ("index", "decode"))
    return Figure(
        "index_large",
        indexed / decoded,
        f"{indexed:.1f} a second over {decoded:.1f}",
        raw={"photos": len(files), **taken},
    )


def _indexing(made: Collections, photos: Path) -> Callable[[], object]:
    from indexer import build_index

    model, index = subject.indexing_model(made.model), made.setting.work / "indexed"

    def work() -> None:
        shutil.rmtree(index, ignore_errors=True)
        build_index(index, [photos], model)

    return work


def _decode(files: list[Path]) -> None:
    """Decode at full size, with as many threads as `crossgraph index` reads files with."""
    with ThreadPoolExecutor(THREADS) as readers:
        list(readers.map(_decoded_size, files))


def _decoded_size(file: Path) -> tuple[int, int]:
    with Image.open(file) as image:
        image.load()
        return image.size
