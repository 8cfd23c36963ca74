"""The valid inputs that fuzzing starts from, all made here."""

from __future__ import annotations

import io
import json
import tarfile

import numpy as np
import pillow_heif
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from store.columns.codec import array_to_blob

MODES = ("RGB", "RGBA", "L", "LA", "P", "1", "I;16", "F", "CMYK")
KINDS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "TIFF", "BMP", "JPEG2000", "AVIF", "PPM")
MORE: dict[str, tuple[dict[str, object], ...]] = {
    "JPEG": ({"progressive": True}, {"subsampling": 0}),
    "PNG": ({"bits": 4},),
    "WEBP": ({"lossless": True},),
    "TIFF": tuple({"compression": name} for name in ("tiff_lzw", "tiff_adobe_deflate")),
    "JPEG2000": ({"no_jp2": True},),
}


def pictures() -> list[bytes]:
    """Return a small picture in every format and mode that can be written, some of many frames."""
    made = []
    for mode in MODES:
        picture = _picture(mode)
        for kind in KINDS:
            made += [_saved(picture, kind, **more) for more in ({}, *MORE.get(kind, ()))]
            if kind in {"GIF", "WEBP", "TIFF", "PNG", "MPO"}:
                more_frames = [picture.transpose(Image.Transpose.ROTATE_180)]
                made.append(_saved(picture, kind, save_all=True, append_images=more_frames))
        if mode in {"RGB", "L"}:
            made.append(_saved(picture, "TIFF", compression="jpeg"))
        if mode in {"RGB", "RGBA", "L"}:
            file = io.BytesIO()
            pillow_heif.from_pillow(picture).save(file)
            made.append(file.getvalue())
    return [content for content in made if content]


def shapes() -> list[bytes]:
    """Return small pictures whose headers have their shape at a known place."""
    pngs = [_saved(_picture(mode), "PNG") for mode in ("RGB", "RGBA", "L", "LA", "P", "1", "I;16")]
    tiffs = [_saved(_picture(mode), "TIFF") for mode in ("RGB", "RGBA", "L", "F", "CMYK", "I;16")]
    return [*pngs, *tiffs, _saved(_picture("RGB"), "BMP"), _saved(_picture("RGB"), "PPM")]


def _picture(mode: str) -> Image.Image:
    values = np.random.default_rng(0).integers(0, 256, (23, 37, 4), dtype=np.uint8)
    if mode == "I;16":
        return Image.fromarray(values[..., 0].astype(np.uint16) * 257)
    return Image.fromarray(values).convert("L" if mode == "F" else mode).convert(mode)


def _saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    try:
        picture.save(file, kind, exif=exif, **options)
    except (OSError, ValueError, KeyError):  # this format has no such mode
        return b""
    return file.getvalue()


def documents() -> list[bytes]:
    """Return COCO files: captions, instances, both, one of odd values, and an empty one."""
    images = [{"id": number, "file_name": f"{number}.jpg", "width": 4} for number in range(3)]
    captions = [{"id": n, "image_id": n % 3, "caption": f"a dog {n}"} for n in range(5)]
    boxes = [
        {"id": n, "image_id": n % 3, "category_id": n % 2, "bbox": [0, 1, 2, 3]} for n in (0, 1)
    ]
    names = [{"id": 0, "name": "dog"}, {"id": 1, "name": "cat"}]
    odd = {
        "images": [{"id": "1", "coco_url": "http://h/a%20b.jpg?x"}, {"id": 1.0, "file_name": "é"}],
        "annotations": [
            {"image_id": 1, "caption": [{"raw": "a dog"}, None], "category_id": None},
            {"image_id": "1", "segments_info": [{"category_id": "1"}], "area": float("nan")},
        ],
        "categories": [{"id": "1", "name": " "}, {"id": 1, "name": "cat"}],
    }
    return [
        json.dumps(document).encode()
        for document in (
            {"images": images, "annotations": captions},
            {"images": images, "annotations": boxes, "categories": names},
            {"images": images, "annotations": captions + boxes, "categories": names},
            odd,
            {"images": [], "annotations": []},
        )
    ]


def tars() -> list[bytes]:
    """Return tars of photos and captions in every format, with names and members of every kind."""
    photo = _saved(_picture("RGB"), "PNG")
    made = []
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        for names in (
            ("0.png", "0.txt", "0.json"),
            ("P 2.0 a.png", "P 2.0 b.txt"),
            ("ü" * 40 + ".png", "d/" * 60 + "a.jpg"),
        ):
            file = io.BytesIO()
            with tarfile.open(fileobj=file, mode="w", format=form) as tar:
                for name in names:
                    content = photo if name.endswith("g") else b'{"caption": "a dog"}'
                    info = tarfile.TarInfo(name)
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
                for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE):
                    info = tarfile.TarInfo("other.png")
                    info.type, info.linkname = kind, "0.png"
                    tar.addfile(info)
            made.append(file.getvalue())
    return made


def parquets() -> list[bytes]:
    """Return Parquet files of photos, by bytes, by path and by both, packed in several ways."""
    photo = _saved(_picture("RGB"), "PNG")
    tables = (
        {"image": [photo, b"", None, photo[:50]], "caption": ["a dog", None, "", "b"]},
        {"image": [{"bytes": photo, "path": "a.png"}] * 4, "captions": [["a"], [], None, ["b"]]},
        {"path": ["a.png", "../b.png", "/dev/zero.png", ""], "text": ["a", "b", "c", "d"]},
    )
    made = []
    for table in tables:
        for packing in ("none", "snappy", "zstd"):
            file = io.BytesIO()
            pq.write_table(pa.table(table), file, compression=packing, row_group_size=3)
            made.append(file.getvalue())
    return made


def blobs() -> list[bytes]:
    """Return an array of every dtype that is stored, in some shapes."""
    types = "?bBhHiIqQefd"
    shapes: tuple[tuple[int, ...], ...] = ((), (0,), (3,), (2, 3), (1, 2, 2))
    return [array_to_blob(np.ones(shape, dtype=name)) for name in types for shape in shapes]
