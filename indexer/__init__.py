"""What turns collections into rows of an index: walk, decode, COCO files, the resumable loop.

The model comes in as an object (`IndexingModel`), so nothing here imports torch, and what is
kept goes through `store.Index`, so nothing here knows SQL or FAISS. Printing belongs to `search`.
One bad photo is counted and reported and the rest go on; a bad source stops before anything is
written.
"""

from indexer.build import BuildReport, build_index, plan_index
from indexer.changes.plan import Plan

# The function must come by way of the module of its own name: a later import of that module would
# otherwise put the module in its place.
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
