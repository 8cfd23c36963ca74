"""The whole learnt module, which a checkpoint stores, and the embedding of a collection by it."""
