"""Embedding more photos than one machine has time for: shards of rows, merged into an index.

Photos are cut into chunks, and each chunk becomes an embedded shard: a Parquet file with all that
an index keeps of its photos. It is made by the very functions that index on one machine, in this
process or by workers of Ray Data (`ray_job`), here or on many machines, and is there whole or not
at all. `merge_embedded_shards` writes them into an index. There is no queue and no server of our
own: what is left to do is what has no file yet.
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
