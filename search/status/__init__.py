"""What state an index is in, and how far a run of `crossgraph index` is."""
