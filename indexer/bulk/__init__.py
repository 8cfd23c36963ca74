"""Embedding more photos than one machine has time for: shards of rows, merged into an index.

Photos are cut into chunks, and each chunk becomes a shard: a Parquet file with all that an index
keeps of its photos. A shard is made by the very functions that index on one machine, in this
process or in workers of Ray Data (`ray_job`), here or on many machines, and is there
whole or not at all. `merge_shards` writes them into an index. There is no queue and no server of
our own: what is left to do is what has no file yet.
"""

from indexer.bulk.merge_shards import ShardsMerged, merge_shards
from indexer.bulk.write import Embed, ShardsWritten, write_shards

__all__ = ["Embed", "ShardsMerged", "ShardsWritten", "merge_shards", "write_shards"]
