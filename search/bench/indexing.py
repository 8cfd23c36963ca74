"""Photos indexed per second, from files to a finished index, relative to the unavoidable work."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image

from indexer.batches import THREADS
from search.bench import pictures, subject
from search.bench.made import Collections
from search.bench.targets import Figure
from search.bench.timing import in_turns, medians

__all__ = ["measure"]


def measure(collections: Collections) -> Iterator[Figure]:
    """Measure alternately: small photos and the bare encoder, large photos and their decoder."""
    yield _small(collections)
    yield _large(collections)


def _small(collections: Collections) -> Figure:
    """Compare indexing with the encoder alone, in whichever runtime is quicker."""
    setting = collections.setting
    folder = pictures.small_photos(setting, setting.amounts.small)
    count = len(list(folder.iterdir()))
    alone, encoded = _encoders(collections, sorted(folder.iterdir()), count)
    setting.say(f"indexing {count:,} photos of 224 pixels, {setting.amounts.rounds} times")
    taken = in_turns({"index": _indexing(collections, folder), **alone}, setting.amounts.rounds)
    typical = medians(taken)
    indexed = count / typical["index"]
    onnx, torch = (encoded / typical[runtime] for runtime in ("onnx", "torch"))
    return Figure(
        "index_small",
        indexed / max(onnx, torch),
        f"{indexed:.1f} a second over {onnx:.1f} (ONNX Runtime) and {torch:.1f} (torch)",
        raw={"photos": count, "encoded": encoded, **taken},
    )


def _encoders(
    collections: Collections, files: list[Path], count: int
) -> tuple[dict[str, Callable[[], object]], int]:
    """Return functions that encode about `count` photos given as tensors, and the exact number."""
    from indexer import decode
    from search.bench.bare import READY, TorchImages, ready_pixels, write_image_encoder
    from search.bench.bare_session import ImageSession

    encoder = subject.image_encoder(collections.model)
    pixels = ready_pixels(encoder, [decode(file) for file in files[:READY]])
    file = write_image_encoder(
        encoder, collections.setting.work / f"image-{encoder.fingerprint[:16]}"
    )
    times = -(-count // READY)
    onnx, torch = ImageSession(file, pixels.numpy()), TorchImages(encoder, pixels)
    runtimes: dict[str, Callable[[], object]] = {
        "onnx": partial(_repeat, onnx.encode, times),
        "torch": partial(_repeat, torch.encode, times),
    }
    return runtimes, times * READY


def _repeat(work: Callable[[], object], times: int) -> None:
    for _ in range(times):
        work()


def _large(collections: Collections) -> Figure:
    setting = collections.setting
    folder = pictures.large_photos(setting, setting.amounts.large)
    files = sorted(folder.iterdir())
    setting.say(f"indexing {len(files)} photos of 12 megapixels, {setting.amounts.rounds} times")
    taken = in_turns(
        {"index": _indexing(collections, folder), "decode": lambda: _decode(files)},
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


def _indexing(collections: Collections, photos: Path) -> Callable[[], object]:
    from indexer import build_index

    model, index = subject.indexing_model(), collections.setting.work / "indexed"

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
