"""Turns collections into rows of an index: folder walk, decoding, COCO files, the resumable loop.

The model is passed in as an object (`IndexingModel`), so nothing here imports torch, and rows are
written through `store.Index`, so nothing here knows SQL or FAISS. Printing belongs to `search`.
A bad photo is counted and reported, and the run goes on; a bad source stops the run before
anything is written.
"""

from indexer.build import BuildReport, build_index, plan_index
from indexer.changes.plan import Plan

# Importing `decode` from the submodule of the same name loads that submodule now. If it were loaded
# later, Python would rebind `indexer.decode` to the module.
from indexer.decode import UnreadableImage, decode
from indexer.reembed import ReembedReport, reembed
from indexer.text_run import TextReport, read_text

__all__ = [
    "BuildReport",
    "Plan",
    "ReembedReport",
    "TextReport",
    "UnreadableImage",
    "build_index",
    "decode",
    "plan_index",
    "read_text",
    "reembed",
]
