"""The whole learnt module: what a checkpoint holds, and a collection embedded by it."""
