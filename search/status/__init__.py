"""The state of an index, and the progress of a run of `crossgraph index`."""
