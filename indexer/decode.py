"""The former name of `indexer.photos.decode`, for programs that import it."""

from indexer.photos.decode import UnreadableImage, decode, decode_bytes, decode_photo

__all__ = ["UnreadableImage", "decode", "decode_bytes", "decode_photo"]
