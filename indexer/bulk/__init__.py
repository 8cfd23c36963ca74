"""Embeds more photos than one machine has time for, as shards of rows to merge into an index.

Photos are divided into chunks, and each chunk becomes an embedded shard: a Parquet file with
everything that an index keeps of its photos. It is made by the same functions that index on one
machine, in this process or by Ray Data workers (`ray_job`), here or on many machines, and is
written completely or not at all. `merge_embedded_shards` writes the shards into an index. There is
no queue and no server of our own: the work left is the chunks that have no file yet.
"""

from indexer.bulk.merge_embedded_shards import EmbeddedShardsMerged, merge_embedded_shards
from indexer.bulk.write import Embed, EmbeddedShardsWritten, write_embedded_shards

__all__ = [
    "Embed",
    "EmbeddedShardsMerged",
    "EmbeddedShardsWritten",
    "merge_embedded_shards",
    "write_embedded_shards",
]
